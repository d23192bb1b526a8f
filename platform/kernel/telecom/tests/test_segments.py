"""Counting and cutting texts; the price of every message rests on it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.telecom.alphabet import BASIC, EXTENSION, is_gsm
from kernel.telecom.segments import (
    Encoding,
    Segmentation,
    TextRefused,
    count_segments,
    encode_part,
    limits,
    normalise_text,
    segment,
    udh,
)
from kernel.telecom.tests.worked_examples import EXAMPLES, Example

GSM_CHARACTERS = st.sampled_from([*BASIC.replace("\x1b", ""), *EXTENSION, *EXTENSION])
# Heavy on pairs, which are what makes borders hard, and long enough for several parts.
TEXTS = st.one_of(
    st.text(GSM_CHARACTERS, max_size=700),
    st.text(st.sampled_from("aअ😀€"), max_size=300),
    st.lists(st.sampled_from(["a" * 50, "€" * 7, "[", "b" * 76, "é"]), max_size=12).map("".join),
    st.lists(st.sampled_from(["अ" * 30, "😀", "😀" * 8, "b", "क्ष"]), max_size=10).map("".join),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: ascii(example.text[:12]))
def test_the_worked_examples_are_cut_as_worked_out(example: Example) -> None:
    short, wide = segment(example.text), segment(example.text, reference_bits=16)

    assert (short.encoding, short.units, short.units_per_part) == (example.encoding, example.units, example.parts8)
    assert (wide.encoding, wide.units, wide.units_per_part) == (example.encoding, example.units, example.parts16)
    assert "".join(short.parts) == "".join(wide.parts) == example.text
    assert count_segments(example.text) == (example.encoding, len(example.parts8))


def test_all_43_examples_are_there() -> None:
    assert len(EXAMPLES) == 43


def size(character: str, encoding: Encoding) -> int:
    return 1 + (character in EXTENSION if encoding is Encoding.GSM7 else ord(character) > 0xFFFF)


def filled_parts(text: str, encoding: Encoding, bits: int) -> list[str]:
    """The rule taken at its word: fill each part with whole characters until the next does not fit."""
    room = limits()[encoding]
    if sum(size(character, encoding) for character in text) <= room["single"]:
        return [text]
    parts, filled = [""], 0
    for character in text:
        if filled + size(character, encoding) > room[f"part{bits}"]:
            parts, filled = [*parts, ""], 0
        parts[-1] += character
        filled += size(character, encoding)
    return parts


@given(TEXTS, st.sampled_from([8, 16]))
@settings(max_examples=300, deadline=None)
def test_a_text_is_cut_where_whole_characters_stop_fitting(text: str, bits: int) -> None:
    cut = segment(text, reference_bits=bits)

    assert list(cut.parts) == filled_parts(text, cut.encoding, bits)


@given(TEXTS, st.sampled_from([8, 16]))
@settings(max_examples=300, deadline=None)
def test_parts_join_to_the_text_and_hold_the_units_they_are_charged_for(text: str, bits: int) -> None:
    cut = segment(text, reference_bits=bits)
    octets = [encode_part(part, cut.encoding) for part in cut.parts]
    width = 1 if cut.encoding is Encoding.GSM7 else 2

    assert "".join(cut.parts) == text
    assert [len(part) // width for part in octets] == list(cut.units_per_part)
    assert sum(cut.units_per_part) == cut.units
    assert (cut.encoding is Encoding.GSM7) == is_gsm(text)


@given(st.one_of(TEXTS, st.text(max_size=200)))
@settings(max_examples=300, deadline=None)
def test_counting_agrees_with_cutting(text: str) -> None:
    cut = segment(text)

    assert count_segments(text) == (cut.encoding, len(cut.parts))


def test_a_segmentation_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        segment("Hello").units = 0  # type: ignore[misc]  # what the test is about


def test_255_parts_are_the_most_a_header_can_number() -> None:
    assert len(segment("a" * 153 * 255).parts) == 255
    with pytest.raises(TextRefused) as refused:
        segment("a" * (153 * 255 + 1))
    assert refused.value.code == "text_too_long"
    assert refused.value.context == {"parts": 256}


@pytest.mark.parametrize("text", ["Hello", "a" * 161])
def test_a_reference_of_another_width_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="8 or 16 bits"):
        segment(text, reference_bits=7)


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("Line1\r\nLine2", "Line1\nLine2"),
        ("Line1\rLine2", "Line1\nLine2"),
        ("a\r\r\nb\n\r", "a\n\nb\n\n"),
        ("cafe\u0301", "café"),
        ("\u2126", "Ω"),
        ("\u0958", "\u0915\u093c"),
        ("नमस्ते", "नमस्ते"),
        ("cafe\u0301\r\n", "café\n"),
        ("", ""),
    ],
)
def test_a_text_is_composed_and_its_lines_end_in_one_character(raw: str, normal: str) -> None:
    assert normalise_text(raw) == normal


@given(st.text(max_size=100).filter(lambda text: "\x00" not in text))
@settings(max_examples=200, deadline=None)
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise_text(text)

    assert normalise_text(once) == once
    assert "\r" not in once


@pytest.mark.parametrize(
    ("text", "position", "named"),
    [("ab\x00", 2, "U+0000"), ("é\x00", 1, "U+0000"), ("\ud83d!", 0, "U+D83D"), ("अ\ude00", 1, "U+DE00")],
)
def test_what_no_encoding_carries_is_refused_by_name_and_position(text: str, position: int, named: str) -> None:
    with pytest.raises(TextRefused, match=f"Character {position + 1} .* {named.replace('+', '.')}") as refused:
        normalise_text(text)

    assert refused.value.code == "invalid_text"
    assert refused.value.context == {"position": position}


def test_part_octets_are_unpacked_septets_or_big_endian_utf16_without_a_mark() -> None:
    assert encode_part("@€", Encoding.GSM7) == b"\x00\x1b\x65"
    assert encode_part("अ😀", Encoding.UCS2) == b"\x09\x05\xd8\x3d\xde\x00"


def test_a_text_that_is_not_gsm_cannot_be_encoded_as_gsm() -> None:
    with pytest.raises(UnicodeEncodeError):
        encode_part("अ", Encoding.GSM7)


def test_headers_are_laid_out_as_the_standard_has_them() -> None:
    assert udh(0xAB, 3, 2) == b"\x05\x00\x03\xab\x03\x02"
    assert udh(0xABCD, 3, 2, bits=16) == b"\x06\x08\x04\xab\xcd\x03\x02"
    assert udh(255, 255, 255) == b"\x05\x00\x03\xff\xff\xff"


def test_a_running_counter_wraps_in_the_header() -> None:
    assert udh(0x1_02, 2, 1) == udh(0x02, 2, 1)
    assert udh(0x1_0003, 2, 1, bits=16) == udh(0x0003, 2, 1, bits=16)


@pytest.mark.parametrize(("total", "number"), [(0, 0), (2, 0), (2, 3), (256, 1), (-1, -1)])
def test_a_part_outside_its_message_has_no_header(total: int, number: int) -> None:
    with pytest.raises(ValueError, match="cannot be numbered"):
        udh(1, total, number)


def test_a_header_with_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="8 or 16 bits, not 7"):
        udh(1, 2, 1, bits=7)


def test_headers_and_full_parts_fill_the_140_octets_exactly() -> None:
    # Septets are packed by the centre: the header's bits round up to whole septets.
    for bits, header in ((8, len(udh(1, 2, 1))), (16, len(udh(1, 2, 1, bits=16)))):
        room = limits()
        assert room["gsm7"][f"part{bits}"] == (140 * 8 - header * 8) // 7
        assert room["ucs2"][f"part{bits}"] == (140 - header) // 2


def test_the_limits_go_to_the_browser_as_json() -> None:
    assert json.loads(json.dumps(limits()))["gsm7"] == {"single": 160, "part8": 153, "part16": 152}


def test_an_empty_text_is_one_part_of_nothing() -> None:
    assert segment("") == Segmentation(Encoding.GSM7, 0, ("",), (0,))
