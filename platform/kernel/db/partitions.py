"""Partitions by time: made ahead, attached without blocking readers, dropped when their time is over.

A partition is first created as a table of its own with the bound as a CHECK, then attached: `CREATE … PARTITION OF`
would wait for every open reader, ATTACH took 10 ms beside one (docs/adr/0004).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db.backends.base.base import BaseDatabaseWrapper

from kernel.domain.ids import uuid7_floor

EPOCH: Final = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday: weekly partitions begin on Mondays


@dataclass(frozen=True, slots=True)
class Series:
    """The partitions of one table.

    Args:
        parent: the partitioned table.
        days: width of one partition.
        by_id: bounds are UUIDv7 (the row's id), else timestamps.
        fillfactor: of each partition; 50 keeps updates on their page (docs/adr/0005).
    """

    parent: str
    days: int
    by_id: bool = True
    fillfactor: int = 100

    def name(self, start: datetime) -> str:
        return f"{self.parent}_{start:%Y%m%d}"

    def start_of(self, at: datetime) -> datetime:
        width = timedelta(days=self.days)
        return EPOCH + (at - EPOCH) // width * width

    def starts(self, first: datetime, last: datetime) -> Iterator[datetime]:
        start = self.start_of(first)
        while start <= last:
            yield start
            start += timedelta(days=self.days)

    def bound(self, at: datetime) -> str:
        return f"'{uuid7_floor(at)}'" if self.by_id else f"'{at.isoformat()}'"


def existing(connection: BaseDatabaseWrapper, parent: str) -> list[str]:
    """Names of the partitions of `parent`, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = %s::regclass ORDER BY c.relname",
            [parent],
        )
        return [name for (name,) in cursor.fetchall()]


def ensure(connection: BaseDatabaseWrapper, series: Series, *, first: datetime, last: datetime) -> list[str]:
    """Make every missing partition that covers [first, last]; returns the names made. Needs the owner's login."""
    have = set(existing(connection, series.parent))
    made = []
    for start in series.starts(first, last):
        if series.name(start) not in have:
            _make(connection, series, start)
            made.append(series.name(start))
    return made


def _make(connection: BaseDatabaseWrapper, series: Series, start: datetime) -> None:
    name, column = series.name(start), "id" if series.by_id else "at"
    lower, upper = series.bound(start), series.bound(start + timedelta(days=series.days))
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {name} (LIKE {series.parent} INCLUDING ALL, "
            f"CONSTRAINT {name}_bound CHECK ({column} >= {lower} AND {column} < {upper})) "
            f"WITH (fillfactor = {series.fillfactor})"
        )
        # A partition is reached through its parent only, where row-level security is checked.
        cursor.execute(f"REVOKE ALL ON {name} FROM dakiya_web, dakiya_worker, dakiya_tenant, dakiya_platform")
        cursor.execute(f"ALTER TABLE {series.parent} ATTACH PARTITION {name} FOR VALUES FROM ({lower}) TO ({upper})")
        cursor.execute(f"ALTER TABLE {name} DROP CONSTRAINT {name}_bound")


def drop_before(connection: BaseDatabaseWrapper, series: Series, limit: datetime) -> list[str]:
    """Drop every partition whose rows all are older than `limit`; needs the owner's login. Returns the names."""
    names = existing(connection, series.parent)
    old = [name for name in names if name < series.name(limit - timedelta(days=series.days - 1))]
    with connection.cursor() as cursor:
        for name in old:
            cursor.execute(f"DROP TABLE {name}")
    return old
