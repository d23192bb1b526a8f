"""Singapore: names are registered (SSIR) by a company with its UEN; others are shown as likely scam or blocked."""

from __future__ import annotations

from typing import ClassVar, Final

from compliance.rules.country import CountryPackage
from compliance.rules.registration import NameFits, RegisteredSender
from compliance.rules.rule import About, LooksAt
from compliance.statuses import SenderKind


class NameOfSingapore(NameFits):
    about: ClassVar = About(
        "sg_sender_name",
        "sender_not_approved",
        "A name has more than eleven characters.",
        "Use a shorter name.",
        LooksAt.PAIR,
    )


class RegisteredInSingapore(RegisteredSender):
    place = "Singapore"
    kinds = frozenset((SenderKind.ALPHA,))
    about: ClassVar = About(
        "sg_not_registered",
        "sender_not_approved",
        "The name has no active registration in Singapore's registry of sender ids (SSIR).",
        "Register it with your UEN at the SSIR and record the registration for SG.",
        LooksAt.PAIR,
    )


PACKAGE: Final = CountryPackage(
    country="SG",
    name="Singapore",
    sender_rules=(NameOfSingapore(), RegisteredInSingapore()),
    optout_words=("stop", "opt out", "optout", "unsub"),
    duties=(
        "Names are registered at the SSIR by a company with a UEN; others are shown as likely scam, or blocked.",
        "Promotions go to nobody on the Do Not Call register: import it as a list of preferences.",
    ),
)
