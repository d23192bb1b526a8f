"""Partitions by time: made ahead, attached without blocking readers, dropped when their time is over.

A partition is first created as a table of its own with the bound as a CHECK, then attached: `CREATE … PARTITION OF`
would wait for every open reader, ATTACH took 10 ms beside one (docs/adr/0004). No statement here waits long for a
lock, since whoever comes behind it would wait too: it gives up and tries again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.errors import LockNotAvailable

from kernel.domain.ids import uuid7_floor

logger = logging.getLogger(__name__)

EPOCH: Final = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday: weekly partitions begin on Mondays
LOCK_TIMEOUT: Final = "2s"
TRIES: Final = 5
_STATISTICS_VERSION: Final = (18, 0)  # the first PostgreSQL that takes statistics
_PARTITIONS_SQL: Final = """
SELECT c.relname, i.inhdetachpending FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = %s::regclass ORDER BY c.relname"""
# What was detached by a process that died before its DROP is a table like any other.
_TABLES_SQL: Final = """
SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND NOT c.relispartition AND c.relname ~ %s
  AND pg_table_is_visible(c.oid)"""


class PartitionsBusy(RuntimeError):
    def __init__(self, parent: str) -> None:
        super().__init__(f"no partition could be attached to {parent}: somebody holds a lock on it all the time")


@dataclass(frozen=True, slots=True)
class Series:
    """The partitions of one table.

    Args:
        parent: the partitioned table.
        days: width of one partition.
        by_id: bounds are UUIDv7 (the row's id), else timestamps.
        fillfactor: of each partition; 50 keeps updates on their page (docs/adr/0005).
        column: what it is partitioned by.
        few: columns of which a partition has few values.
    """

    parent: str
    days: int
    by_id: bool = True
    fillfactor: int = 100
    column: str = "id"
    few: tuple[str, ...] = ()

    def name(self, start: datetime) -> str:
        return f"{self.parent}_{start:%Y%m%d}"

    def start_of(self, at: datetime) -> datetime:
        width = timedelta(days=self.days)
        return EPOCH + (at - EPOCH) // width * width

    def end_of(self, name: str) -> datetime:
        """The first instant that the partition of this name does not cover."""
        start = datetime.strptime(name.removeprefix(f"{self.parent}_"), "%Y%m%d").replace(tzinfo=UTC)
        return start + timedelta(days=self.days)

    def starts(self, first: datetime, last: datetime) -> Iterator[datetime]:
        start = self.start_of(first)
        while start <= last:
            yield start
            start += timedelta(days=self.days)

    def bounds(self, start: datetime) -> tuple[str, str]:
        """SQL literals of the first value that belongs to the partition and the first that does not."""
        ends = (start, start + timedelta(days=self.days))
        lower, upper = (f"'{uuid7_floor(at)}'" if self.by_id else f"'{at.isoformat()}'" for at in ends)
        return lower, upper


def existing(connection: BaseDatabaseWrapper, parent: str) -> list[str]:
    """Names of the partitions of `parent`, oldest first; one that is being detached counts until it is gone."""
    return list(_attached(connection, parent))


def ensure(connection: BaseDatabaseWrapper, series: Series, *, first: datetime, last: datetime) -> list[str]:
    """Make every missing partition that covers [first, last]; returns the names made. Needs the owner's login."""
    have = set(existing(connection, series.parent))
    missing = [start for start in series.starts(first, last) if series.name(start) not in have]
    for start in missing:
        # Sent as one text, hence one transaction: a table that nobody attached would be in the way for ever.
        steps = [create_sql(series, start), *_first_statistics(connection, series, start), attach_sql(series, start)]
        statement = "; ".join(steps)
        if not any(_has_run(connection, statement) for _ in range(TRIES)):
            raise PartitionsBusy(series.parent)
    return [series.name(start) for start in missing]


def covered_until(connection: BaseDatabaseWrapper, series: Series, now: datetime) -> datetime:
    """The first instant from `now` on that has no partition; `now` itself when nothing covers it."""
    have, end = set(existing(connection, series.parent)), now
    while series.name(series.start_of(end)) in have:
        end = series.start_of(end) + timedelta(days=series.days)
    return end


def create_sql(series: Series, start: datetime, *, like: str = "INCLUDING ALL") -> str:
    """The table of a partition, with its bound as a CHECK, so that attaching it need not read it."""
    name, (lower, upper) = series.name(start), series.bounds(start)
    return (
        f"CREATE TABLE {name} (LIKE {series.parent} {like}, CONSTRAINT {name}_bound "
        f"CHECK ({series.column} >= {lower} AND {series.column} < {upper})) WITH (fillfactor = {series.fillfactor}); "
        # A partition is reached through its parent only, where row-level security is checked.
        f"REVOKE ALL ON {name} FROM dakiya_web, dakiya_worker, dakiya_tenant, dakiya_platform"
    )


def _first_statistics(connection: BaseDatabaseWrapper, series: Series, start: datetime) -> list[str]:
    """What the planner believes until the first ANALYZE: by itself, that one value is one row of two hundred.

    It would look 500 ids of one tenant up by reading all rows of that tenant in another index that ends in the id.
    """
    if connection.get_database_version() < _STATISTICS_VERSION:
        return []
    return [
        f"SELECT pg_restore_attribute_stats('schemaname', current_schema()::text, 'relname', '{series.name(start)}', "
        f"'attname', '{column}', 'inherited', false, 'null_frac', 0::real, 'n_distinct', 2::real)"
        for column in series.few
    ]


def attach_sql(series: Series, start: datetime) -> str:
    """Make the table a partition; indexes of the parent that it lacks are built by this."""
    name, (lower, upper) = series.name(start), series.bounds(start)
    return (
        f"ALTER TABLE {series.parent} ATTACH PARTITION {name} FOR VALUES FROM ({lower}) TO ({upper}); "
        f"ALTER TABLE {name} DROP CONSTRAINT {name}_bound"
    )


def drop_before(connection: BaseDatabaseWrapper, series: Series, limit: datetime) -> list[str]:
    """Drop every partition whose rows all are older than `limit`; needs the owner's login. Returns the names.

    One that somebody reads all the time is left to the next call. Not inside a transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TABLES_SQL, [f"^{series.parent}_[0-9]{{8}}$"])
        names = {*existing(connection, series.parent), *(name for (name,) in cursor.fetchall())}
    old = [name for name in sorted(names) if series.end_of(name) <= limit]
    return [name for name in old if _is_dropped(connection, series.parent, name)]


def _is_dropped(connection: BaseDatabaseWrapper, parent: str, name: str) -> bool:
    """CONCURRENTLY lets readers of the other partitions be; when it gave up half-way, FINALIZE does the rest."""
    for _ in range(TRIES):
        is_pending = _attached(connection, parent).get(name)
        if is_pending is None:
            if _has_run(connection, f"DROP TABLE IF EXISTS {name}"):
                return True
        else:
            how = "FINALIZE" if is_pending else "CONCURRENTLY"
            _has_run(connection, f"ALTER TABLE {parent} DETACH PARTITION {name} {how}")
    logger.warning("%s is in use and could not be dropped; the next run tries again", name)
    return False


def _has_run(connection: BaseDatabaseWrapper, statements: str) -> bool:
    """False when a lock was not to be had in time; nothing has changed then, or a detach is pending."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        try:
            cursor.execute(statements)
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                return False
            raise
        finally:
            cursor.execute("RESET lock_timeout")
    return True


def _attached(connection: BaseDatabaseWrapper, parent: str) -> dict[str, bool]:
    """Name → whether it is half detached."""
    with connection.cursor() as cursor:
        cursor.execute(_PARTITIONS_SQL, [parent])
        return dict(cursor.fetchall())
