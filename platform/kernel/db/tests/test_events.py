"""The cursor of an event log reads nothing twice and misses nothing, whatever the order of the commits."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest

from kernel.db.bulk import bulk_cursor
from kernel.db.dsn import conninfo
from kernel.db.events import SPAN_SQL, advance, reading
from kernel.db.tenancy import platform_context
from kernel.domain.ids import uuid7
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 25, tzinfo=UTC)
WRITE = """INSERT INTO message_events (tenant_id, at, kind, traffic_class, source, destination, outcome, error_code,
    messages, segments, charged_micros, cost_micros, latency_ms, cohort_at, ids)
VALUES (%s, %s, 1, 1, 1, '', 20, '', 1, 1, 0, 0, 0, %s, '{}') RETURNING id"""


def read() -> list[int]:
    """What a reader named "test" takes now."""
    with platform_context(reason="test"), reading("test") as span, bulk_cursor() as cursor:
        cursor.execute(
            f"SELECT e.id, e.xid::text::bigint FROM message_events e WHERE {SPAN_SQL} ORDER BY e.xid, e.id",
            [str(span.xid), span.event_id, str(span.horizon)],
        )
        rows = cursor.fetchall()
        if rows:
            advance("test", xid=rows[-1][1], event_id=rows[-1][0])
    return [row[0] for row in rows]


class Writer:
    """A transaction of its own that writes one event."""

    def __init__(self, tenant_id: UUID) -> None:
        self.connection = psycopg.connect(conninfo())
        self.connection.execute("SELECT set_config('role', 'dakiya_platform', true)")
        row = self.connection.execute(WRITE, [tenant_id, AT, AT]).fetchone()
        assert row is not None
        self.event_id: int = row[0]

    def end(self, *, is_kept: bool = True) -> None:
        (self.connection.commit if is_kept else self.connection.rollback)()
        self.connection.close()


@pytest.fixture
def tenant_id() -> UUID:
    return uuid7()


def read_until(count: int) -> list[int]:
    """The next `count` events; a transaction in another test's database may hold the horizon back for a while."""
    found: list[int] = []

    def is_enough() -> bool:
        found.extend(read())
        return len(found) >= count

    until(is_enough, 60)
    return found


def test_an_event_is_read_once(tenant_id: UUID) -> None:
    writer = Writer(tenant_id)
    writer.end()
    assert read_until(1) == [writer.event_id]
    assert read() == []


def test_a_lower_number_that_commits_later_is_not_lost(tenant_id: UUID) -> None:
    slow, fast = Writer(tenant_id), Writer(tenant_id)
    fast.end()
    # Nothing may be read past a transaction that is still running: it could commit behind the cursor.
    assert read() == []
    slow.end()
    assert read_until(2) == [slow.event_id, fast.event_id]


def test_an_event_that_was_rolled_back_is_never_read(tenant_id: UUID) -> None:
    lost, kept = Writer(tenant_id), Writer(tenant_id)
    lost.end(is_kept=False)
    kept.end()
    assert read_until(1) == [kept.event_id]


def test_a_reader_that_fails_reads_the_same_again(tenant_id: UUID) -> None:
    writer = Writer(tenant_id)
    writer.end()

    def fail() -> None:
        with platform_context(reason="test"), reading("test") as span:
            advance("test", xid=span.horizon, event_id=writer.event_id)
            raise RuntimeError("midway")

    with pytest.raises(RuntimeError, match="midway"):
        fail()
    assert read_until(1) == [writer.event_id]
