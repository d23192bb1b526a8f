"""Recounting from the messages: ledger, event log and message rows tell one story, or this says where not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from billing.audit import Difference, audit_books, batch_books
from kernel.db.tenancy import scoped_connection
from kernel.domain.clock import utc_now
from kernel.domain.ids import uuid7_floor
from messaging.services.retention import kept_since
from messaging.statuses import FINAL_FROM, EventKind

_PAUSED_AT_MOST: Final = timedelta(days=60)
_BATCH_SQL: Final = f"""
SELECT batch_id, count(*), sum(price_micros)::bigint, count(*) FILTER (WHERE status < {FINAL_FROM})
FROM messages WHERE tenant_id = %s AND id >= %s AND batch_id IS NOT NULL GROUP BY batch_id"""  # noqa: S608 - constants of ours
_CHARGED_SQL: Final = """
SELECT batch_id, sum(charged_micros)::bigint FROM message_events
WHERE tenant_id = %s AND charged_micros <> 0 GROUP BY batch_id"""
# Beside the edge of what is kept, an event counts those of its messages that are; a campaign's ids are older than its
# events, by as long as it was paused.
_OUTCOME_SQL: Final = f"""
WITH ended AS (
    SELECT kind, outcome, previous, CASE WHEN cohort_at >= %(edge)s THEN messages
        ELSE (SELECT count(*) FROM unnest(ids) AS u (id) WHERE u.id >= %(first)s) END AS messages
    FROM message_events WHERE tenant_id = %(tenant)s AND kind = ANY(%(ends)s) AND cohort_at >= %(since)s
), logged AS (
    SELECT outcome AS status, sum(messages) AS messages FROM (
        SELECT outcome, messages FROM ended
        UNION ALL
        SELECT previous, -messages FROM ended WHERE kind = {EventKind.CORRECTED}
    ) moved GROUP BY outcome
), stored AS (
    SELECT status, count(*) AS messages FROM messages
    WHERE tenant_id = %(tenant)s AND id >= %(first)s AND status >= {FINAL_FROM} GROUP BY status
)
SELECT coalesce(s.messages, 0)::bigint, coalesce(l.messages, 0)::bigint FROM stored s FULL JOIN logged l USING (status)
WHERE coalesce(s.messages, 0) <> coalesce(l.messages, 0)"""  # noqa: S608 - constants of ours


def audit_tenant(tenant_id: UUID, *, since: datetime | None = None) -> list[Difference]:
    """Every difference in one tenant's books, in a platform or the tenant's own context.

    Beyond billing's own sums: a batch holds the price of exactly its messages, has no more open than its messages
    still wait for, what events say was charged is what the ledger charged, and every outcome in the event log is the
    outcome of that many rows.

    Args:
        since: messages accepted from then on are compared; those that are complete, if left out (docs/adr/0014).
    """
    since = since or kept_since(utc_now())
    first = uuid7_floor(since)
    differences = list(audit_books(tenant_id))
    stored = {
        batch: (messages, micros, waiting) for batch, messages, micros, waiting in _rows(_BATCH_SQL, [tenant_id, first])
    }
    charged: dict[UUID, int] = dict(_rows(_CHARGED_SQL, [tenant_id]))
    for book in batch_books(tenant_id):
        if book.batch_id not in stored:
            continue
        messages, micros, waiting = stored[book.batch_id]
        found = (
            Difference("held_messages", book.batch_id, messages, book.held_messages),
            Difference("held_price", book.batch_id, micros, book.held_micros),
            Difference("charged", book.batch_id, charged.get(book.batch_id, 0), book.charged_micros),
            Difference("open_beyond_waiting", book.batch_id, min(waiting, book.open_messages), book.open_messages),
        )
        differences += [each for each in found if each.expected != each.found]
    ends = [int(EventKind.FINAL), int(EventKind.CORRECTED)]
    named = {"tenant": tenant_id, "ends": ends, "since": since, "first": first, "edge": since + _PAUSED_AT_MOST}
    differences += [
        Difference("outcomes", tenant_id, stored_count, logged) for stored_count, logged in _rows(_OUTCOME_SQL, named)
    ]
    return differences


def _rows(sql: str, parameters: Any) -> list[tuple[Any, ...]]:
    with scoped_connection().cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
