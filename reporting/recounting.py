"""The proof of the figures: roll-ups against the log they were folded from, and the log against the messages."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from kernel.db.models import Cursor
from kernel.db.tenancy import platform_context, scoped_connection
from kernel.domain.ids import uuid7_floor
from messaging.queries import SILENT_CODE
from messaging.services.retention import kept_since
from messaging.statuses import Status
from reporting.folding import COLUMNS_SQL, DELTAS_SQL, READER
from reporting.models import DIMENSIONS, SUMS
from tenants.queries import all_tenant_ids

# One transaction reads so many events, or the messages of so many days: every reader of the log waits for the oldest
# transaction (docs/adr/0007), hence none may be long.
EVENTS_PER_PAGE: Final = 10_000
_SLICE: Final = timedelta(days=1)

_KEYS: Final = ", ".join(DIMENSIONS)
_TOTALS: Final = ", ".join(f"sum({name})::bigint AS {name}" for name in SUMS)
_CURSOR_SQL: Final = f"SELECT xid, event_id FROM {Cursor._meta.db_table} WHERE reader = %s"  # noqa: S608
_PAGE_SQL: Final = """
SELECT max(id) FROM (
    SELECT id FROM message_events WHERE tenant_id = %s AND id > %s ORDER BY id LIMIT %s
) page"""
# Events up to a cursor are all there, for good: pages of them add up to what one statement would have counted.
_COUNTED_SQL: Final = f"""
WITH taken AS (
    SELECT {COLUMNS_SQL} FROM message_events e
    WHERE e.tenant_id = %s AND e.id > %s AND e.id <= %s AND (e.xid, e.id) <= (%s::text::xid8, %s) AND e.cohort_at >= %s
)
SELECT {_KEYS}, {_TOTALS} FROM ({DELTAS_SQL}) deltas GROUP BY {_KEYS}"""  # noqa: S608 - constants of ours
# What was folded since then, less the roll-ups. One statement, hence one snapshot: roll-ups and cursor change together.
_REST_SQL: Final = f"""
WITH taken AS (
    SELECT {COLUMNS_SQL} FROM message_events e JOIN {Cursor._meta.db_table} c ON c.reader = %s
    WHERE (e.xid, e.id) > (%s::text::xid8, %s) AND (e.xid, e.id) <= (c.xid::text::xid8, c.event_id)
      AND e.tenant_id = %s AND e.cohort_at >= %s
)
SELECT {_KEYS}, {_TOTALS} FROM (
    SELECT * FROM ({DELTAS_SQL}) deltas
    UNION ALL
    SELECT {_KEYS}, {", ".join(f"-{name}" for name in SUMS)} FROM reporting_rollup
    WHERE tenant_id = %s AND quarter >= %s
) both_sides GROUP BY {_KEYS}"""  # noqa: S608 - constants of ours
# Ends by the slice of time that the message's id lies in.
_LOGGED_SQL: Final = """
SELECT width_bucket(u.id, %(bounds)s::uuid[]) - 1, outcome, error_code, sum(sign)::bigint FROM (
    SELECT ids, outcome, error_code, 1 AS sign FROM message_events
    WHERE tenant_id = %(tenant)s AND id > %(after)s AND id <= %(upto)s AND kind IN (3, 4) AND at >= %(since)s
    UNION ALL
    SELECT ids, previous, %(silent)s, -1 FROM message_events
    WHERE tenant_id = %(tenant)s AND id > %(after)s AND id <= %(upto)s AND kind = 4 AND at >= %(since)s
) moved, unnest(ids) AS u (id) WHERE u.id >= (%(bounds)s::uuid[])[1] GROUP BY 1, 2, 3"""
_STORED_SQL: Final = """
SELECT status, coalesce(error_code, ''), count(*) FROM messages
WHERE tenant_id = %(tenant)s AND id >= %(first)s AND id < %(last)s AND status >= 50 GROUP BY 1, 2"""
# The same for one slice in one snapshot: traffic between the two above is no difference.
_SLICE_SQL: Final = """
SELECT outcome, error_code, sum(messages)::bigint FROM (
    SELECT status AS outcome, coalesce(error_code, '') AS error_code, count(*) AS messages
    FROM messages WHERE tenant_id = %(tenant)s AND id >= %(first)s AND id < %(last)s AND status >= 50 GROUP BY 1, 2
    UNION ALL
    SELECT e.outcome, e.error_code, -count(*) FROM message_events e, unnest(e.ids) AS u (id)
    WHERE e.tenant_id = %(tenant)s AND e.kind IN (3, 4) AND e.at >= %(since)s
      AND u.id >= %(first)s AND u.id < %(last)s GROUP BY 1, 2
    UNION ALL
    SELECT e.previous, %(silent)s, count(*) FROM message_events e, unnest(e.ids) AS u (id)
    WHERE e.tenant_id = %(tenant)s AND e.kind = 4 AND e.at >= %(since)s
      AND u.id >= %(first)s AND u.id < %(last)s GROUP BY 1, 2
) both_sides GROUP BY outcome, error_code HAVING sum(messages) <> 0
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that is not what was recounted. `excess` is recounted less found: < 0 is too much."""

    tenant_id: UUID
    between: str
    where: str
    excess: dict[str, int]

    def __str__(self) -> str:
        sums = ", ".join(f"{name} {value:+d}" for name, value in self.excess.items() if value)
        return f"tenant {self.tenant_id}, {self.between}: {self.where}: {sums}"


def recount(*, since: datetime, now: datetime) -> list[Difference]:
    """Every difference of every tenant, in many short transactions beside running traffic.

    Args:
        since: messages accepted from then on are held against the log; roll-ups are recounted over all of the log
            that is kept.
    """
    kept = kept_since(now)
    return [
        found
        for tenant_id in all_tenant_ids()
        for found in (*_rollup_differences(tenant_id, kept), *_message_differences(tenant_id, max(since, kept), now))
    ]


def _rollup_differences(tenant_id: UUID, kept: datetime) -> Iterator[Difference]:
    ((xid, event_id),) = _rows(_CURSOR_SQL, [READER]) or [(0, 0)]
    totals: dict[tuple[Any, ...], list[int]] = {}
    for after, upto in _pages(tenant_id):
        _add(totals, _rows(_COUNTED_SQL, [tenant_id, after, upto, xid, event_id, kept, SILENT_CODE]))
    _add(totals, _rows(_REST_SQL, [READER, xid, event_id, tenant_id, kept, SILENT_CODE, tenant_id, kept]))
    for key, sums in totals.items():
        if any(sums):
            where = _where(dict(zip(DIMENSIONS, key, strict=True)))
            yield Difference(tenant_id, "roll-ups and log", where, dict(zip(SUMS, sums, strict=True)))


def _pages(tenant_id: UUID) -> Iterator[tuple[int, int]]:
    """The log of a tenant in spans of ids (after, upto]."""
    after = 0
    while (upto := _rows(_PAGE_SQL, [tenant_id, after, EVENTS_PER_PAGE])[0][0]) is not None:
        yield after, upto
        after = upto


def _add(totals: dict[tuple[Any, ...], list[int]], rows: Iterable[tuple[Any, ...]]) -> None:
    for row in rows:
        key, sums = row[: len(DIMENSIONS)], row[len(DIMENSIONS) :]
        known = totals.get(key)
        totals[key] = list(sums) if known is None else [old + new for old, new in zip(known, sums, strict=True)]


def _message_differences(tenant_id: UUID, since: datetime, now: datetime) -> Iterator[Difference]:
    """Both sides by slices of time in short statements; a slice that seems to differ is asked again in one snapshot."""
    starts = [since + number * _SLICE for number in range((now - since) // _SLICE + 1)]
    logged = _logged(tenant_id, starts) if starts else {}
    for number, start in enumerate(starts):
        named = {
            "tenant": tenant_id,
            "since": start,
            "first": uuid7_floor(start),
            "last": uuid7_floor(start + _SLICE),
            "silent": SILENT_CODE,
        }
        stored = Counter({(outcome, code): count for outcome, code, count in _rows(_STORED_SQL, named)})
        if all(stored[key] == logged[number][key] for key in {*stored, *logged[number]}):
            continue
        for outcome, error_code, messages in _rows(_SLICE_SQL, named):
            where = f"{Status(outcome).label} {error_code}".rstrip()
            yield Difference(tenant_id, "log and messages", where, {"messages": messages})


def _logged(tenant_id: UUID, starts: Sequence[datetime]) -> Mapping[int, Counter[tuple[int, str]]]:
    """Number of the slice → (outcome, code) → messages, by the log."""
    bounds = [uuid7_floor(start) for start in starts]
    found: dict[int, Counter[tuple[int, str]]] = defaultdict(Counter)
    for after, upto in _pages(tenant_id):
        named = {
            "tenant": tenant_id,
            "after": after,
            "upto": upto,
            "since": starts[0],
            "bounds": bounds,
            "silent": SILENT_CODE,
        }
        for number, outcome, error_code, messages in _rows(_LOGGED_SQL, named):
            found[number][outcome, error_code] += messages
    return found


def _rows(statement: str, parameters: Any) -> list[tuple[Any, ...]]:
    """The answer to one statement, in a transaction of its own."""
    with platform_context(reason="recount roll-ups"), scoped_connection().cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _where(values: dict[str, Any]) -> str:
    told = {**values, "outcome": Status(values["outcome"]).label, "quarter": f"{values['quarter']:%Y-%m-%dT%H:%M}"}
    return " ".join(f"{name}={told[name]}" for name in DIMENSIONS[1:] if told[name] not in (None, ""))
