"""United States: numbers instead of names, each registered with its use before it sends."""

from __future__ import annotations

from datetime import time
from typing import ClassVar, Final

from compliance.rules.contract import Pair, Refusal
from compliance.rules.country import CountryPackage, Hours
from compliance.rules.registration import RegisteredSender
from compliance.rules.rule import About, LooksAt, PairRule
from compliance.statuses import SenderKind

COUNTRY: Final = "US"


class NumberAsSender(PairRule):
    about: ClassVar = About(
        "us_sender_type",
        "sender_not_approved",
        "The United States take no names as senders.",
        "Send from a registered long number, toll-free number or short code.",
        LooksAt.PAIR,
    )

    def judge(self, pair: Pair) -> Refusal | None:
        if pair.sender is None or pair.sender.kind in (SenderKind.SHORT, SenderKind.LONG):
            return None
        return self.about.refusal(f"“{pair.header}” is no number, and the United States take no names as senders.")


class NumberRegistered(RegisteredSender):
    place = "the United States"
    about: ClassVar = About(
        "us_not_registered",
        "sender_not_approved",
        "The number has no active registration of brand and campaign, or toll-free verification.",
        "Register it (10DLC, toll-free or short code) and record the registration for US.",
        LooksAt.PAIR,
    )


PACKAGE: Final = CountryPackage(
    country=COUNTRY,
    name="United States",
    sender_rules=(NumberAsSender(), NumberRegistered()),
    # 47 CFR 64.1200(c)(1): from 8:00 to 21:00 at the called party's location.
    promotional_hours=Hours(time(8), time(21), time(20, 50)),
    optout_words=("stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"),
    duties=(
        "10DLC: brand and campaign at The Campaign Registry; toll-free: verification; short code: lease and review.",
        "STOP, QUIT, END, REVOKE, OPT OUT, CANCEL and UNSUBSCRIBE end messages within ten business days.",
        "A promotional text says how to stop, such as “Reply STOP to end”.",
        "HELP is answered with who sends and how to stop.",
    ),
)
