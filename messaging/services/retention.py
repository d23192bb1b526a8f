"""The end of what is not dropped by partition: deleted every night in short transactions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

# Weekly partitions of messages go up to seven days after their time; a day more for clocks.
_SLACK: Final = timedelta(days=8)


def kept_since(now: datetime) -> datetime:
    """Messages accepted from this UTC midnight on are complete, and so is the log of them: older ones may be going."""
    limit = now - timedelta(days=settings.MESSAGE_RETENTION_DAYS) + _SLACK
    return limit.replace(hour=0, minute=0, second=0, microsecond=0)
