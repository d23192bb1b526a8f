"""Watches the log for what operators' scrubbing refuses, and hands compliance what is refused repeatedly.

One refusal says little: operators' copies of the register lag behind. Three of one kind about one record within ten
minutes are believed. Nothing is done per message: rows of the log are.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from compliance.services.scrubbed import ENTITY, HEADER, SUSPENDING, suspend_scrubbed
from kernel.db.events import SPAN_SQL, advance, reading
from kernel.db.tenancy import current_tenant_id, platform_context, scoped_connection, tenant_context
from messaging.statuses import Status

READER: Final = "scrubbing"
AT_ONCE: Final = 20_000
WITHIN: Final = timedelta(minutes=10)
ENOUGH: Final = 3
# The newest rows of the log of one tenant and outcome that are looked at: more than ten minutes have, but for few.
NEWEST: Final = 2_000
_OUTCOMES: Final = [int(each) for each in (Status.REJECTED, Status.UNDELIVERED, Status.FAILED)]
_NEW_SQL: Final = f"""
WITH new AS MATERIALIZED (
    SELECT e.xid, e.id, e.tenant_id, e.error_code FROM message_events e WHERE {SPAN_SQL} ORDER BY e.xid, e.id LIMIT %s)
SELECT (SELECT row(xid::text::bigint, id)::text FROM new ORDER BY xid DESC, id DESC LIMIT 1),
    (SELECT count(*) FROM new), (SELECT array_agg(DISTINCT tenant_id) FROM new WHERE error_code = ANY(%s))
"""  # noqa: S608 - constants of ours
_REFUSED_SQL: Final = """
SELECT r.error_code, CASE r.error_code WHEN %(entity)s THEN b.dlt_entity_id WHEN %(header)s THEN b.sender
    ELSE b.template_id::text END AS key, sum(r.messages)::bigint
FROM unnest(%(outcomes)s::int2[]) AS o (outcome) CROSS JOIN LATERAL (
    SELECT e.batch_id, e.error_code, e.messages, e.at FROM message_events e
    WHERE e.tenant_id = %(tenant)s AND e.outcome = o.outcome ORDER BY e.id DESC LIMIT %(newest)s) r
JOIN batches b ON b.tenant_id = %(tenant)s AND b.id = r.batch_id
WHERE r.at >= %(since)s AND r.error_code = ANY(%(codes)s)
GROUP BY 1, 2 HAVING sum(r.messages) >= %(enough)s
"""


def watch(now: datetime) -> int:
    """Look at what is new in the log; returns how many registrations were suspended. Call outside contexts."""
    tenants: set[UUID] = set()
    while True:
        with platform_context(reason="look for what operators' scrubbing refuses"):
            count, found = _new()
        tenants |= found
        if count < AT_ONCE:
            break
    return sum(_suspend(tenant_id, now) for tenant_id in sorted(tenants))


def _new() -> tuple[int, set[UUID]]:
    with reading(READER) as span, scoped_connection().cursor() as cursor:
        cursor.execute(_NEW_SQL, [span.xid, span.event_id, span.horizon, AT_ONCE, list(SUSPENDING)])
        last, count, tenants = cursor.fetchone()
        if last is not None:
            xid, event_id = last.strip("()").split(",")
            advance(READER, xid=int(xid), event_id=int(event_id))
    return count, set(tenants or ())


def _suspend(tenant_id: UUID, now: datetime) -> int:
    with tenant_context(tenant_id):
        with scoped_connection().cursor() as cursor:
            cursor.execute(
                _REFUSED_SQL,
                {
                    "tenant": current_tenant_id(),
                    "entity": ENTITY,
                    "header": HEADER,
                    "outcomes": _OUTCOMES,
                    "newest": NEWEST,
                    "since": now - WITHIN,
                    "codes": list(SUSPENDING),
                    "enough": ENOUGH,
                },
            )
            rows = cursor.fetchall()
        found = [suspend_scrubbed(code=code, key=key, refused=count, now=now) for code, key, count in rows if key]
    return sum(map(len, found))
