"""Telephone numbers: read, judge, place and hide them.

A number is taken only if the numbering plan has it as mobile, or cannot tell mobile from fixed (North America). The
metadata is that of the package `phonenumbers`. The rules: docs/rules.md#numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import (
    NumberParseException,
    PhoneMetadata,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
)

from kernel.telecom.e164 import E164
from kernel.telecom.india import indian_mobile
from kernel.telecom.number_cells import bare_digits
from kernel.telecom.number_refusals import NumberReason, NumberRefused

__all__ = [
    "E164",
    "NumberReason",
    "NumberRefused",
    "country_dialled",
    "country_of",
    "judge",
    "mask",
    "mask_log",
    "normalise",
    "parse_number",
]

_MOBILE: Final = frozenset((PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE))
_TYPES: Final[Mapping[int, NumberReason]] = {
    PhoneNumberType.FIXED_LINE: NumberReason.FIXED_LINE,
    PhoneNumberType.TOLL_FREE: NumberReason.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE: NumberReason.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST: NumberReason.SHARED_COST,
    PhoneNumberType.PERSONAL_NUMBER: NumberReason.PERSONAL_NUMBER,
    PhoneNumberType.PAGER: NumberReason.PAGER,
    PhoneNumberType.UAN: NumberReason.UAN,
    PhoneNumberType.VOICEMAIL: NumberReason.VOICEMAIL,
    PhoneNumberType.VOIP: NumberReason.VOIP,
}
_LENGTHS: Final[Mapping[int, NumberReason]] = {
    ValidationResult.TOO_SHORT: NumberReason.TOO_SHORT,
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: NumberReason.TOO_SHORT,
    ValidationResult.TOO_LONG: NumberReason.TOO_LONG,
}
_PARSE_FAULTS: Final[Mapping[int, NumberReason]] = {
    NumberParseException.INVALID_COUNTRY_CODE: NumberReason.BAD_COUNTRY_CODE,
    NumberParseException.TOO_LONG: NumberReason.TOO_LONG,
}
# Country codes of no country; some hold numbers that the library calls mobile, and they cost what they like.
_NOT_COUNTRIES: Final[Mapping[int, NumberReason]] = {
    800: NumberReason.TOLL_FREE,
    808: NumberReason.SHARED_COST,
    870: NumberReason.SATELLITE,
    878: NumberReason.PERSONAL_NUMBER,
    881: NumberReason.SATELLITE,
    882: NumberReason.INTERNATIONAL_NETWORK,
    883: NumberReason.INTERNATIONAL_NETWORK,
    888: NumberReason.INTERNATIONAL_NETWORK,
    979: NumberReason.PREMIUM_RATE,
}
_COUNTRY_CODES: Final = frozenset(map(str, phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
# Callers of Indian banks and authorities, in the metadata as mobile.
_INDIAN_VOICE: Final = re.compile(r"\+91160[01]").match
# Set aside by the British regulator for films and manuals; the metadata does not know them.
_BRITISH_FICTION: Final = re.compile(r"\+447700900[0-9]{3}").fullmatch
_TRUNK_AND_COUNTRY: Final = re.compile(r"091[0-9]{10}").fullmatch


def parse_number(text: str, *, region: str = "IN") -> E164:
    """The mobile number that the text means.

    Args:
        text: as people write it; see `number_cells` for what is understood.
        region: ISO 3166 code of the country whose numbers stand without country code.

    Raises:
        NumberRefused: with `reason`, sentence, remedy and perhaps a `suggestion`.
    """
    answer = normalise(text, region)
    if isinstance(answer, NumberRefused):
        raise answer
    return answer


def normalise(text: str, region: str = "IN") -> E164 | NumberRefused:
    """The same as `parse_number` with the refusal as a value, for files and batches."""
    return indian_mobile(text, national=region == "IN") or judge(text, region)


def judge(text: str, region: str = "IN") -> E164 | NumberRefused:
    """`normalise` without the short cut for Indian mobiles; some 50 microseconds."""
    digits = bare_digits(text)
    if isinstance(digits, NumberReason):
        return NumberRefused(digits)
    answer = _judged(_dialled(digits, region), region)
    if isinstance(answer, NumberReason):
        return NumberRefused(answer, _suggestion(digits))
    return answer


def country_of(number: E164) -> str:
    """ISO 3166 code of the country whose plan the number belongs to; "ZZ" if there is none, as of satellites.

    The number tells where it was allotted, not where the phone is.
    """
    return "IN" if number.startswith("+91") else _country_of_series(number[:-4])


def country_dialled(text: str, region: str = "IN") -> str:
    """`country_of` for a number that may be refused; `region` where it has no country code or cannot be read."""
    digits = bare_digits(text)
    if isinstance(digits, NumberReason):
        return region
    dialled = _dialled(digits, region)
    try:
        number = phonenumbers.parse(dialled, region)
    except NumberParseException:
        return country_of(E164(dialled)) if dialled.startswith("+") else region
    return country_of(E164(phonenumbers.format_number(number, PhoneNumberFormat.E164)))


def mask(number: E164) -> str:
    """The number for eyes that need not know it: country code, first two and last three digits.

    Short codes and names, which senders of inbound messages have, come out hidden in the same way.
    """
    code = _country_code(number) if number.startswith("+") else ""
    national = number.removeprefix("+")[len(code) :]
    # Short numbers would be given away by five digits.
    head, tail = (2, 3) if len(national) >= 8 else (0, 2)
    hidden = len(national) - head - tail
    left = (hidden + 1) // 2
    shown_code = f"+{code} " if code else ""
    return f"{shown_code}{national[:head]}{'•' * left} {'•' * (hidden - left)}{national[-tail:]}"


def mask_log(number: E164) -> str:
    """The last three digits, all that a log may hold."""
    return number[-3:]


def _dialled(digits: str, region: str) -> str:
    # Two habits that the library does not know: the trunk prefix before the country code, and 00 in countries whose
    # own exit code is another. Where 00 begins the country's exit code (Australia's 0011), it is left to the library.
    if region == "IN" and _TRUNK_AND_COUNTRY(digits):
        return "+" + digits[1:]
    if digits.startswith("00"):
        metadata = PhoneMetadata.metadata_for_region(region, None)
        exit_code = metadata.international_prefix if metadata else None
        if exit_code is None or not re.match(exit_code, digits):
            return "+" + digits[2:]
    return digits


def _judged(digits: str, region: str) -> E164 | NumberReason:
    try:
        number = phonenumbers.parse(digits, region)
    except NumberParseException as fault:
        return _PARSE_FAULTS.get(fault.error_type, NumberReason.TOO_SHORT)
    reason = _NOT_COUNTRIES.get(number.country_code or 0)
    if reason is not None:
        return reason
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    kind = phonenumbers.number_type(number)
    if kind in _MOBILE or _BRITISH_FICTION(e164):
        return _taken(E164(e164), str(number.national_number))
    return _TYPES.get(kind) or _LENGTHS.get(
        phonenumbers.is_possible_number_with_reason(number), NumberReason.NOT_ASSIGNED
    )


def _taken(number: E164, national: str) -> E164 | NumberReason:
    if _INDIAN_VOICE(number):
        return NumberReason.VOICE_SERIES
    return NumberReason.REPEATED_DIGIT if len(set(national)) == 1 else number


def _suggestion(digits: str) -> E164 | None:
    if digits.startswith(("+", "0")):
        return None
    answer = _judged("+" + digits, "ZZ")
    return None if isinstance(answer, NumberReason) else answer


@lru_cache(maxsize=65_536)
def _country_of_series(series: str) -> str:
    # The last four digits never decide (tried on every country code that several countries share), so any will do.
    code = _country_code(series)
    if not code or int(code) in _NOT_COUNTRIES:
        return "ZZ"
    try:
        number = phonenumbers.parse(series + "0000")
    except NumberParseException:
        return "ZZ"
    return phonenumbers.region_code_for_number(number) or phonenumbers.region_code_for_country_code(int(code))


def _country_code(number: str) -> str:
    # No country code begins another, so the first that exists is it.
    for length in (1, 2, 3):
        code = number[1 : 1 + length]
        if code in _COUNTRY_CODES:
            return code
    return ""
