"""The sender exists and was approved by us. Holds for every destination."""

from __future__ import annotations

from typing import ClassVar

from compliance.rules.contract import Pair, Refusal
from compliance.rules.rule import About, Basis, LooksAt, PairRule
from compliance.statuses import ReviewState, remedy_for


class SenderExists(PairRule):
    about: ClassVar = About(
        "sender_unknown",
        "unknown_sender",
        "There is no such sender in your account; capitals count.",
        "Use one of your senders, or add this one and have it approved.",
        LooksAt.PAIR,
        Basis.ACCOUNT,
    )

    def judge(self, pair: Pair) -> Refusal | None:
        if pair.sender is not None:
            return None
        return self.about.refusal(f"There is no sender “{pair.header}” in your account; capitals count.")


class SenderApproved(PairRule):
    about: ClassVar = About(
        "sender_in_review",
        "sender_not_approved",
        "The sender has not been approved here.",
        "Submit it for review, or use an approved sender.",
        LooksAt.PAIR,
        Basis.ACCOUNT,
    )

    def judge(self, pair: Pair) -> Refusal | None:
        sender = pair.sender
        if sender is None or sender.state == ReviewState.APPROVED:
            return None
        state = ReviewState(sender.state).label.lower()
        detail = f"The sender “{sender.header}” is not approved (its state: {state})."
        return self.about.refusal(detail, remedy_for(sender.state, "sender"))
