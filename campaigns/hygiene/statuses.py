"""The states of what workers do for list hygiene."""

from __future__ import annotations

from typing import Final

from django.db.models import TextChoices


class ReportState(TextChoices):
    COUNTING = "counting", "Being counted"
    DONE = "done", "Counted"


class VerificationScope(TextChoices):
    ALL = "all", "Everybody"
    SUSPICIOUS = "suspicious", "Suspicious numbers"


class VerificationState(TextChoices):
    RUNNING = "running", "Looking up"
    DONE = "done", "Looked up"
    STOPPED = "stopped", "Stopped"


class RemovalKind(TextChoices):
    REMOVE = "remove", "Removed from lists"
    SUPPRESS = "suppress", "Suppressed"


# Permanent failures since the last delivery at which a number is suggested for removal.
SUGGESTED_AT: Final = 3
