"""Taking in how well routes deliver: measured above, used by plans whose rules ask for the best."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from routing.models import RouteQuality
from routing.plan import CompiledPlan
from routing.strategies import MARGIN

# Fewer messages say nothing.
MIN_SAMPLE: Final = 200
# What was measured longer ago says nothing any more.
KEPT_FOR: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Measured:
    """Messages of a route for a destination that came to an end at the operator, and those delivered of them."""

    route_id: int
    destination: str
    delivered: int
    final: int

    @property
    def per_mille(self) -> int:
        return 1000 * self.delivered // self.final


def record_quality(*, measured: Iterable[Measured], now: datetime) -> int:
    """Store what was measured; samples below MIN_SAMPLE are left out.

    A rating moves only when the rate is MARGIN away from it: what trembles does not turn traffic back and forth.

    Returns:
        How many ratings moved.
    """
    moved = 0
    with transaction.atomic():
        known = {(row.route_id, row.destination): row for row in RouteQuality.objects.select_for_update()}
        rows = []
        for each in measured:
            if each.final < MIN_SAMPLE:
                continue
            before = known.get((each.route_id, each.destination))
            rating = each.per_mille
            if before is not None and abs(rating - before.rating) < MARGIN:
                rating = before.rating
            moved += before is None or rating != before.rating
            rows.append(
                RouteQuality(
                    route_id=each.route_id,
                    destination=each.destination,
                    delivered=each.delivered,
                    final=each.final,
                    rating=rating,
                    at=now,
                )
            )
        RouteQuality.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["route", "destination"],
            update_fields=["delivered", "final", "rating", "at"],
        )
        RouteQuality.objects.filter(at__lt=now - KEPT_FOR).delete()
    CompiledPlan.forget()
    return moved
