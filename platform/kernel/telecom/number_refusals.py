"""Why a number is not taken, one reason for each kind of mistake. (docs/rules.md#numbers)"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from kernel.domain.errors import DomainError


class NumberReason(StrEnum):
    """The mistakes of a cell first, then numbers that exist but are no mobile phones."""

    EMPTY = "EMPTY"
    MALFORMED = "MALFORMED"
    HAS_LETTERS = "HAS_LETTERS"
    HAS_EXTENSION = "HAS_EXTENSION"
    SEVERAL_NUMBERS = "SEVERAL_NUMBERS"
    PRECISION_LOST = "PRECISION_LOST"
    TOO_SHORT = "TOO_SHORT"
    TOO_LONG = "TOO_LONG"
    BAD_COUNTRY_CODE = "BAD_COUNTRY_CODE"
    NOT_ASSIGNED = "NOT_ASSIGNED"
    REPEATED_DIGIT = "REPEATED_DIGIT"
    FIXED_LINE = "FIXED_LINE"
    TOLL_FREE = "TOLL_FREE"
    PREMIUM_RATE = "PREMIUM_RATE"
    SHARED_COST = "SHARED_COST"
    PERSONAL_NUMBER = "PERSONAL_NUMBER"
    PAGER = "PAGER"
    UAN = "UAN"
    VOICEMAIL = "VOICEMAIL"
    VOIP = "VOIP"
    VOICE_SERIES = "VOICE_SERIES"
    SATELLITE = "SATELLITE"
    INTERNATIONAL_NETWORK = "INTERNATIONAL_NETWORK"


_RE_TYPE: Final = "Correct the number, with its country code."
_ASK: Final = "Ask the recipient for a mobile number."

_MISTAKES: Final[Mapping[NumberReason, tuple[str, str]]] = {
    NumberReason.EMPTY: ("There is no number.", "Enter a number, with its country code."),
    NumberReason.MALFORMED: ("This is not written as a telephone number.", _RE_TYPE),
    NumberReason.HAS_LETTERS: (
        "The number contains letters.",
        "Replace the letters by the digits that are meant; O and 0 are easily confused.",
    ),
    NumberReason.HAS_EXTENSION: (
        "The number has an extension, which no SMS can reach.",
        "Enter the mobile number alone.",
    ),
    NumberReason.SEVERAL_NUMBERS: ("There is more than one number.", "Keep one number, or give each a row of its own."),
    NumberReason.PRECISION_LOST: (
        "A spreadsheet has rounded the number, and its last digits are lost.",
        "Format the column as text in the original file and export it again.",
    ),
    NumberReason.TOO_SHORT: ("The number has too few digits.", _RE_TYPE),
    NumberReason.TOO_LONG: ("The number has too many digits.", _RE_TYPE),
    NumberReason.BAD_COUNTRY_CODE: ("No country has this country code.", "Correct the country code after the plus."),
    NumberReason.NOT_ASSIGNED: ("No network uses numbers like this one.", _RE_TYPE),
    NumberReason.REPEATED_DIGIT: ("The number is one digit repeated, as people type to fill a field.", _ASK),
}
_NO_MOBILES: Final[Mapping[NumberReason, tuple[str, str]]] = {
    NumberReason.FIXED_LINE: ("The number is a landline.", _ASK),
    NumberReason.TOLL_FREE: ("The number is a toll-free service line.", _ASK),
    NumberReason.PREMIUM_RATE: ("The number is a premium-rate service.", _ASK),
    NumberReason.SHARED_COST: ("The number is a shared-cost service line.", _ASK),
    NumberReason.PERSONAL_NUMBER: ("The number forwards calls and cannot receive SMS.", _ASK),
    NumberReason.PAGER: ("The number is a pager.", _ASK),
    NumberReason.UAN: ("The number is a company's call number.", _ASK),
    NumberReason.VOICEMAIL: ("The number is a voice mailbox.", _ASK),
    NumberReason.VOIP: ("The number is an internet telephone and may not receive SMS.", _ASK),
    NumberReason.VOICE_SERIES: ("Numbers of this series only place calls.", _ASK),
    NumberReason.SATELLITE: ("Satellite telephones are not served.", _ASK),
    NumberReason.INTERNATIONAL_NETWORK: ("Numbers of international networks are not served.", _ASK),
}
_WORDS: Final = {**_MISTAKES, **_NO_MOBILES}


def sentence_of(code: str) -> str:
    """What is wrong with a number of this reason; "" for a code that is none."""
    return _WORDS[NumberReason(code)][0] if code in _WORDS else ""


class NumberRefused(DomainError):
    """A cell that is no mobile number; its code is `invalid_number` or `number_not_mobile`.

    Code, detail, remedy and context hold no digits of the cell, so they may be logged; `suggestion` may not.

    Args:
        suggestion: the number that is meant if only the plus before the country code was forgotten; offered to a
            person, never taken by itself.
    """

    def __init__(self, reason: NumberReason, suggestion: str | None = None) -> None:
        sentence, remedy = _WORDS[reason]
        code = "number_not_mobile" if reason in _NO_MOBILES else "invalid_number"
        if suggestion:
            remedy = f"If the country code is there already, write a plus before it. {remedy}"
        super().__init__(code, sentence, remedy, reason=reason.value)
        self.reason = reason
        self.suggestion = suggestion
