"""The sender exists and was approved by us. Holds for every destination."""

from __future__ import annotations

from compliance.rules.contract import Pair, Refusal
from compliance.statuses import ReviewState, remedy_for


class HeaderApproved:
    def judge(self, pair: Pair) -> Refusal | None:
        sender = pair.sender
        if sender is None:
            return Refusal(
                "unknown_sender",
                f"There is no sender “{pair.header}” in your account; capitals count.",
                "Use one of your senders, or add this one and have it approved.",
            )
        if sender.state != ReviewState.APPROVED:
            state = ReviewState(sender.state).label.lower()
            return Refusal(
                "sender_not_approved",
                f"The sender “{sender.header}” is not approved (its state: {state}).",
                remedy_for(sender.state, "sender"),
            )
        return None
