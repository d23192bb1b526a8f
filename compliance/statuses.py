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
    WITHDRAW = "withdraw"


# Rejected is the end: what is tried again is a new sender or a new version, so that a decision keeps its object.
REVIEW: Final = Machine[ReviewState, ReviewEvent](
    {
        ReviewState.DRAFT: {ReviewEvent.SUBMIT: ReviewState.SUBMITTED},
        ReviewState.SUBMITTED: {
            ReviewEvent.APPROVE: ReviewState.APPROVED,
            ReviewEvent.REJECT: ReviewState.REJECTED,
            ReviewEvent.ASK_CHANGES: ReviewState.CHANGES_ASKED,
            ReviewEvent.WITHDRAW: ReviewState.DRAFT,
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
    """What the portal says; recorded as told, in any order (docs/rules.md#dlt-identifiers).

    Not every kind of record has every state: see `compliance.portal_moves`.
    """

    DRAFT = "draft", "Draft"
    ADDED = "added", "Added"
    AWAITING_TM = "awaiting_tm", "Awaiting telemarketers"
    AWAITING_PE = "awaiting_pe", "Awaiting the entity"
    PENDING = "pending", "Pending"
    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"
    REJECTED = "rejected", "Rejected"
    DECLINED = "declined", "Declined"
    BLACKLISTED = "blacklisted", "Blacklisted"
    RETIRED = "retired", "Retired"
    REVOKED = "revoked", "Revoked"
    CLOSED = "closed", "Closed"


class PortalKind(StrEnum):
    """Kinds of records that portals keep."""

    ENTITY = "entity"
    TELEMARKETER = "telemarketer"
    HEADER = "header"
    TEMPLATE = "template"
    LINK = "link"
    CONSENT_TEMPLATE = "consent template"
    CHAIN = "chain"


class StateSource(TextChoices):
    """Who told a portal state."""

    PORTAL = "portal", "Portal"
    IMPORT = "import", "Imported file"
    DLR = "dlr", "Delivery reports"
    USER = "user", "A member"


class Suspension(TextChoices):
    """Why a portal suspended something; the scrub codes tell validity and usage apart."""

    NONE = "", "–"
    VALIDITY = "validity", "Its validity ended"
    USAGE = "usage", "It was not used"
    MISUSE = "misuse", "It was misused"


class Portal(TextChoices):
    """The operators' portals; an entity registers on one, the others learn of it."""

    UNKNOWN = "", "Not known"
    AIRTEL = "airtel", "Airtel DLT"
    VI = "vi", "Vi Vilpower"
    JIO = "jio", "Jio TrueConnect"
    TATA = "tata", "Tata"
    BSNL = "bsnl", "BSNL"
    MTNL = "mtnl", "MTNL"
    QTL = "qtl", "QTL"
    SMARTPING = "smartping", "SmartPing"


class EntityType(TextChoices):
    UNKNOWN = "", "Not known"
    COMPANY = "company", "Company"
    BANK = "bank", "Bank"
    PARTNERSHIP = "partnership", "Partnership"
    PROPRIETOR = "proprietor", "Proprietor"
    SOCIETY = "society", "Society or trust"
    GOVERNMENT = "government", "Government body"
    OTHER = "other", "Other"


class Tenure(TextChoices):
    """How long a header was assigned for; temporary ones run 15, 30, 45 or 60 days."""

    PERMANENT = "permanent", "Permanent"
    TEMPORARY = "temporary", "Temporary"


class TelemarketerRole(TextChoices):
    AGGREGATOR = "aggregator", "Aggregator"
    DELIVERY = "delivery", "Delivery"


class LinkKind(TextChoices):
    """What a text asks its reader to open or to call (docs/rules.md#links-and-numbers)."""

    STATIC = "static", "Static link"
    DYNAMIC = "dynamic", "Dynamic link"
    SHORT = "short", "Short link with header"
    APK = "apk", "App file (APK, IPA)"
    OTT = "ott", "App or OTT link"
    WHATSAPP = "whatsapp", "WhatsApp"
    MOBILE = "mobile", "Mobile number"
    LANDLINE = "landline", "Landline number"
    TOLLFREE = "tollfree", "Toll-free number"
    SERIES = "series", "140 or 160 series number"
    EMAIL = "email", "E-mail address"


class PortalCategory(TextChoices):
    """A template's type in the portals' words, old and new; `Category` is what it counts as since May 2025."""

    UNKNOWN = "", "Not known"
    TRANSACTIONAL = "transactional", "Transactional"
    SERVICE = "service", "Service"
    SERVICE_IMPLICIT = "service_implicit", "Service implicit"
    SERVICE_EXPLICIT = "service_explicit", "Service explicit"
    PROMOTIONAL = "promotional", "Promotional"
    GOVERNMENT = "government", "Government"


class SenderKind(TextChoices):
    ALPHA = "alpha", "Name (letters and digits)"
    NUMERIC = "numeric", "Numeric header"
    SHORT = "short", "Short code"
    LONG = "long", "Long number"
    GOVERNMENT = "govt", "Government header"


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
    LINK = "link", "Opt-out page"
    IMPORT = "import", "Imported list"
    FAILED = "failed", "Failed for good"


def traffic_class_of(category: str, *, is_otp: bool) -> TrafficClass:
    """The class that prices, queues and hours go by, from the template's category."""
    if is_otp:
        return TrafficClass.OTP
    return TrafficClass.PROMOTIONAL if category == Category.PROMOTIONAL else TrafficClass.TRANSACTIONAL


def remedy_for(state: str, thing: str) -> str:
    """What to do about a sender or template that is not approved; `thing` is what to use instead."""
    return f"{_NEXT[ReviewState(state)]}, or use an approved {thing}."
