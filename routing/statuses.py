"""The words for what a route may do (ours to decide) and how its line is (measured)."""

from __future__ import annotations

from typing import Final

from django.db import models


class RouteState(models.TextChoices):
    """Set by staff. Draining: what is under way ends, nothing new is sent, receipts are still taken."""

    ENABLED = "enabled", "Enabled"
    DRAINING = "draining", "Draining"
    DISABLED = "disabled", "Disabled"


class LineState(models.TextChoices):
    """Measured, and recorded as intervals. Unknown: nobody was watching."""

    UP = "up", "Up"
    DEGRADED = "degraded", "Degraded"
    DOWN = "down", "Down"
    MAINTENANCE = "maintenance", "Maintenance"
    UNKNOWN = "unknown", "Unknown"


class BreakerState(models.TextChoices):
    """Closed: messages pass. Open: none do. Probing: a few do, and their results decide."""

    CLOSED = "closed", "Closed"
    OPEN = "open", "Open"
    PROBING = "probing", "Probing"


class Lane(models.TextChoices):
    """Dispatchers of passcodes have binds of their own, so that no campaign stands in their way."""

    OTP = "otp", "Passcodes"
    BULK = "bulk", "Everything else"


# A route that is degraded still delivers: it counts as available (docs/rules.md#availability).
AVAILABLE: Final = frozenset({LineState.UP, LineState.DEGRADED})
# Neither for nor against the route.
NOT_COUNTED: Final = frozenset({LineState.MAINTENANCE, LineState.UNKNOWN})
