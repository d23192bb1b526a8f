"""From the message log to the roll-ups, by cursor: every event counts once, whoever folds and whenever it dies."""

from __future__ import annotations

from typing import Any, Final

from kernel.db.events import SPAN_SQL, Span, advance, reading
from kernel.db.tenancy import platform_context, scoped_connection
from messaging.queries import SILENT_CODE
from reporting.models import DIMENSIONS, SUMS

READER: Final = "reporting.rollups"
EVENTS_PER_FOLD: Final = 20_000
MAX_ROUNDS: Final = 50

_KEYS: Final = ", ".join(DIMENSIONS)
_TOTALS: Final = ", ".join(f"sum({name})::bigint AS {name}" for name in SUMS)
_ADDED: Final = ", ".join(f"{name} = reporting_rollup.{name} + excluded.{name}" for name in SUMS)

# All but the ids, which may be large and are nobody's business here.
COLUMNS_SQL: Final = """
    e.tenant_id, e.kind, e.cohort_at, e.traffic_class, e.source, e.destination, e.route_id, e.campaign_id, e.outcome,
    e.previous, e.error_code, e.messages, e.segments, e.charged_micros, e.cost_micros, e.latency_ms"""
# The events of a WHERE clause as signed deltas: a correction takes its messages away from where they were. No money
# moves with them, so charges stay with the outcome that caused them.
DELTAS_SQL: Final = """
    SELECT tenant_id, date_bin('15 minutes', cohort_at, '2000-01-01T00:00Z') AS quarter, traffic_class, source,
        destination, route_id, campaign_id, outcome, error_code,
        messages, segments, charged_micros, cost_micros, latency_ms
    FROM taken
    UNION ALL
    SELECT tenant_id, date_bin('15 minutes', cohort_at, '2000-01-01T00:00Z'), traffic_class, source,
        destination, route_id, campaign_id, previous, %s, -messages, -segments, 0, 0, 0
    FROM taken WHERE kind = 4
"""
_LAST_SQL: Final = f"""
SELECT taken.xid::text::bigint, taken.id FROM (
    SELECT e.xid, e.id FROM message_events e WHERE {SPAN_SQL} ORDER BY e.xid, e.id LIMIT %s
) taken ORDER BY taken.xid DESC, taken.id DESC LIMIT 1"""  # noqa: S608 - constants of ours, values are parameters
# Ids are never looked up, so PostgreSQL may make them.
_FOLD_SQL: Final = f"""
WITH taken AS (
    SELECT {COLUMNS_SQL} FROM message_events e
    WHERE (e.xid, e.id) > (%s::text::xid8, %s) AND (e.xid, e.id) <= (%s::text::xid8, %s)
)
INSERT INTO reporting_rollup (id, {_KEYS}, {", ".join(SUMS)})
SELECT gen_random_uuid(), {_KEYS}, {_TOTALS} FROM ({DELTAS_SQL}) deltas GROUP BY {_KEYS}
ON CONFLICT ({_KEYS}) DO UPDATE SET {_ADDED}"""  # noqa: S608 - constants of ours, values are parameters


def fold(*, limit: int = EVENTS_PER_FOLD) -> bool:
    """Add the next events to the roll-ups, in one transaction; True when there may be more.

    Two folders at a time take turns on the cursor's row; what a killed one had not committed is folded again.
    """
    with platform_context(reason="fold message events into roll-ups"), reading(READER) as span:
        last = _last(span, limit)
        if last is None:
            return False
        parameters: list[Any] = [span.xid, span.event_id, *last, SILENT_CODE]
        with scoped_connection().cursor() as cursor:
            cursor.execute(_FOLD_SQL, parameters)
        advance(READER, xid=last[0], event_id=last[1])
        return True


def fold_all(*, limit: int = EVENTS_PER_FOLD) -> int:
    """Fold until nothing is left, but not for ever; returns the rounds that found events."""
    for number in range(MAX_ROUNDS):
        if not fold(limit=limit):
            return number
    return MAX_ROUNDS


def _last(span: Span, limit: int) -> tuple[int, int] | None:
    with scoped_connection().cursor() as cursor:
        cursor.execute(_LAST_SQL, [span.xid, span.event_id, span.horizon, limit])
        row: tuple[int, int] | None = cursor.fetchone()
        return row
