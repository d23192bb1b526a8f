"""What is under way now, over all tenants: the queues, what nobody has answered, receipts without a message.

Read live from the batches by their partial indexes, in a platform context; the history of batches is not touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Max, Q, QuerySet, Sum

from kernel.db.tenancy import scoped_connection
from kernel.domain.traffic import TrafficClass
from messaging.models import UnmatchedReceipt
from messaging.services.doubt import Doubts, doubts
from messaging.services.wayless import CODE
from messaging.statuses import BatchState, Status
from reporting.models import Rollup
from routing.models import Route
from tenants.models import Tenant

# A receipt may overtake its message by seconds; after this, one without a message is news (docs/rules.md#receipts).
UNMATCHED_AFTER: Final = timedelta(minutes=10)
WAYLESS_FOR: Final = timedelta(days=1)
WAYLESS_SHOWN: Final = 100

# Each SELECT names its state so that the partial index of that state answers it.
_BY_STATE: Final = """
SELECT {state}, route_id, traffic_class, count(*), sum(messages - least(sent_upto, messages)),
    min(coalesce(due_at, accepted_at)) FROM batches WHERE state = {state} GROUP BY route_id, traffic_class"""
_DEPTH_SQL: Final = " UNION ALL ".join(
    _BY_STATE.format(state=int(state))
    for state in (BatchState.READY, BatchState.LEASED, BatchState.WAITING, BatchState.HELD)
)


@dataclass(frozen=True, slots=True)
class Queue:
    """Batches of one route, class and state. `oldest` is when the first of them could have gone."""

    state: BatchState
    route_id: int
    traffic_class: TrafficClass
    batches: int
    messages: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Wayless:
    """Messages of the last day that were refused because no route was open to them, by who sent what where."""

    tenant: str
    traffic_class: TrafficClass
    destination: str
    messages: int
    latest: datetime


@dataclass(frozen=True, slots=True)
class Unmatched:
    waiting: int
    overdue: int


def depth() -> list[Queue]:
    """Every queue that is not empty, by class, then route; one query."""
    with scoped_connection().cursor() as cursor:
        cursor.execute(_DEPTH_SQL)
        found = [
            Queue(BatchState(state), route_id, TrafficClass(kind), batches, int(messages), oldest)
            for state, route_id, kind, batches, messages, oldest in cursor.fetchall()
        ]
    return sorted(found, key=lambda queue: (queue.traffic_class, queue.route_id, queue.state))


def in_doubt(now: datetime) -> list[Doubts]:
    """What an operator may have and no answer says so, by route and class; two queries."""
    return doubts(list(Route.objects.values_list("pk", flat=True)), before=now)


def _no_way(now: datetime) -> QuerySet[Rollup]:
    since = now - WAYLESS_FOR
    return Rollup.objects.filter(quarter__gte=since, outcome=Status.BLOCKED, error_code=CODE, messages__gt=0)


def wayless_total(now: datetime) -> int:
    """How many, as of the last fold; one query."""
    return _no_way(now).aggregate(n=Sum("messages"))["n"] or 0


def wayless(now: datetime) -> list[Wayless]:
    """The most first; two queries."""
    sums = _no_way(now).values("tenant_id", "traffic_class", "destination")
    rows = list(sums.annotate(n=Sum("messages"), latest=Max("quarter")).order_by("-n", "tenant_id")[:WAYLESS_SHOWN])
    names = dict(Tenant.objects.filter(pk__in={row["tenant_id"] for row in rows}).values_list("pk", "name"))
    return [
        Wayless(
            names.get(row["tenant_id"], "–"),
            TrafficClass(row["traffic_class"]),
            row["destination"],
            row["n"],
            row["latest"],
        )
        for row in rows
    ]


def unmatched(now: datetime) -> Unmatched:
    """Receipts that are still tried, and those of them that wait too long; one query."""
    overdue = Count("pk", filter=Q(received_at__lt=now - UNMATCHED_AFTER))
    sums = UnmatchedReceipt.objects.exclude(next_try_at=None).aggregate(waiting=Count("pk"), overdue=overdue)
    return Unmatched(sums["waiting"], sums["overdue"])
