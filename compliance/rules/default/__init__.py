"""Every country without a package of its own: our approval, names as operators' lines carry them, hours of custom."""

from __future__ import annotations

from datetime import time
from typing import ClassVar, Final

from compliance.rules.contract import Pair, Refusal
from compliance.rules.country import DEFAULT, CountryPackage, Hours
from compliance.rules.rule import About, LooksAt, PairRule
from compliance.statuses import SenderKind

_LONGEST: Final = 11


class NameFitsLine(PairRule):
    about: ClassVar = About(
        "sender_name_too_long",
        "sender_not_approved",
        "A name has at most eleven characters on operators' lines (3GPP TS 23.040, section 9.1.2.5).",
        "Use a shorter name, or a number.",
        LooksAt.PAIR,
    )

    def judge(self, pair: Pair) -> Refusal | None:
        if pair.sender is None or pair.sender.kind != SenderKind.ALPHA or len(pair.header) <= _LONGEST:
            return None
        return self.about.refusal(f"The name “{pair.header}” is longer than {_LONGEST} characters.")


PACKAGE: Final = CountryPackage(
    country=DEFAULT,
    name="Other countries",
    sender_rules=(NameFitsLine(),),
    promotional_hours=Hours(time(8), time(20), time(19, 50)),
    optout_words=("stop", "opt out", "optout", "unsub"),
    duties=("Ask the operator whether the country registers senders; many do.",),
)
