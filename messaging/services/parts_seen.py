"""Whether operators send a receipt for each part of a long text, or one for all: told by what came and what did not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from kernel.db.bulk import bulk_cursor
from kernel.db.tenancy import platform_context
from kernel.domain.ids import uuid7_floor
from messaging.dispatcher.inferring import GRACE
from messaging.statuses import FINAL_FROM, Status
from routing.dialects import Count, Habit, Parts
from routing.services.dialects import add_counts

# Messages whose first receipt came within this, before the grace; the job runs as often.
SPAN: Final = timedelta(hours=1)
_KEPT: Final = timedelta(days=10)
# Of a message that failed with its first part, nothing more is to be learnt.
_SEEN_SQL: Final = f"""
SELECT o.route_id, p.is_one, count(*), min(p.at), max(p.at) FROM (
    SELECT p.tenant_id, p.message_id, min(p.part) AS part, min(p.at) AS at,
        bool_or(p.error_code = 'inferred') IS TRUE OR count(*) = 1 AS is_one
    FROM message_parts p
    WHERE p.at > %s AND p.message_id >= %s AND p.status = {Status.DELIVERED}
    GROUP BY p.tenant_id, p.message_id HAVING min(p.at) <= %s) p
JOIN operator_ids o ON o.tenant_id = p.tenant_id AND o.message_id = p.message_id AND o.part = p.part AND o.at > %s
JOIN messages m ON m.tenant_id = p.tenant_id AND m.id = p.message_id
WHERE m.status < {FINAL_FROM} OR m.status = {Status.DELIVERED}
GROUP BY o.route_id, p.is_one"""  # noqa: S608 - constants of ours


def learn_parts(now: datetime) -> None:
    """Count the long texts of the last hour whose receipts have had their time."""
    latest = now - GRACE
    bounds = [latest - SPAN, uuid7_floor(now - _KEPT), latest, now - _KEPT]
    with platform_context(reason="learn how long texts are reported"), bulk_cursor() as cursor:
        cursor.execute(_SEEN_SQL.encode(), bounds)
        found = cursor.fetchall()
    counts: dict[int, list[Count]] = {}
    for route_id, is_one, messages, first_at, last_at in found:
        value = Parts.ONE if is_one else Parts.EACH
        counts.setdefault(route_id, []).append(Count(Habit.PARTS, value, messages, first_at, last_at, ""))
    add_counts(counts)
