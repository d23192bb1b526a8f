"""What can become of a message, and how its states map to the terms of the conservation bar (docs/adr/0005)."""

from __future__ import annotations

from enum import IntFlag
from typing import Final

from django.db import models

from kernel.domain.transitions import Machine


class Status(models.IntegerChoices):
    """Ordered: whatever waits is below 50, so `status < FINAL_FROM` is the guard of every final update."""

    SCHEDULED = 10, "scheduled"
    ACCEPTED = 20, "accepted"
    QUEUED = 30, "queued"
    SUBMITTED = 40, "submitted"
    DELIVERED = 50, "delivered"
    UNDELIVERED = 60, "undelivered"
    EXPIRED = 61, "expired"
    REJECTED = 62, "rejected"
    FAILED = 63, "failed"
    UNKNOWN = 70, "unknown"
    BLOCKED = 80, "blocked"
    CANCELLED = 81, "cancelled"


FINAL_FROM: Final = 50

WAITING: Final = frozenset({Status.SCHEDULED, Status.ACCEPTED, Status.QUEUED, Status.SUBMITTED})
FINAL: Final = frozenset(Status) - WAITING


class Event(models.TextChoices):
    QUEUE = "queue"
    SUBMIT = "submit"
    DELIVER = "deliver"
    FAIL_ON_THE_WAY = "fail_on_the_way"
    EXPIRE = "expire"
    REFUSE = "refuse"
    GIVE_UP = "give_up"
    STAY_SILENT = "stay_silent"
    CANCEL = "cancel"


_OUTCOMES: Final = {
    Event.DELIVER: Status.DELIVERED,
    Event.FAIL_ON_THE_WAY: Status.UNDELIVERED,
    Event.EXPIRE: Status.EXPIRED,
    Event.REFUSE: Status.REJECTED,
    Event.GIVE_UP: Status.FAILED,
}
_BEFORE_SUBMIT: Final = {**_OUTCOMES, Event.CANCEL: Status.CANCELLED}

# A receipt may overtake the submit result, so every waiting state knows every outcome.
MACHINE: Final = Machine(
    {
        Status.SCHEDULED: {**_BEFORE_SUBMIT, Event.QUEUE: Status.QUEUED},
        Status.ACCEPTED: {
            **_BEFORE_SUBMIT,
            Event.QUEUE: Status.QUEUED,
            Event.SUBMIT: Status.SUBMITTED,
            Event.STAY_SILENT: Status.UNKNOWN,
        },
        Status.QUEUED: {**_BEFORE_SUBMIT, Event.SUBMIT: Status.SUBMITTED, Event.STAY_SILENT: Status.UNKNOWN},
        Status.SUBMITTED: {**_OUTCOMES, Event.STAY_SILENT: Status.UNKNOWN},
        # The one final state that a late receipt may still correct; the money stays settled.
        Status.UNKNOWN: dict(_OUTCOMES),
        Status.DELIVERED: {},
        Status.UNDELIVERED: {},
        Status.EXPIRED: {},
        Status.REJECTED: {},
        Status.FAILED: {},
        Status.BLOCKED: {},
        Status.CANCELLED: {},
    }
)


class Term(models.TextChoices):
    """The terms of target = delivered + failed + expired + unknown + blocked + cancelled + waiting."""

    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"
    EXPIRED = "expired", "Expired"
    UNKNOWN = "unknown", "No receipt"
    BLOCKED = "blocked", "Blocked"
    CANCELLED = "cancelled", "Cancelled"
    WAITING = "waiting", "Waiting"


TERM_OF: Final[dict[Status, Term]] = {
    Status.SCHEDULED: Term.WAITING,
    Status.ACCEPTED: Term.WAITING,
    Status.QUEUED: Term.WAITING,
    Status.SUBMITTED: Term.WAITING,
    Status.DELIVERED: Term.DELIVERED,
    Status.UNDELIVERED: Term.FAILED,
    Status.REJECTED: Term.FAILED,
    Status.FAILED: Term.FAILED,
    Status.EXPIRED: Term.EXPIRED,
    Status.UNKNOWN: Term.UNKNOWN,
    Status.BLOCKED: Term.BLOCKED,
    Status.CANCELLED: Term.CANCELLED,
}


class BatchState(models.IntegerChoices):
    READY = 0, "ready"
    LEASED = 1, "leased"
    WAITING = 2, "waiting for its time"
    HELD = 3, "held"
    SENT = 4, "sent"
    CLOSED = 5, "closed"
    CANCELLED = 6, "cancelled"


class Hold(IntFlag):
    """Who holds a batch back; it goes on when nobody does. A suspended tenant's is held without any of them."""

    CAMPAIGN = 1
    STAFF = 2
    COMPLIANCE = 4


class Source(models.IntegerChoices):
    """The door a message came through."""

    API = 1, "API"
    CAMPAIGN = 2, "campaign"
    BROWSER = 3, "browser"


class EventKind(models.IntegerChoices):
    """What a row of the message log says; see `messaging.models.MessageEvent`."""

    ACCEPTED = 1, "accepted"
    SUBMITTED = 2, "submitted"
    FINAL = 3, "final"
    CORRECTED = 4, "corrected"
