"""Australia: names of three to eleven characters; what is not on the register is shown as unverified."""

from __future__ import annotations

from datetime import time
from typing import ClassVar, Final

from compliance.rules.country import CountryPackage, Hours
from compliance.rules.registration import NameFits, RegisteredSender
from compliance.rules.rule import About, Basis, Level, LooksAt
from compliance.statuses import SenderKind


class NameOfAustralia(NameFits):
    shortest = 3
    about: ClassVar = About(
        "au_sender_name",
        "sender_not_approved",
        "A name has fewer than three or more than eleven characters.",
        "Use a name of three to eleven characters.",
        LooksAt.PAIR,
    )


class RegisteredInAustralia(RegisteredSender):
    place = "Australia"
    kinds = frozenset((SenderKind.ALPHA,))
    about: ClassVar = About(
        "au_not_registered",
        "sender_unverified",
        "The name is not on Australia's register of sender ids, so that phones show it as unverified.",
        "Register it with the ACMA and record the registration for AU.",
        LooksAt.PAIR,
        Basis.STYLE,
        Level.WARN,
    )


PACKAGE: Final = CountryPackage(
    country="AU",
    name="Australia",
    sender_rules=(NameOfAustralia(),),
    text_rules=(RegisteredInAustralia(),),
    promotional_hours=Hours(time(9), time(20), time(19, 50)),
    optout_words=("stop", "opt out", "optout", "unsub"),
    duties=(
        "Names are entered in the ACMA's register; since 1 July 2026 others are shown as unverified.",
        "Promotions say how to unsubscribe; a wish counts within five working days.",
    ),
)
