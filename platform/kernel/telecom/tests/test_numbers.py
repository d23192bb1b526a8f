"""What cells hold and what becomes of it: taken, refused with a reason, placed in a country, hidden."""

from __future__ import annotations

import random
import re

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from kernel.telecom.numbers import (
    E164,
    NumberReason,
    NumberRefused,
    country_dialled,
    country_of,
    judge,
    mask,
    mask_log,
    normalise,
    parse_number,
)

TAKEN = [
    ("098765 43210", "IN", "+919876543210"),
    ("+91-98765-43210", "IN", "+919876543210"),
    ("0919876543210", "IN", "+919876543210"),
    ("+91 (0) 98765 43210", "IN", "+919876543210"),
    ("9876543210.0", "IN", "+919876543210"),
    ("9.19876543210E+11", "IN", "+919876543210"),
    ("9,87,65,43,210", "IN", "+919876543210"),
    ("'9876543210", "IN", "+919876543210"),
    ('="9876543210"', "IN", "+919876543210"),
    ("९८७६५४३२१०", "IN", "+919876543210"),
    ("９８７６５４３２１０", "IN", "+919876543210"),
    ("٩٨٧٦٥٤٣٢١٠", "IN", "+919876543210"),
    ("98765\u200b43210", "IN", "+919876543210"),
    ("\u200e+919876543210\u202c", "IN", "+919876543210"),
    ("\ufeff9876543210", "IN", "+919876543210"),
    ("+91–98765–43210", "IN", "+919876543210"),
    ("Mob: 98765 43210", "IN", "+919876543210"),
    ("0044 7911 123456", "IN", "+447911123456"),
    ("+44 (0)7911 123456", "IN", "+447911123456"),
    ("07712 345678", "IN", "+917712345678"),
    ("(202) 456-1111", "US", "+12024561111"),
    ("0091 98765 43210", "US", "+919876543210"),
    # Labels and quotes.
    ("tel:+91-98765-43210", "IN", "+919876543210"),
    ("Mobile No. 98765 43210", "IN", "+919876543210"),
    ("Ph.9876543210", "IN", "+919876543210"),
    ("मोबाइल: ९८७६५ ४३२१०", "IN", "+919876543210"),
    ("“9876543210”", "IN", "+919876543210"),
    ("=+919876543210", "IN", "+919876543210"),
    ("9876543210.00", "IN", "+919876543210"),
    ("9,876,543,210.00", "IN", "+919876543210"),
    ("9,19876543210e11", "IN", "+919876543210"),
    ("919876543210E0", "IN", "+919876543210"),
    ("9.198765432100E+11", "IN", "+919876543210"),
    ("98765.43210", "IN", "+919876543210"),
    ("98765−43210", "IN", "+919876543210"),
    ("98765\t43210\r\n", "IN", "+919876543210"),
    ("98765\u00a043210", "IN", "+919876543210"),
    ("+1 202 555 0123", "IN", "+12025550123"),
    ("+44 7700 900123", "IN", "+447700900123"),
    ("0011 91 98765 43210", "AU", "+919876543210"),
    ("0091 98765 43210", "AU", "+919876543210"),
    ("0091 98765 43210", "ZZ", "+919876543210"),
    ("+52 55 1234 5678", "IN", "+525512345678"),
    ("+39 347 123 4567", "IN", "+393471234567"),
]
REFUSED = [
    ("9.19877E+11", "IN", "PRECISION_LOST"),
    ("98765 43210 x12", "IN", "HAS_EXTENSION"),
    ("9876543210/9123456780", "IN", "SEVERAL_NUMBERS"),
    ("9876543210/11", "IN", "SEVERAL_NUMBERS"),
    ("98765 43210 9123456780", "IN", "TOO_LONG"),
    ("98765O4321", "IN", "HAS_LETTERS"),
    ("987654321", "IN", "NOT_ASSIGNED"),
    ("080 2345 6789", "IN", "FIXED_LINE"),
    ("1800 123 4567", "IN", "TOLL_FREE"),
    ("1860 123 4567", "IN", "SHARED_COST"),
    ("1409876543", "IN", "UAN"),
    ("56767", "IN", "TOO_SHORT"),
    ("5593333123456", "IN", "NOT_ASSIGNED"),
    ("++919876543210", "IN", "MALFORMED"),
    ("6591234567", "IN", "FIXED_LINE"),
    ("971 50 123 4567", "IN", "NOT_ASSIGNED"),
    ("12025550123", "IN", "NOT_ASSIGNED"),
    ("1-800-FLOWERS", "US", "HAS_LETTERS"),
    ("+19005551234", "IN", "PREMIUM_RATE"),
    ("+4470123456 78", "IN", "PERSONAL_NUMBER"),
    ("+448451234567", "IN", "PREMIUM_RATE"),
    ("+541123456789", "IN", "FIXED_LINE"),
    ("+5215512345678", "IN", "TOO_LONG"),
    ("+551187654321", "IN", "NOT_ASSIGNED"),
    ("+881612345678", "IN", "SATELLITE"),
    ("+999123456789", "IN", "BAD_COUNTRY_CODE"),
    # Nothing, or next to nothing.
    ("", "IN", "EMPTY"),
    (" - ", "IN", "EMPTY"),
    ("\u200b", "IN", "EMPTY"),
    ("+", "IN", "MALFORMED"),
    ("98765*43210", "IN", "MALFORMED"),
    ("98765\x0043210", "IN", "MALFORMED"),
    ("987654321²", "IN", "MALFORMED"),
    ("①876543210", "IN", "MALFORMED"),
    ("9.198765432105E+11", "IN", "MALFORMED"),
    ("9.9E+999", "IN", "PRECISION_LOST"),
    ("9876543210, 9123456780", "IN", "SEVERAL_NUMBERS"),
    ("9876543210 or 9123456780", "IN", "SEVERAL_NUMBERS"),
    ("+919876543210 +919123456780", "IN", "SEVERAL_NUMBERS"),
    ("9876543210 ext. 12", "IN", "HAS_EXTENSION"),
    ("n/a", "IN", "HAS_LETTERS"),
    ("अनजान", "IN", "HAS_LETTERS"),
    ("5", "IN", "TOO_SHORT"),
    ("00", "IN", "TOO_SHORT"),
    ("9" * 101, "IN", "TOO_LONG"),
    ("9876543210" * 1_000, "IN", "TOO_LONG"),
    ("9876543210", "ZZ", "BAD_COUNTRY_CODE"),
    ("9999999999", "IN", "REPEATED_DIGIT"),
    ("1600 123 456", "IN", "VOICE_SERIES"),
    ("1601234567", "IN", "VOICE_SERIES"),
    ("+870773111632", "IN", "SATELLITE"),
    ("+882 1234 5678", "IN", "INTERNATIONAL_NETWORK"),
    ("+883510012345678", "IN", "INTERNATIONAL_NETWORK"),
    ("+979123456789", "IN", "PREMIUM_RATE"),
    ("+80012345678", "IN", "TOLL_FREE"),
    ("+80812345678", "IN", "SHARED_COST"),
    ("+878101234567890", "IN", "PERSONAL_NUMBER"),
    ("+88812345678", "IN", "INTERNATIONAL_NETWORK"),
]
NOT_MOBILE = """FIXED_LINE TOLL_FREE SHARED_COST UAN PREMIUM_RATE PERSONAL_NUMBER SATELLITE VOICE_SERIES
    INTERNATIONAL_NETWORK"""

MOBILES = [
    (region, number)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    if (number := phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)) is not None
]
REGIONS = st.sampled_from(["IN", "US", "GB", "AE", "AU", "IT", "BR", "ZZ"])
CELLS = st.one_of(
    st.sampled_from([cell for cell, _, _ in TAKEN] + [cell for cell, _, _ in REFUSED if len(cell) < 60]),
    st.text(st.sampled_from("0123456789+-() .,/xE'₉९\u200b\u00a0ab"), max_size=20),
    st.text(max_size=20),
)
PLAIN = st.one_of(
    st.sampled_from(["9876543210", "09876543210", "+919876543210", "0919876543210", "00447911123456", "8023456789"]),
    st.text(st.sampled_from("0123456789"), min_size=3, max_size=14),
    st.builds("+{}".format, st.text(st.sampled_from("0123456789"), min_size=6, max_size=14)),
)
NOISE = st.sampled_from([" ", "-", "\u200b", "\u200e", "\u00ad", "\u00a0", "–", "\u2009", "\t"])


@pytest.mark.parametrize(("cell", "region", "number"), TAKEN, ids=ascii)
def test_a_number_is_understood_however_it_is_written(cell: str, region: str, number: str) -> None:
    assert parse_number(cell, region=region) == number
    assert normalise(cell, region) == judge(cell, region) == number


@pytest.mark.parametrize(("cell", "region", "reason"), REFUSED, ids=lambda part: ascii(part)[:30])
def test_what_is_no_mobile_number_is_refused_with_the_reason(cell: str, region: str, reason: str) -> None:
    with pytest.raises(NumberRefused) as refused:
        parse_number(cell, region=region)

    assert refused.value.reason == reason
    assert refused.value.code == ("number_not_mobile" if reason in NOT_MOBILE.split() else "invalid_number")
    assert refused.value.context == {"reason": reason}


@pytest.mark.parametrize("reason", NumberReason)
def test_every_reason_has_a_sentence_and_a_remedy(reason: NumberReason) -> None:
    refused = NumberRefused(reason)

    assert re.fullmatch(r"[A-Z].{8,100}\.", str(refused))
    assert re.fullmatch(r"[A-Z].{8,100}\.", refused.remedy)
    assert refused.suggestion is None


@pytest.mark.parametrize(
    ("cell", "suggestion"),
    [("971 50 123 4567", "+971501234567"), ("6591234567", "+6591234567"), ("12025550123", "+12025550123")],
)
def test_a_foreign_number_without_plus_is_suggested_and_not_guessed(cell: str, suggestion: str) -> None:
    refused = normalise(cell)

    assert isinstance(refused, NumberRefused)
    assert refused.suggestion == suggestion
    assert refused.remedy.startswith("If the country code is there already, write a plus")


@pytest.mark.parametrize("cell", ["080 2345 6789", "+541123456789", "987654321", "abc"])
def test_where_a_plus_would_not_help_nothing_is_suggested(cell: str) -> None:
    refused = normalise(cell)

    assert isinstance(refused, NumberRefused)
    assert refused.suggestion is None


def test_a_refusal_holds_no_digits_of_the_number_where_it_may_be_logged() -> None:
    refused = normalise("971 50 123 4567")

    assert isinstance(refused, NumberRefused)
    assert not re.search("[0-9]", f"{refused} {refused.remedy} {refused.context} {refused.args}")


@given(CELLS, REGIONS)
@settings(max_examples=500, deadline=None)
def test_no_cell_breaks_the_reading_and_what_is_taken_looks_like_a_number(cell: str, region: str) -> None:
    answer = normalise(cell, region)

    assert isinstance(answer, NumberRefused) or re.fullmatch(r"\+[1-9][0-9]{6,14}", answer)


@given(CELLS, REGIONS, REGIONS)
@settings(max_examples=500, deadline=None)
def test_a_number_that_was_taken_is_taken_again_unchanged_anywhere(cell: str, region: str, elsewhere: str) -> None:
    answer = normalise(cell, region)

    if not isinstance(answer, NumberRefused):
        assert normalise(answer, elsewhere) == judge(answer, elsewhere) == answer


def outcome(cell: str, region: str) -> str:
    answer = normalise(cell, region)
    return answer.reason if isinstance(answer, NumberRefused) else answer


@given(PLAIN, REGIONS, st.lists(st.tuples(st.integers(0, 15), NOISE), max_size=8))
@settings(max_examples=500, deadline=None)
def test_blanks_dashes_and_invisible_marks_never_change_the_answer(
    plain: str, region: str, noise: list[tuple[int, str]]
) -> None:
    noisy = plain
    for position, mark in noise:
        noisy = noisy[:position] + mark + noisy[position:]

    assert outcome(noisy, region) == outcome(plain, region)


@given(PLAIN, REGIONS, st.sampled_from("٠۰०০୦௦０𝟎"))
@settings(max_examples=300, deadline=None)
def test_the_script_of_the_digits_never_changes_the_answer(plain: str, region: str, zero: str) -> None:
    script = {ord("0") + digit: chr(ord(zero) + digit) for digit in range(10)}

    assert outcome(plain.translate(script), region) == outcome(plain, region)


@pytest.mark.parametrize(("region", "number"), MOBILES, ids=lambda part: part if isinstance(part, str) else "")
def test_the_example_mobile_of_every_country_is_taken_and_placed(region: str, number: phonenumbers.PhoneNumber) -> None:
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)

    assert parse_number(e164) == e164
    assert country_of(E164(e164)) == phonenumbers.region_code_for_number(number)
    assert parse_number(phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL), region=region) == e164


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+919876543210", "IN"),
        ("+12024561111", "US"),
        ("+14165550123", "CA"),
        ("+18765551234", "JM"),
        ("+77012345678", "KZ"),
        ("+79123456789", "RU"),
        ("+447400123456", "GB"),
        ("+447911123456", "GG"),
        ("+447797712345", "JE"),
        ("+447700900123", "GB"),
        ("+971501234567", "AE"),
        ("+9991234567", "ZZ"),
        ("+881612345678", "ZZ"),
        ("+870773111632", "ZZ"),
        ("+979123456789", "ZZ"),
        ("+8835100000000", "ZZ"),
        ("+80012345678", "ZZ"),
        ("+44" + "1" * 30, "ZZ"),
    ],
)
def test_a_number_is_placed_in_the_country_of_its_plan(number: str, country: str) -> None:
    assert country_of(E164(number)) == country
    assert country_of(E164(number)) == country


@pytest.mark.parametrize(
    ("text", "country"),
    [("+881612345678", "ZZ"), ("00881612345678", "ZZ"), ("+442071838750", "GB"), ("98765", "IN"), ("nobody", "IN")],
)
def test_a_refused_number_is_placed_where_it_would_be_dialled(text: str, country: str) -> None:
    assert country_dialled(text) == country


def test_the_last_four_digits_never_decide_the_country() -> None:
    pick = random.Random(7)
    for _, example in MOBILES:
        if len(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[example.country_code or 0]) == 1:
            continue
        series = phonenumbers.format_number(example, PhoneNumberFormat.E164)[:-4]
        for _ in range(20):
            number = f"{series}{pick.randrange(10_000):04}"
            placed = phonenumbers.region_code_for_number(phonenumbers.parse(number))
            assert placed in (None, country_of(E164(number)))


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+919876543210", "+91 98••• ••210"),
        ("+12025550123", "+1 20••• ••123"),
        ("+971501234567", "+971 50•• ••567"),
        ("+29051234", "+290 •• •34"),
        ("+9991234567", "99••• ••567"),
        ("56767", "•• •67"),
        ("AX-ACMEBK", "AX•• ••EBK"),
    ],
)
def test_a_mask_shows_the_country_two_digits_and_the_last_three(number: str, masked: str) -> None:
    assert mask(E164(number)) == masked


@given(st.sampled_from(MOBILES))
@settings(max_examples=100, deadline=None)
def test_a_mask_hides_three_digits_or_more(mobile: tuple[str, phonenumbers.PhoneNumber]) -> None:
    e164 = phonenumbers.format_number(mobile[1], PhoneNumberFormat.E164)
    shown = re.sub("[^0-9]", "", mask(E164(e164)))

    assert len(e164) - 1 - len(shown) == mask(E164(e164)).count("•") >= 2


def test_a_log_gets_the_last_three_digits() -> None:
    assert mask_log(E164("+919876543210")) == "210"
