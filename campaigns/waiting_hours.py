"""People of a campaign whose promotions wait for the hours at their place."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Min, Sum

from messaging.models import Batch
from messaging.statuses import BatchState


class Waiting(NamedTuple):
    messages: int
    first_at: datetime


def waiting_for_hours(campaign_id: UUID, *, now: datetime) -> Waiting | None:
    """How many messages wait, and when the first of them go; one query by an index."""
    rows = Batch.objects.filter(campaign_id=campaign_id, state=BatchState.WAITING, due_at__gt=now)
    found = rows.aggregate(messages=Sum("messages"), first_at=Min("due_at"))
    return Waiting(found["messages"], found["first_at"]) if found["messages"] else None
