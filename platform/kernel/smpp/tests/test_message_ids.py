"""The operator's id in its notations: deviations 1 to 5 and 29 of receipts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.smpp.message_ids import (
    READERS,
    Notation,
    Spelling,
    id_candidates,
    normalise_id,
    notation_of,
    shape_of,
    spelling_of,
)


@pytest.mark.parametrize(
    ("submitted", "received"),
    [
        ("6f9a", "28570"),  # 1 hexadecimal in the response, decimal in the receipt
        ("28570", "6F9A"),  # 1 the reverse
        ("0012345", "12345"),  # 2 zeros stripped
        ("12345", "0000012345"),  # 2 zeros added
        ("0a1b2c3d", "A1B2C3D"),  # 2 and 3
        ("AbCdEf-1", "aBcDeF-1"),  # 3 case changed
        ("SAR-77-2-1", "sar-77-2-1"),  # 4
        ("0190C0DE-0000-7000-8000-00000000ABCD", "0190c0de-0000-7000-8000-00000000abcd"),  # 5 UUID
        ("ffffffffffffffffffff", "1208925819614629174706175"),  # 5 over 64 bits
        ("123456789012345678901", '"123456789012345678901"'),  # 29 quoted
        ("abc ", " abc\0"),
        ("000", "0"),
        ("0\x000", "0"),
        ("0 07", "7"),
    ],
)
def test_an_id_is_found_again_in_another_notation(submitted: str, received: str) -> None:
    assert normalise_id(submitted) in id_candidates(received)


def test_the_key_itself_is_the_first_candidate() -> None:
    assert id_candidates("0012") == ("12", "c", "18")
    assert id_candidates("xyz") == ("xyz",)
    assert id_candidates("9") == ("9",)


@pytest.mark.parametrize("empty", ["", " ", "\0", '""'])
def test_an_empty_id_has_no_candidates(empty: str) -> None:
    assert normalise_id(empty) == ""
    assert id_candidates(empty) == ()


def test_a_hostile_string_of_digits_is_not_converted() -> None:
    assert id_candidates("9" * 10_000) == ("9" * 10_000,)


@given(st.text(max_size=64))
def test_normalising_twice_changes_nothing(raw: str) -> None:
    key = normalise_id(raw)
    assert normalise_id(key) == key
    assert id_candidates(raw)[:1] == ((key,) if key else ())


@given(st.integers(1, 10**30))
def test_decimal_and_hexadecimal_find_each_other(number: int) -> None:
    assert normalise_id(f"{number:x}") in id_candidates(str(number))
    assert normalise_id(str(number)) in id_candidates(f"{number:X}")


@pytest.mark.parametrize(
    ("told", "answered", "notation"),
    [
        ("28570", "28570", Notation.SAME),
        ("28570", "6f9a", Notation.DECIMAL),
        ("6F9A", "28570", Notation.HEXADECIMAL),
        ("sar-77-2-1", "SAR-77-2-1", Notation.SAME),
        ("xyz", "zyx", None),
        ("9" * 100, "1", None),
    ],
)
def test_the_notation_of_a_receipt_is_told_from_its_answer(told: str, answered: str, notation: Notation | None) -> None:
    assert notation_of(told, normalise_id(answered)) is notation


@given(st.text(max_size=70))
def test_what_a_notation_reads_is_one_of_the_candidates(raw: str) -> None:
    assert {read(raw) for read in READERS.values()} == set(id_candidates(raw)) or not id_candidates(raw)


@pytest.mark.parametrize(
    ("told", "answered", "spelling"),
    [
        ("770001", "770001", Spelling.SAME),
        ("770001", "000770001", Spelling.ZEROS_REMOVED),
        ("000770001", "770001", Spelling.ZEROS_ADDED),
        ("AB01", "ab01", Spelling.CAPITALS),
        ("ab01", "AB01", Spelling.SMALL_LETTERS),
        ("770001", '"770001"', Spelling.OTHER),
    ],
)
def test_the_spelling_of_a_receipt_is_told_from_its_answer(told: str, answered: str, spelling: Spelling) -> None:
    assert spelling_of(told, answered) is spelling


@pytest.mark.parametrize(
    ("key", "shape"), [("28570", "5 digits"), ("6f9a", "4 hexadecimal digits"), ("sar-77-2-1", "10 characters")]
)
def test_the_shape_of_an_id_is_told_in_words(key: str, shape: str) -> None:
    assert shape_of(key) == shape
