from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError, ValidationError

from messaging.api.reading import read_batch, read_one
from messaging.api.serializers import DraftSerializer, draft_of
from messaging.drafts import Draft
from messaging.tests.world import ASHA, HEADER, TEXT

GOOD = {"to": ASHA, "from": HEADER, "text": TEXT}
LETTERS = st.sampled_from("aé0+ \t\u2028\x00अ😀")
WORDS = st.one_of(
    st.text(LETTERS, max_size=70),
    st.sampled_from(["", " x ", "\u0000", "otp", "2030-01-01", "2030-01-01T10:00:00+05:30", "2030-01-01T10:00:00"]),
    st.none(),
    st.integers(),
    st.booleans(),
    st.lists(st.one_of(st.text(LETTERS, max_size=3), st.integers(), st.none()), max_size=12),
    st.dictionaries(
        st.text(LETTERS, max_size=3), st.one_of(st.text(LETTERS, max_size=3), st.integers(), st.booleans()), max_size=3
    ),
)
FIELDS = [
    "to", "from", "text", "template_id", "variables", "reference", "tags", "send_at", "valid_until", "class", "more",
]  # fmt: skip


def judged(data: Any) -> Draft | dict[str, Any]:
    """What the serializer says, without any other reader."""
    serializer = DraftSerializer(data=data)
    if serializer.is_valid():
        return draft_of(serializer.validated_data)
    return json.loads(json.dumps(serializer.errors))  # type: ignore[no-any-return]  # an object by construction


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # a busy machine is no finding
@given(st.dictionaries(st.sampled_from(FIELDS), WORDS, max_size=5), st.booleans())
def test_the_quick_reader_and_the_serializer_agree_on_every_message(fields: dict[str, Any], is_complete: bool) -> None:
    message = {**GOOD, **fields} if is_complete else fields
    expected = judged(message)
    body = json.dumps({"messages": [GOOD, message]}).encode()
    _, entry = read_batch(body)
    assert (entry if isinstance(entry, Draft) else entry["errors"]) == expected
    if isinstance(expected, Draft):
        assert read_one(json.dumps(message).encode()) == expected
        return
    with pytest.raises(ValidationError) as caught:
        read_one(json.dumps(message).encode())
    assert json.loads(json.dumps(caught.value.detail)) == expected


@pytest.mark.parametrize("entry", [None, 7, "text", [GOOD], True])
def test_an_entry_that_is_no_object_is_refused_in_its_place(entry: Any) -> None:
    first, second, third = read_batch(json.dumps({"messages": [GOOD, entry, GOOD]}).encode())
    assert first == third == judged(GOOD)
    assert isinstance(second, dict)
    assert (second["code"], list(second["errors"])) == ("invalid_request", ["non_field_errors"])


def test_an_entry_with_half_a_character_is_refused_in_its_place() -> None:
    body = b'{"messages": [{"to": "1", "from": "A", "text": "\\ud83d"}, %b]}' % json.dumps(GOOD).encode()
    first, second = read_batch(body)
    assert isinstance(first, dict)
    assert list(first["errors"]) == ["text"]
    assert second == judged(GOOD)


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"messages": [{"to": "\xff"}]}', b'{"messages": [{}]} x', b"NaN"])
def test_bytes_that_are_no_json_are_a_parse_error(body: bytes) -> None:
    with pytest.raises(ParseError, match="JSON parse error"):
        read_batch(body)


@pytest.mark.parametrize("body", [b"%b", b'{"x": %b}', b'{"messages": [%b]}', b'{"messages": [{"variables": %b}]}'])
def test_lists_in_lists_without_end_are_a_parse_error(body: bytes) -> None:
    for read in (read_one, read_batch):
        with pytest.raises(ParseError, match="nested too deeply"):
            read(body % (b"[" * 50_000 + b"]" * 50_000))


def test_a_template_and_its_variables_become_texts_in_order() -> None:
    body = {"to": ASHA, "from": HEADER, "template_id": "1107", "variables": ["Asha", 4711]}
    assert read_one(json.dumps(body).encode()) == judged(body)
    assert read_one(json.dumps(body).encode()).variables == ["Asha", "4711"]
