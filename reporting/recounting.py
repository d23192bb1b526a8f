"""The proof of the figures: roll-ups against the log they were folded from, and the log against the messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from kernel.db.models import Cursor
from kernel.db.tenancy import platform_context, scoped_connection
from kernel.domain.ids import uuid7_floor
from messaging.queries import SILENT_CODE
from messaging.statuses import Status
from reporting.folding import COLUMNS_SQL, DELTAS_SQL, READER
from reporting.models import DIMENSIONS, SUMS
from tenants.queries import all_tenant_ids

_KEYS: Final = ", ".join(DIMENSIONS)
_COUNTED: Final = ", ".join(f"sum({name} * sign)::bigint AS {name}" for name in SUMS)
_DIFFER: Final = " OR ".join(f"sum({name} * sign) <> 0" for name in SUMS)
# One statement, hence one snapshot: roll-ups and cursor change together, so events up to the cursor are exactly theirs.
_ROLLUPS_SQL: Final = f"""
WITH taken AS (
    SELECT {COLUMNS_SQL} FROM message_events e JOIN {Cursor._meta.db_table} c ON c.reader = %s
    WHERE e.tenant_id = %s AND (e.xid, e.id) <= (c.xid::text::xid8, c.event_id)
)
SELECT {_KEYS}, {_COUNTED} FROM (
    SELECT *, 1 AS sign FROM ({DELTAS_SQL}) deltas
    UNION ALL
    SELECT {_KEYS}, {", ".join(SUMS)}, -1 FROM reporting_rollup WHERE tenant_id = %s
) both_sides GROUP BY {_KEYS} HAVING {_DIFFER}"""  # noqa: S608 - constants of ours, values are parameters
_MESSAGES_SQL: Final = """
SELECT outcome, error_code, sum(messages)::bigint FROM (
    SELECT status AS outcome, coalesce(error_code, '') AS error_code, count(*) AS messages
    FROM messages WHERE tenant_id = %(tenant)s AND id >= %(first)s AND status >= 50 GROUP BY 1, 2
    UNION ALL
    SELECT e.outcome, e.error_code, -count(*) FROM message_events e, unnest(e.ids) AS u (id)
    WHERE e.tenant_id = %(tenant)s AND e.kind IN (3, 4) AND e.at >= %(since)s AND u.id >= %(first)s GROUP BY 1, 2
    UNION ALL
    SELECT e.previous, %(silent)s, count(*) FROM message_events e, unnest(e.ids) AS u (id)
    WHERE e.tenant_id = %(tenant)s AND e.kind = 4 AND e.at >= %(since)s AND u.id >= %(first)s GROUP BY 1, 2
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


def recount(*, since: datetime) -> list[Difference]:
    """Every difference of every tenant; a short transaction for each, so that nothing waits for a long one.

    Args:
        since: messages accepted from then on are held against the log; roll-ups are recounted over the whole log.
    """
    return [found for tenant_id in all_tenant_ids() for found in _differences(tenant_id, since)]


def _differences(tenant_id: UUID, since: datetime) -> Iterator[Difference]:
    with platform_context(reason="recount roll-ups"), scoped_connection().cursor() as cursor:
        parameters: list[Any] = [READER, tenant_id, SILENT_CODE, tenant_id]
        cursor.execute(_ROLLUPS_SQL, parameters)
        for row in cursor.fetchall():
            values = dict(zip((*DIMENSIONS, *SUMS), row, strict=True))
            excess = {name: values[name] for name in SUMS}
            yield Difference(tenant_id, "roll-ups and log", _where(values), excess)
        named: dict[str, Any] = {
            "tenant": tenant_id,
            "since": since,
            "first": uuid7_floor(since),
            "silent": SILENT_CODE,
        }
        cursor.execute(_MESSAGES_SQL, named)
        for outcome, error_code, messages in cursor.fetchall():
            where = f"{Status(outcome).label} {error_code}".rstrip()
            yield Difference(tenant_id, "log and messages", where, {"messages": messages})


def _where(values: dict[str, Any]) -> str:
    told = {**values, "outcome": Status(values["outcome"]).label, "quarter": f"{values['quarter']:%Y-%m-%dT%H:%M}"}
    return " ".join(f"{name}={told[name]}" for name in DIMENSIONS[1:] if told[name] not in (None, ""))
