"""Two lifecycles that never mix: our review of a sender or template, and its state on a registration portal.

Sendable is what both say yes to.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from django.db.models import TextChoices

from kernel.domain.traffic import TrafficClass
from kernel.domain.transitions import Machine


class ReviewState(TextChoices):
    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "In review"
    CHANGES_ASKED = "changes_asked", "Changes asked"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"


class ReviewEvent(StrEnum):
    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    ASK_CHANGES = "ask_changes"


# Rejected is the end: what is tried again is a new sender or a new version, so that a decision keeps its object.
REVIEW: Final = Machine[ReviewState, ReviewEvent](
    {
        ReviewState.DRAFT: {ReviewEvent.SUBMIT: ReviewState.SUBMITTED},
        ReviewState.SUBMITTED: {
            ReviewEvent.APPROVE: ReviewState.APPROVED,
            ReviewEvent.REJECT: ReviewState.REJECTED,
            ReviewEvent.ASK_CHANGES: ReviewState.CHANGES_ASKED,
        },
        ReviewState.CHANGES_ASKED: {ReviewEvent.SUBMIT: ReviewState.SUBMITTED},
        ReviewState.APPROVED: {},
        ReviewState.REJECTED: {},
    }
)
_NEXT: Final = {
    ReviewState.DRAFT: "Submit it for review",
    ReviewState.SUBMITTED: "Wait until a reviewer has approved it",
    ReviewState.CHANGES_ASKED: "Change what the reviewer asked for and submit it again",
    ReviewState.REJECTED: "Read the reviewer's note",
}
EDITABLE: Final = frozenset((ReviewState.DRAFT, ReviewState.CHANGES_ASKED))


class PortalState(TextChoices):
    """What the portal says; recorded as told, in any order (docs/rules.md#dlt-identifiers)."""

    PENDING = "pending", "Pending"
    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"
    REJECTED = "rejected", "Rejected"
    BLACKLISTED = "blacklisted", "Blacklisted"
    RETIRED = "retired", "Retired"


class SenderKind(TextChoices):
    ALPHA = "alpha", "Name (letters and digits)"
    NUMERIC = "numeric", "Numeric header"
    SHORT = "short", "Short code"
    LONG = "long", "Long number"


class Category(TextChoices):
    """Categories since May 2025; the operator adds the letter to the sender (docs/rules.md#dlt-identifiers)."""

    TRANSACTIONAL = "T", "Transactional"
    SERVICE = "S", "Service"
    PROMOTIONAL = "P", "Promotional"
    GOVERNMENT = "G", "Government"


class OptOutSource(TextChoices):
    PERSON = "person", "Entered by a member"
    API = "api", "API"
    REPLY = "reply", "Reply by SMS"
    IMPORT = "import", "Imported list"


def traffic_class_of(category: str, *, is_otp: bool) -> TrafficClass:
    """The class that prices, queues and hours go by, from the template's category."""
    if is_otp:
        return TrafficClass.OTP
    return TrafficClass.PROMOTIONAL if category == Category.PROMOTIONAL else TrafficClass.TRANSACTIONAL


def remedy_for(state: str, thing: str) -> str:
    """What to do about a sender or template that is not approved; `thing` is what to use instead."""
    return f"{_NEXT[ReviewState(state)]}, or use an approved {thing}."
