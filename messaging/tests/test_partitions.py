from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kernel.db.partitions import Series, drop_before, ensure, existing
from kernel.domain.ids import uuid7_floor
from messaging.services.partitions import owner_connection

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
