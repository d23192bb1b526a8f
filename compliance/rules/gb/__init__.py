"""United Kingdom: branded names of up to eleven characters; generic names and foreign numbers are blocked."""

from __future__ import annotations

from datetime import time
from typing import ClassVar, Final

from compliance.rules.contract import Pair, Refusal
from compliance.rules.country import CountryPackage, Hours
from compliance.rules.rule import About, LooksAt, PairRule
from compliance.statuses import SenderKind

COUNTRY: Final = "GB"
_LONGEST: Final = 11
_GENERAL: Final = "alert alerts info notice sms text message delivery bank support verify otp code offer promo"
_GENERIC: Final = frozenset(_GENERAL.split())


class NameOfBrand(PairRule):
    about: ClassVar = About(
        "gb_sender_name",
        "sender_not_approved",
        "The name is longer than eleven characters, or says nothing about who sends.",
        "Use a name of up to eleven characters that shows your brand.",
        LooksAt.PAIR,
    )

    def judge(self, pair: Pair) -> Refusal | None:
        if pair.sender is None or pair.sender.kind != SenderKind.ALPHA:
            return None
        if len(pair.header) > _LONGEST:
            return self.about.refusal(f"The name “{pair.header}” is longer than {_LONGEST} characters.")
        if pair.header.lower() in _GENERIC:
            return self.about.refusal(f"British operators block general names such as “{pair.header}”.")
        return None


class NumberOfCountry(PairRule):
    about: ClassVar = About(
        "gb_foreign_number",
        "sender_not_approved",
        "British operators block numbers of other countries.",
        "Send from a British number, or from a name that shows your brand.",
        LooksAt.PAIR,
    )

    def judge(self, pair: Pair) -> Refusal | None:
        if pair.sender is None or pair.sender.kind != SenderKind.LONG or pair.header.lstrip("+").startswith("44"):
            return None
        return self.about.refusal(f"“{pair.header}” is not a British number; British operators block others.")


PACKAGE: Final = CountryPackage(
    country=COUNTRY,
    name="United Kingdom",
    sender_rules=(NameOfBrand(), NumberOfCountry()),
    promotional_hours=Hours(time(8), time(20), time(19, 50)),
    optout_words=("stop", "opt out", "optout", "unsub"),
    duties=(
        "Names show the brand; they may be entered in the MEF registry, which protects them against others.",
        "A promotional text says how to stop: by STOP to a number, or by a link.",
    ),
)
