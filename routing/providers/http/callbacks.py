"""What an aggregator calls back with: who may, and which receipts it brings."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from kernel.smpp.receipts import STAT_WORDS, Receipt, ReceiptState
from routing.callbacks import Callback, CallbackRefused, CalledBack
from routing.providers.http.answers import MappingProblem
from routing.providers.http.places import LONGEST_ID, Place, Told
from routing.providers.http.templates import lines_of

MOST_RECEIPTS: Final = 5_000
_MOST_FIELDS: Final = 200
_LINE: Final = re.compile(r"(.{1,100}?)\s*=\s*([a-z]+)")
_TOLD: Final = ("delivered", "undelivered", "expired", "rejected", "unknown", "enroute")
# Words that mean something else here than as a receipt's `stat`.
_WORDS: Final[Mapping[str, ReceiptState]] = {
    **{word.lower(): state for word, state in STAT_WORDS.items()},
    **{state.value: state for state in ReceiptState if state is not ReceiptState.OTHER},
    "sent": ReceiptState.ENROUTE,
    "submitted": ReceiptState.ENROUTE,
    "queued": ReceiptState.ENROUTE,
    "buffered": ReceiptState.ENROUTE,
}


@dataclass(frozen=True, slots=True)
class CallbackMap:
    """Where to look in what is called back; `states` are the route's own words, in lower case."""

    receipts_at: Place | None
    id_at: Place | None
    status_at: Place | None
    code_at: Place | None
    to_at: Place | None
    states: Mapping[str, ReceiptState]


def read_states(text: str) -> Mapping[str, ReceiptState]:
    """`DeliveredToTerminal = delivered`, one a line.

    Raises:
        MappingProblem: the first line that is wrong.
    """
    states: dict[str, ReceiptState] = {}
    for number, line in lines_of(text):
        found = _LINE.fullmatch(line)
        if found is None or found[2] not in _TOLD:
            raise MappingProblem(
                f"line {number}: write it like “Handset = delivered”, not “{line[:40]}”; there are {', '.join(_TOLD)}"
            )
        states[found[1].lower()] = ReceiptState(found[2])
    return states


def check_caller(settings: Mapping[str, Any], secret: str, call: Callback) -> None:
    """
    Raises:
        CallbackRefused: the request does not prove that it comes from the aggregator.
    """
    networks = str(settings.get("callback_networks") or "").split()
    if networks and not any(_is_in(call.remote, network) for network in networks):
        raise _stranger(f"{call.remote} is not among the networks that may call back", status=403)
    kind, name = settings.get("callback_auth") or "none", str(settings.get("callback_name") or "")
    if kind == "none":
        return
    # An empty secret would prove nothing.
    if not secret:
        raise _stranger("no secret is stored for this route")
    if kind == "basic":
        expected, given = f"{name}:{secret}", _basic(call.headers.get("authorization", ""))
        is_right = hmac.compare_digest(expected.encode(), given.encode())
    elif kind == "header":
        is_right = hmac.compare_digest(secret.encode(), call.headers.get(name.lower(), "").encode())
    else:
        is_right = _is_signed(call.headers.get(name.lower(), ""), secret, call.body, kind.removeprefix("hmac_"))
    if not is_right:
        raise _stranger("its login, key or signature is not the one that the route's settings name")


def _is_in(address: str, network: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found) in ipaddress.ip_network(network, strict=False)


def _basic(header: str) -> str:
    kind, _, pair = header.partition(" ")
    if kind.lower() != "basic":
        return ""
    try:
        return base64.b64decode(pair, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _is_signed(given: str, secret: str, body: bytes, algorithm: str) -> bool:
    """Hexadecimal or base64, with or without `sha256=` in front."""
    digest = hmac.new(secret.encode(), body, getattr(hashlib, algorithm)).digest()
    value = given.strip().removeprefix(f"{algorithm}=").encode()
    is_hex = hmac.compare_digest(digest.hex().encode(), value.lower())
    return hmac.compare_digest(base64.b64encode(digest), value) or is_hex


def _stranger(why: str, *, status: int = 401) -> CallbackRefused:
    return CallbackRefused(
        "callback_refused",
        f"This callback was not taken: {why}.",
        "Compare the aggregator's settings with those of the route.",
        status=status,
    )


def read_receipts(places: CallbackMap, call: Callback) -> Sequence[CalledBack]:
    """The receipts of a request, those that only report progress too.

    Raises:
        CallbackRefused: it has no message id or no status where the route's settings say.
    """
    if places.id_at is None or places.status_at is None:
        raise CallbackRefused(
            "callback_unexpected",
            "This route does not say how its receipts are read.",
            "Fill in where id and status stand, under Receipts in the settings of the route.",
        )
    text, document = _content(call)
    items = [document] if places.receipts_at is None else places.receipts_at.follow(document)
    if not isinstance(items, list) or len(items) > MOST_RECEIPTS:
        raise _unreadable(f"there is no list of at most {MOST_RECEIPTS} receipts where the settings say")
    return [_receipt(places, Told(call.headers, text, "", item), number) for number, item in enumerate(items)]


def _content(call: Callback) -> tuple[str, Any]:
    """The body as text; and what places lead through: JSON, else the fields of form and query."""
    text = call.body.decode("utf-8", "replace")
    if text.lstrip()[:1] in ("{", "["):
        try:
            return text, json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
        except (ValueError, RecursionError) as problem:
            raise _unreadable(f"its body begins like JSON and is none ({str(problem)[:80]})") from problem
    is_form = "form-urlencoded" in call.headers.get("content-type", "") or not text.lstrip().startswith("<")
    try:
        fields = parse_qsl(call.query, max_num_fields=_MOST_FIELDS)
        fields += parse_qsl(text.strip(), max_num_fields=_MOST_FIELDS) if is_form else []
    except ValueError as problem:
        raise _unreadable(f"it has more than {_MOST_FIELDS} fields") from problem
    return text, dict(fields)


def _receipt(places: CallbackMap, told: Told, number: int) -> CalledBack:
    assert places.id_at is not None and places.status_at is not None  # noqa: S101, PT018 - asked by the only caller
    ident, status = places.id_at.find(told), places.status_at.find(told)
    if not ident or not status:
        missing = "message id" if not ident else "status"
        raise _unreadable(f"receipt {number + 1} has no {missing} where the settings say")
    word = status.strip().lower()
    state = places.states.get(word) or _WORDS.get(word, ReceiptState.OTHER)
    code = (places.code_at and places.code_at.find(told)) or ""
    recipient = (places.to_at and places.to_at.find(told)) or ""
    return CalledBack(Receipt((ident[:LONGEST_ID],), state, status, code), re.sub(r"\D", "", recipient))


def _unreadable(why: str) -> CallbackRefused:
    return CallbackRefused(
        "callback_unreadable",
        f"This callback cannot be read: {why}.",
        "Compare what is sent with the places under Receipts in the settings of the route.",
    )
