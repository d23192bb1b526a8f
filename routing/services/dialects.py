"""Counts of operators' habits: added to by dispatchers, forgotten by staff."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from audit.services import Actor, record_for_platform
from kernel.db.tenancy import platform_context, scoped_connection
from routing.dialects import Count
from routing.models import Route, RouteDialect

# Values of one habit: an operator that invents words by the thousand fills no table.
MAX_VALUES: Final = 40

# In one order, whoever writes: two dispatchers must not wait for each other. A route may have been deleted meanwhile.
_ADD_SQL: Final = """
INSERT INTO routing_routedialect AS d (route_id, habit, value, receipts, first_at, last_at, sample)
SELECT u.route_id, u.habit, u.value, u.receipts, u.first_at, u.last_at, u.sample
FROM unnest(%s::int8[], %s::text[], %s::text[], %s::int8[], %s::timestamptz[], %s::timestamptz[], %s::text[])
    AS u (route_id, habit, value, receipts, first_at, last_at, sample)
JOIN routing_route r ON r.id = u.route_id
WHERE (SELECT count(*) FROM routing_routedialect k
       WHERE k.route_id = u.route_id AND k.habit = u.habit AND k.value <> u.value) < %s
ORDER BY u.route_id, u.habit, u.value
ON CONFLICT (route_id, habit, value) DO UPDATE SET receipts = d.receipts + excluded.receipts,
    last_at = greatest(d.last_at, excluded.last_at),
    sample = CASE WHEN excluded.sample = '' THEN d.sample ELSE excluded.sample END"""


def add_counts(counts: Mapping[int, Sequence[Count]]) -> None:
    """Add what a dispatcher saw, by route, to what is known."""
    rows = [(route_id, *count) for route_id, members in counts.items() for count in members]
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    with platform_context(reason="learn from receipts"), scoped_connection().cursor() as cursor:
        cursor.execute(_ADD_SQL, [*columns, MAX_VALUES])


def known_counts(routes: Iterable[int], habit: str | None = None) -> dict[int, list[Count]]:
    """By route, of one habit or of all; one query."""
    rows = RouteDialect.objects.filter(route_id__in=list(routes)).order_by("route_id", "habit", "-receipts")
    found: dict[int, list[Count]] = {}
    for row in rows if habit is None else rows.filter(habit=habit):
        count = Count(row.habit, row.value, row.receipts, row.first_at, row.last_at, row.sample)
        found.setdefault(row.route_id, []).append(count)
    return found


def unlearn(route_id: int, habit: str) -> None:
    """Forget one habit, because receipts have begun to speak against it."""
    with platform_context(reason="unlearn a habit"):
        RouteDialect.objects.filter(route_id=route_id, habit=habit).delete()


def forget_dialect(*, route_id: int, actor: Actor, now: datetime) -> int:
    """Begin to learn anew; dispatchers follow within seconds. Returns how many counts are gone."""
    with platform_context(reason="forget what was learnt"), transaction.atomic(using=scoped_connection().alias):
        route = Route.objects.select_for_update().get(pk=route_id)
        gone, _ = RouteDialect.objects.filter(route=route).delete()
        record_for_platform(
            action="route.forget_dialect",
            actor=actor,
            object_type="route",
            number=route.pk,
            summary=f"Forgot what receipts of {route.name} had taught",
            now=now,
        )
    return gone
