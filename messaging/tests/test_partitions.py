from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db.backends.base.base import BaseDatabaseWrapper

from kernel.db import partitions
from kernel.db.dsn import conninfo
from kernel.db.partitions import Series, covered_until, drop_before, ensure, existing
from kernel.db.tenancy import platform_context, scoped_connection
from kernel.domain.ids import uuid7_floor, uuid7_time, uuid7s
from messaging.services.partitions import days_ahead, make_partitions, owner_connection, retained

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)
START = datetime(2031, 1, 6, tzinfo=UTC)  # far from what the migrations made


@pytest.fixture
def series() -> Series:
    """A throwaway partitioned table."""
    with owner_connection() as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS shelf")
        cursor.execute("CREATE TABLE shelf (id uuid NOT NULL, tenant_id uuid NOT NULL) PARTITION BY RANGE (id)")
    return Series("shelf", days=7)


def test_missing_partitions_are_made_once_and_cover_the_span(series: Series) -> None:
    with owner_connection() as connection:
        assert ensure(connection, series, first=START, last=START + 8 * DAY) == ["shelf_20310106", "shelf_20310113"]
        assert ensure(connection, series, first=START, last=START + 8 * DAY) == []


def test_a_row_lands_in_the_week_of_its_id(series: Series) -> None:
    with owner_connection() as connection, connection.cursor() as cursor:
        ensure(connection, series, first=START, last=START + 8 * DAY)
        for at in (START, START + 7 * DAY - timedelta(milliseconds=1), START + 7 * DAY):
            cursor.execute("INSERT INTO shelf VALUES (%s, %s)", [uuid7_floor(at), uuid7_floor(at)])
        cursor.execute("SELECT tableoid::regclass::text, count(*) FROM shelf GROUP BY 1 ORDER BY 1")
        assert cursor.fetchall() == [("shelf_20310106", 2), ("shelf_20310113", 1)]


def test_only_partitions_that_are_over_are_dropped(series: Series) -> None:
    with owner_connection() as connection:
        ensure(connection, series, first=START, last=START + 15 * DAY)
        assert drop_before(connection, series, START + 7 * DAY - timedelta(seconds=1)) == []
        assert drop_before(connection, series, START + 7 * DAY) == ["shelf_20310106"]
        assert existing(connection, "shelf") == ["shelf_20310113", "shelf_20310120"]


def test_weeks_begin_on_mondays_for_ever(series: Series) -> None:
    assert {series.start_of(START + n * DAY).weekday() for n in range(1_000)} == {0}


@pytest.fixture
def reader() -> Iterator[psycopg.Connection]:
    """Somebody who looks at the shelf's row and then thinks about it, transaction open."""
    with closing(psycopg.connect(conninfo())) as connection:
        yield connection


def test_a_partition_is_attached_beside_an_open_reader(series: Series, reader: psycopg.Connection) -> None:
    with owner_connection() as connection:
        ensure(connection, series, first=START, last=START)
        reader.execute("SELECT count(*) FROM shelf")
        assert ensure(connection, series, first=START, last=START + 7 * DAY) == ["shelf_20310113"]


def test_a_partition_in_use_is_left_and_goes_with_the_next_run(
    series: Series, reader: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "LOCK_TIMEOUT", "20ms")
    with owner_connection() as connection:
        ensure(connection, series, first=START, last=START + 8 * DAY)
        reader.execute("SELECT count(*) FROM shelf")
        assert drop_before(connection, series, START + 7 * DAY) == []
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM shelf")  # nobody waits behind the attempt
        reader.rollback()
        assert drop_before(connection, series, START + 7 * DAY) == ["shelf_20310106"]


def test_a_table_detached_by_a_process_that_died_is_dropped(series: Series) -> None:
    with owner_connection() as connection, connection.cursor() as cursor:
        ensure(connection, series, first=START, last=START)
        cursor.execute("ALTER TABLE shelf DETACH PARTITION shelf_20310106")
        assert drop_before(connection, series, START + 7 * DAY) == ["shelf_20310106"]


def test_what_is_covered_ends_at_the_first_gap(series: Series) -> None:
    with owner_connection() as connection:
        assert covered_until(connection, series, START + DAY) == START + DAY
        ensure(connection, series, first=START, last=START)
        ensure(connection, series, first=START + 14 * DAY, last=START + 14 * DAY)
        assert covered_until(connection, series, START + DAY) == START + 7 * DAY


def test_every_message_table_has_four_weeks_ahead() -> None:
    now = datetime.now(UTC)
    with owner_connection() as connection:
        make_partitions(now)
        assert min(days_ahead(connection, now).values()) >= 28


def test_a_partition_that_nobody_analysed_yet_is_read_by_its_key() -> None:
    ids = uuid7s(500)
    with platform_context(reason="test"), scoped_connection().cursor() as cursor:
        cursor.execute(
            "EXPLAIN SELECT recipient FROM messages WHERE tenant_id = %s AND id = ANY(%s) AND id BETWEEN %s AND %s",
            [ids[0], ids, ids[0], ids[-1]],
        )
        ((first,), *_) = cursor.fetchall()
    assert "_pkey on messages_" in first


@pytest.mark.parametrize("kept", retained().items(), ids=lambda kept: kept[0].parent)
def test_a_year_passes(kept: tuple[Series, int]) -> None:
    """Every third day housekeeping runs; rows of all hours find a partition, and none goes before its time."""
    original, days = kept
    shelf = replace(original, parent="shelf", few=())
    kind = "uuid" if shelf.by_id else "timestamptz"
    with owner_connection() as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS shelf")
        cursor.execute(f"CREATE TABLE shelf ({shelf.column} {kind} NOT NULL) PARTITION BY RANGE ({shelf.column})")
        for day in range(0, 366, 3):
            now = START + day * DAY
            ensure(connection, shelf, first=now - DAY, last=now + 28 * DAY)
            drop_before(connection, shelf, now - days * DAY)
            assert covered_until(connection, shelf, now) > now + 28 * DAY
            written = [now + hours * timedelta(hours=1) for hours in range(0, 72, 8)]
            put(connection, shelf, written)
            assert oldest(connection, shelf) == max(START, oldest_kept(shelf, now, days))


def put(connection: BaseDatabaseWrapper, shelf: Series, written: list[datetime]) -> None:
    values = [uuid7_floor(at) if shelf.by_id else at for at in written]
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO shelf VALUES (%s)", [[value] for value in values])


def oldest(connection: BaseDatabaseWrapper, shelf: Series) -> datetime:
    """When the oldest row was written that is still there."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {shelf.column} FROM shelf ORDER BY 1 LIMIT 1")
        (value,) = cursor.fetchone()
    return uuid7_time(value) if shelf.by_id else value


def oldest_kept(shelf: Series, now: datetime, days: int) -> datetime:
    """The first row of the partition that is not wholly older than `days`: rows are written every eight hours."""
    return shelf.start_of(now - days * DAY)
