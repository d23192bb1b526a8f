"""Messages in doubt: an operator may have them, and none of its ids says so.

Some wait in batches whose dispatcher went away, and are sent again or settled with the next claim. Others count as
submitted and have a row without an id in `operator_ids`: only an answer that comes late, time, or staff ends them.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError

from billing.models import ChargedOn
from billing.settlement import settle
from kernel.db.bulk import bulk_cursor
from kernel.db.tenancy import current_tenant_id, scoped_connection, tenant_context
from kernel.domain.traffic import TrafficClass
from messaging.models import Batch
from messaging.services.finishing import Ended, finish, make_event, settlement
from messaging.statuses import FINAL_FROM, BatchState, EventKind, Status
from routing.costs import CostTable

logger = logging.getLogger(__name__)

PAGE_SIZE: Final = 50
STRIDE: Final = 2_000
BATCHES: Final = 50
# Ids are kept for longer than any message waits.
_RECENT: Final = "o.at > now() - interval '10 days'"
_WITHOUT_ID: Final = f"""
SELECT o.route_id, o.tenant_id, o.message_id, o.at, m.traffic_class, true AS is_counted
FROM operator_ids o JOIN messages m ON m.tenant_id = o.tenant_id AND m.id = o.message_id AND m.status < {FINAL_FROM}
WHERE o.route_id = ANY(%(routes)s) AND o.operator_key = '' AND o.parts > 0 AND {_RECENT} AND o.at < %(before)s
  AND NOT EXISTS (SELECT FROM operator_ids k WHERE k.tenant_id = o.tenant_id AND k.message_id = o.message_id
                    AND k.operator_key <> '')"""  # noqa: S608 - constants of ours, as in all statements below
_LEFT_OVER: Final = f"""
SELECT b.route_id, b.tenant_id, u.id, b.accepted_at, b.traffic_class, false
FROM batches b CROSS JOIN LATERAL unnest(b.ids[1:b.sent_upto]) AS u (id)
JOIN messages m ON m.tenant_id = b.tenant_id AND m.id = u.id AND m.status < {FINAL_FROM}
WHERE b.route_id = ANY(%(routes)s) AND b.sent_upto > 0 AND b.accepted_at < %(before)s AND {{state}}
  AND NOT EXISTS (SELECT FROM operator_ids o WHERE o.tenant_id = b.tenant_id AND o.message_id = u.id
                    AND o.at >= b.accepted_at - interval '1 day')"""  # noqa: S608
_STATES: Final = (
    f"b.state = {BatchState.READY}",
    f"b.state IN ({BatchState.WAITING}, {BatchState.HELD})",
    f"b.state = {BatchState.LEASED} AND b.lease_until < now()",
)
DOUBTS: Final = " UNION ALL ".join([_WITHOUT_ID, *(_LEFT_OVER.format(state=state) for state in _STATES)])
_COUNT_SQL: Final = f"""
SELECT route_id, traffic_class, count(*), count(*) FILTER (WHERE is_counted), min(at)
FROM ({DOUBTS}) AS d WHERE %(tenant)s::uuid IS NULL OR d.tenant_id = %(tenant)s GROUP BY 1, 2 ORDER BY 1, 2"""  # noqa: S608
_PAGE_SQL: Final = f"""
SELECT d.at, d.message_id, d.tenant_id, t.name, d.route_id, d.traffic_class, d.is_counted
FROM ({DOUBTS}) AS d JOIN tenants_tenant t ON t.id = d.tenant_id
WHERE (d.at, d.message_id) < (%(at)s, %(id)s) ORDER BY d.at DESC, d.message_id DESC LIMIT %(limit)s"""  # noqa: S608
_UNANSWERED_SQL: Final = f"""
SELECT m.id, m.segments, m.price_micros, m.recipient FROM messages m
WHERE m.tenant_id = %s AND m.id = ANY(%b::uuid[]) AND m.id BETWEEN %s AND %s AND m.status < {FINAL_FROM}
  AND NOT EXISTS (SELECT FROM operator_ids o WHERE o.tenant_id = m.tenant_id AND o.message_id = m.id AND o.parts > 0
                    AND o.at >= %s::timestamptz - interval '1 day')"""  # noqa: S608
_COUNT_IN_SQL: Final = """
INSERT INTO operator_ids (route_id, operator_key, tenant_id, message_id, part, parts, batch_id, at)
SELECT %s, '', %s, u.id, 1, u.parts, %s, %s FROM unnest(%b::uuid[], %b::int2[]) AS u (id, parts)
ON CONFLICT DO NOTHING"""


_COUNTED_SQL: Final = f"""
SELECT d.tenant_id, d.route_id, array_agg(d.message_id ORDER BY d.message_id)
FROM (SELECT * FROM ({_WITHOUT_ID}) AS w WHERE {{where}} ORDER BY tenant_id, route_id LIMIT {STRIDE}) AS d
GROUP BY 1, 2"""  # noqa: S608
_LEFT_PROMOTIONS_SQL: Final = f"""
SELECT b.tenant_id, b.id FROM batches b
WHERE b.state IN ({BatchState.READY}, {BatchState.WAITING}, {BatchState.HELD}) AND b.sent_upto > 0
  AND b.traffic_class = {TrafficClass.PROMOTIONAL} AND b.route_id = ANY(%s) AND b.accepted_at < %s AND {{where}}
  AND b.id > %s ORDER BY b.id LIMIT {BATCHES} FOR UPDATE SKIP LOCKED"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Doubts:
    """Of one route and class. `counted`: those that count as submitted; the others go with the next claim."""

    route_id: int
    traffic_class: TrafficClass
    messages: int
    counted: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Doubtful:
    """One message. `at`: when it counted as submitted, else when it was accepted."""

    at: datetime
    id: UUID
    tenant_id: UUID
    tenant: str
    route_id: int
    traffic_class: TrafficClass
    is_counted: bool


def doubts(routes: Sequence[int], *, before: datetime, tenant_id: UUID | None = None) -> list[Doubts]:
    """What is in doubt since before an instant, by route and class; one query, in a platform context."""
    with scoped_connection().cursor() as cursor:
        cursor.execute(_COUNT_SQL, {"routes": list(routes), "before": before, "tenant": tenant_id})
        return [Doubts(route, TrafficClass(kind), *rest) for route, kind, *rest in cursor.fetchall()]


def doubtful(
    routes: Sequence[int], *, before: datetime, after: tuple[datetime, UUID], size: int = PAGE_SIZE
) -> list[Doubtful]:
    """The latest that come after the key (at, id), one more than `size` when there are more; one query."""
    parameters: dict[str, Any] = {"routes": list(routes), "before": before, "at": after[0], "id": after[1]}
    with scoped_connection().cursor() as cursor:
        cursor.execute(_PAGE_SQL, {**parameters, "limit": size + 1})
        return [
            Doubtful(at, ident, tenant_id, name, route_id, TrafficClass(kind), is_counted)
            for at, ident, tenant_id, name, route_id, kind, is_counted in cursor.fetchall()
        ]


def submit_in_doubt(batch: Batch, *, costs: CostTable, now: datetime) -> int:
    """Count as submitted what an operator may have of a batch that no dispatcher holds: it is not sent again.

    Charged where submission is charged (docs/adr/0010). In the tenant's context, with the batch's row locked.

    Returns:
        How many; those that were counted before are not.
    """
    ids = batch.ids[: batch.sent_upto]
    if not ids:
        return 0
    tenant_id = current_tenant_id()
    with bulk_cursor() as cursor:
        cursor.execute(_UNANSWERED_SQL, [tenant_id, ids, min(ids), max(ids), batch.accepted_at])
        rows = cursor.fetchall()
        found = [Ended(ident, batch.origin_id, segments, price) for ident, segments, price, _ in rows]
        if not found:
            return 0
        parts = [message.segments for message in found]
        members = [[message.id for message in found], parts]
        # In doubt since it could go: not since this was found out.
        since = batch.due_at or batch.accepted_at
        cursor.execute(_COUNT_IN_SQL, [batch.route_id, tenant_id, batch.origin_id, since, *members])
    origin = Batch.objects.defer("ids").get(pk=batch.origin_id)
    event = make_event(origin, found, Status.SUBMITTED, "", batch.route_id, now)
    event.kind = EventKind.SUBMITTED
    weights = [(recipient, segments) for _, segments, _, recipient in rows]
    event.cost_micros = costs.total(batch.route_id, origin.destination, weights)
    if origin.charged_on == ChargedOn.SUBMIT:
        settle(settlements=[settlement(origin, found, "charge")], now=now)
        event.charged_micros = sum(message.price_micros for message in found)
    event.save()
    return len(found)


class Settled(StrEnum):
    """As what staff settle messages in doubt. Money follows `submitted`: in doubt counts as handed over."""

    SUBMITTED = "submitted"
    UNKNOWN = "unknown"
    FAILED = "failed"


_ENDING: Final = {
    Settled.UNKNOWN: (Status.UNKNOWN, "outcome_unknown"),
    Settled.FAILED: (Status.FAILED, "operator_error"),
}


@dataclass(frozen=True, slots=True)
class Doubted:
    """Which messages in doubt are meant: of these routes, in doubt since before an instant.

    Args:
        without: tenants that are left alone.
    """

    routes: Sequence[int]
    before: datetime
    tenant_id: UUID | None = None
    without: Sequence[UUID] = ()


def submit_left_over(
    doubted: Doubted, *, after: UUID, costs: CostTable, now: datetime
) -> list[tuple[UUID, UUID, int | None]]:
    """One stride of promotions in queued batches, which are not sent again anyway: from now on they count as submitted.

    Passcodes and transactional texts are left to the rule: the next claim sends them again.

    Args:
        after: the last batch of the stride before.

    Returns:
        (tenant, batch, messages) in the order of batches, None for one whose wallet does not add up; empty at the end.
    """
    where, extra = ("b.tenant_id = %s", [doubted.tenant_id]) if doubted.tenant_id else ("true", [])
    with scoped_connection().cursor() as cursor:
        parameters: list[Any] = [list(doubted.routes), doubted.before, *extra, after]
        cursor.execute(_LEFT_PROMOTIONS_SQL.format(where=where), parameters)
        found = cursor.fetchall()
    settled: list[tuple[UUID, UUID, int | None]] = []
    for tenant_id, batch_id in found:
        try:
            with tenant_context(tenant_id):
                batch = Batch.objects.get(pk=batch_id)
                count = submit_in_doubt(batch, costs=costs, now=now)
            settled.append((tenant_id, batch_id, count))
        except IntegrityError:
            # As in a sweep: one wallet that does not add up is no reason to leave everybody else's.
            logger.exception("batch %s of tenant %s could not be settled", batch_id, tenant_id)
            settled.append((tenant_id, batch_id, None))
    return settled


def end_counted(doubted: Doubted, ending: Settled, *, now: datetime) -> list[tuple[UUID, int | None]]:
    """End one stride of what counts as submitted.

    Returns:
        (tenant, messages), None for one whose wallet does not add up; empty at the end.
    """
    status, error_code = _ENDING[ending]
    where = "tenant_id <> ALL(%(without)s::uuid[])" + (" AND tenant_id = %(tenant)s" if doubted.tenant_id else "")
    parameters: dict[str, Any] = {"routes": list(doubted.routes), "before": doubted.before, "tenant": doubted.tenant_id}
    parameters["without"] = list(doubted.without)
    with scoped_connection().cursor() as cursor:
        cursor.execute(_COUNTED_SQL.format(where=where), parameters)
        found = cursor.fetchall()
    ended: list[tuple[UUID, int | None]] = []
    for tenant_id, route_id, ids in found:
        try:
            with tenant_context(tenant_id):
                moved = finish(
                    ids=ids, status=status, error_code=error_code, was_submitted=True, route_id=route_id, now=now
                )
            ended.append((tenant_id, len(moved)))
        except IntegrityError:
            logger.exception("what is in doubt of tenant %s could not be settled", tenant_id)
            ended.append((tenant_id, None))
    return ended
