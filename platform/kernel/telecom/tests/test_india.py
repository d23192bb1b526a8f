"""The table of Indian mobile prefixes and the short cut that rests on it."""

from __future__ import annotations

import random

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumber, PhoneNumberType

from kernel.telecom.india import FILE, build_table, indian_mobile
from kernel.telecom.numbers import judge

DIGITS = st.text(st.sampled_from("0123456789"), min_size=5, max_size=13)
MOBILE_LIKE = st.builds(
    str.__add__, st.sampled_from("6789"), st.text(st.sampled_from("0123456789"), min_size=9, max_size=9)
)


def test_the_shipped_table_is_what_the_numbering_library_says_today() -> None:
    assert FILE.read_bytes() == build_table(), "new metadata: write the file anew, see kernel/telecom/india.py"


def test_the_table_is_as_long_as_there_are_prefixes_and_no_landline_area_is_in_it() -> None:
    table = FILE.read_bytes()

    assert len(table) == 100_000
    assert set(table) == {0, 1}
    assert not any(table[:60_000])
    assert table[98765]
    assert not table[80234]


def test_the_first_five_digits_decide_alone() -> None:
    table, pick = FILE.read_bytes(), random.Random(5)
    for _ in range(2_000):
        prefix, tail = pick.randrange(60_000, 100_000), pick.randrange(100_000)
        kind = phonenumbers.number_type(PhoneNumber(country_code=91, national_number=prefix * 100_000 + tail))

        assert table[prefix] == (kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE))


@given(st.builds(str.__add__, st.sampled_from(["", "0", "91", "+91", "+", "00", "091"]), DIGITS | MOBILE_LIKE))
@settings(max_examples=1_000, deadline=None)
def test_the_short_cut_answers_as_the_library_does_or_not_at_all(text: str) -> None:
    answer = indian_mobile(text, national=True)

    assert answer is None or answer == judge(text, "IN")


@given(
    st.builds(str.__add__, st.sampled_from(["", "0", "91", "+91"]), MOBILE_LIKE), st.sampled_from(["US", "AE", "GB"])
)
@settings(max_examples=300, deadline=None)
def test_abroad_the_short_cut_knows_only_numbers_with_country_code(text: str, region: str) -> None:
    answer = indian_mobile(text, national=False)

    assert answer is None or (text.startswith("+91") and answer == judge(text, region))


@pytest.mark.parametrize("text", ["+919876543210", "919876543210", "09876543210", "9876543210", " 98765-43210 "])
def test_the_usual_ways_to_write_a_number_take_the_short_cut(text: str) -> None:
    assert indian_mobile(text, national=True) == "+919876543210"


@pytest.mark.parametrize(
    "text",
    ["", "98765", "8023456789", "9999999999", "²876543210", "९८७६५४३२१०", "+449876543210", "9876543210" + " " * 100],
)
def test_everything_else_is_left_to_a_closer_look(text: str) -> None:
    assert indian_mobile(text, national=True) is None
