"""United Arab Emirates: every name is registered with the operators before it sends."""

from __future__ import annotations

from datetime import time
from typing import ClassVar, Final

from compliance.rules.country import CountryPackage, Hours
from compliance.rules.registration import NameFits, RegisteredSender
from compliance.rules.rule import About, LooksAt


class NameOfEmirates(NameFits):
    about: ClassVar = About(
        "ae_sender_name",
        "sender_not_approved",
        "A name has more than eleven characters; AD- before promotional ones is among them.",
        "Use a shorter name.",
        LooksAt.PAIR,
    )


class RegisteredInEmirates(RegisteredSender):
    place = "the United Arab Emirates"
    about: ClassVar = About(
        "ae_not_registered",
        "sender_not_approved",
        "The sender has no active registration with the operators of the United Arab Emirates.",
        "Register it through your operator and record the registration for AE.",
        LooksAt.PAIR,
    )


PACKAGE: Final = CountryPackage(
    country="AE",
    name="United Arab Emirates",
    sender_rules=(NameOfEmirates(), RegisteredInEmirates()),
    promotional_hours=Hours(time(7), time(21), time(20, 50)),
    optout_words=("stop", "opt out", "optout", "unsub", "block"),
    duties=(
        "Each sender is registered with the operators; promotional names begin with AD-, within eleven characters.",
        "Links and numbers in texts are restricted: have them approved with the text.",
        "Recipients block promotions free of charge; the text says how.",
    ),
)
