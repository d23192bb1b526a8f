"""Tells routing how well its routes deliver, out of the roll-ups."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Q, Sum

from kernel.db.tenancy import platform_context
from messaging.statuses import Status
from reporting.models import Rollup
from reporting.queries import EARLY
from routing.models import Route
from routing.services.quality import MIN_SAMPLE, Measured, record_quality

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
# How messages end that an operator had.
ENDS: Final = (
    Status.DELIVERED,
    Status.UNDELIVERED,
    Status.EXPIRED,
    Status.REJECTED,
    Status.FAILED,
    Status.UNKNOWN,
)


def measure(now: datetime) -> int:
    """Measure all routes by destination and pass it down; returns how many ratings moved.

    The messages accepted within the last hour count where they are enough, else those of the last day.
    """
    with platform_context(reason="measure how routes deliver"):
        return record_quality(measured=_measured(now), now=now)


def _measured(now: datetime) -> list[Measured]:
    is_recent = Q(quarter__gte=now - HOUR)
    grouped: list[Any] = list(
        Rollup.objects.filter(quarter__gte=now - DAY, outcome__in=ENDS, route_id__in=Route.objects.values("pk"))
        .exclude(EARLY)
        .values("route_id", "destination", "outcome")
        .annotate(day=Sum("messages"), hour=Sum("messages", filter=is_recent, default=0))
    )
    sums: defaultdict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in grouped:
        sums_of = sums[row["route_id"], row["destination"]]
        is_delivered = row["outcome"] == Status.DELIVERED
        for place, messages in ((0, row["hour"]), (2, row["day"])):
            sums_of[place] += messages * is_delivered
            sums_of[place + 1] += messages
    return [
        Measured(route_id, destination, hour_delivered, hour)
        if hour >= MIN_SAMPLE
        else Measured(route_id, destination, day_delivered, day)
        for (route_id, destination), (hour_delivered, hour, day_delivered, day) in sums.items()
        if day > 0
    ]
