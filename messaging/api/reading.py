"""From a request's bytes to drafts. Ordinary messages are decoded straight into rows; whatever is not ordinary is read
by `DraftSerializer`, which alone says what may be sent and words every refusal.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeVar

import msgspec
from django.utils.dateparse import parse_datetime
from msgspec import UNSET, Meta, UnsetType

from kernel.domain.traffic import TrafficClass
from kernel.web.direct import json_data
from messaging.api.serializers import BATCH_MAX, TEXT_MAX, BatchSerializer, DraftSerializer, draft_of
from messaging.drafts import Draft

Problem = dict[str, Any]
Given = TypeVar("Given")
CLASS_OF: Final = {member.label: member for member in TrafficClass}


class Plain(msgspec.Struct, rename={"sender": "from", "traffic_class": "class"}):
    """An ordinary message: the fields and bounds of `DraftSerializer`, as strict as JSON's own types."""

    to: Annotated[str, Meta(min_length=1, max_length=64)]
    sender: Annotated[str, Meta(min_length=1, max_length=21)]
    text: Annotated[str, Meta(max_length=TEXT_MAX)] | UnsetType = UNSET
    template_id: Annotated[str, Meta(min_length=1, max_length=64)] | UnsetType = UNSET
    variables: dict[str, str | int] | list[str | int] | UnsetType = UNSET
    reference: Annotated[str, Meta(min_length=1, max_length=100)] | UnsetType = UNSET
    tags: Annotated[list[Annotated[str, Meta(min_length=1, max_length=40)]], Meta(max_length=10)] | UnsetType = UNSET
    send_at: str | UnsetType = UNSET
    valid_until: str | UnsetType = UNSET
    traffic_class: str | UnsetType = UNSET


class Ordinary(msgspec.Struct):
    """A batch of nothing but ordinary messages."""

    messages: Annotated[list[Plain], Meta(min_length=1, max_length=BATCH_MAX)]


class Mixed(msgspec.Struct):
    """A batch whose messages are still bytes, so that one that is not ordinary costs the others little."""

    messages: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=BATCH_MAX)]


_plain: Final = msgspec.json.Decoder(Plain).decode
_ordinary: Final = msgspec.json.Decoder(Ordinary).decode
_mixed: Final = msgspec.json.Decoder(Mixed).decode


_NUL: Final = b"\\u0000"  # the one way to write it in JSON


class NotOrdinary(ValueError):
    """For the serializer to judge."""


# What msgspec raises for bytes that are no JSON, for JSON of another shape or too deep, and for text that is no UTF-8.
_UNUSUAL: Final = (NotOrdinary, msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def read_one(body: bytes) -> Draft:
    """The draft of `POST /messages`.

    Raises:
        rest_framework.exceptions.ParseError, ValidationError: in words for the client.
    """
    try:
        return _draft(_plain(_without_nul(body)))
    except _UNUSUAL:
        serializer = DraftSerializer(data=json_data(body))
        serializer.is_valid(raise_exception=True)
        return draft_of(serializer.validated_data)


def read_batch(body: bytes) -> list[Draft | Problem]:
    """Of every message of `POST /messages/batch` the draft, or the problem that stands in its place in the results.

    Raises:
        rest_framework.exceptions.ParseError, ValidationError: the whole is no batch.
    """
    try:
        return [_draft(plain) for plain in _ordinary(_without_nul(body)).messages]
    except _UNUSUAL:
        pass
    try:
        return [_entry(bytes(raw)) for raw in _mixed(body).messages]
    except _UNUSUAL:
        serializer = BatchSerializer(data=json_data(body))
        serializer.is_valid(raise_exception=True)
        return [_judged(item) for item in serializer.validated_data["messages"]]


def _entry(raw: bytes) -> Draft | Problem:
    try:
        return _draft(_plain(_without_nul(raw)))
    except (NotOrdinary, msgspec.ValidationError):
        return _judged(msgspec.json.decode(raw))


def _judged(item: Any) -> Draft | Problem:
    serializer = DraftSerializer(data=item)
    if serializer.is_valid():
        return draft_of(serializer.validated_data)
    return {
        "code": "invalid_request",
        "detail": "Some fields of this message cannot be used.",
        "remedy": "Correct the fields named in `errors` and send this message again.",
        "errors": json.loads(json.dumps(serializer.errors)),  # DRF's error texts are more than strings
    }


def _without_nul(source: bytes) -> bytes:
    if _NUL in source:
        raise NotOrdinary
    return source


def _draft(plain: Plain) -> Draft:
    """Raises NotOrdinary for what the serializer would change, complete or refuse."""
    if not _is_tidy(plain) or not _has_one_content(plain):
        raise NotOrdinary
    return Draft(
        plain.to,
        plain.sender,
        _given(plain.text),
        _given(plain.template_id),
        None if plain.variables is UNSET else _texts(plain.variables),
        None if plain.traffic_class is UNSET else _class(plain.traffic_class),
        _given(plain.reference),
        () if plain.tags is UNSET else tuple(plain.tags),
        None if plain.send_at is UNSET else _instant(plain.send_at),
        None if plain.valid_until is UNSET else _instant(plain.valid_until),
    )


def _is_tidy(plain: Plain) -> bool:
    """No word has blanks around it, which the serializer would cut off."""
    words = [plain.to, plain.sender]
    if plain.template_id is not UNSET:
        words.append(plain.template_id)
    if plain.reference is not UNSET:
        words.append(plain.reference)
    if plain.tags is not UNSET:
        words += plain.tags
    return [word.strip() for word in words] == words


def _has_one_content(plain: Plain) -> bool:
    if plain.text is UNSET:
        return plain.template_id is not UNSET
    return plain.template_id is UNSET or plain.variables is UNSET


def _given(value: Given | UnsetType) -> Given | None:
    return None if value is UNSET else value


def _texts(variables: dict[str, str | int] | list[str | int]) -> dict[str, str] | list[str]:
    if isinstance(variables, dict):
        return {name: str(value) for name, value in variables.items()}
    return [str(value) for value in variables]


def _class(label: str) -> TrafficClass:
    try:
        return CLASS_OF[label]
    except KeyError:
        raise NotOrdinary from None


def _instant(text: str) -> datetime:
    try:
        instant = parse_datetime(text)
        if instant is None or instant.tzinfo is None:
            raise NotOrdinary
        return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotOrdinary from None
