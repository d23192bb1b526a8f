from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from reporting.ranges import period_of, rolling

INDIA, NEPAL, LONDON = ZoneInfo("Asia/Kolkata"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 25, 20, 10, tzinfo=UTC)  # already the 26th in India


def test_today_begins_at_midnight_of_the_zone() -> None:
    period = period_of("today", zone=INDIA, now=NOW)
    assert period.start == datetime(2026, 11, 25, 18, 30, tzinfo=UTC)
    assert period.first_day == period.last_day == date(2026, 11, 26)
    assert [at.hour for at in period.buckets()] == [0, 1]


def test_days_of_quarter_hour_zones_begin_on_a_quarter() -> None:
    assert period_of("today", zone=NEPAL, now=NOW).start == datetime(2026, 11, 25, 18, 15, tzinfo=UTC)


def test_seven_days_count_today_and_are_shown_by_the_hour() -> None:
    buckets = list(period_of("7d", zone=INDIA, now=NOW).buckets())
    assert buckets[0].isoformat() == "2026-11-20T00:00:00"
    assert len(buckets) == 6 * 24 + 2


def test_thirty_days_are_shown_by_the_day() -> None:
    buckets = list(period_of("30d", zone=INDIA, now=NOW).buckets())
    assert (len(buckets), buckets[-1].isoformat()) == (30, "2026-11-26T00:00:00")


@pytest.mark.parametrize(("last", "hours"), [("2026-03-29T22:30Z", 23), ("2026-10-25T23:30Z", 24)])
def test_days_of_a_clock_change_have_an_hour_less_or_one_that_stands_for_two(last: str, hours: int) -> None:
    buckets = list(period_of("today", zone=LONDON, now=datetime.fromisoformat(last)).buckets())
    assert len(buckets) == len(set(buckets)) == hours


@pytest.mark.parametrize("key", [None, "", "lost", "24h"])
def test_an_unknown_period_is_today(key: str | None) -> None:
    assert period_of(key, zone=INDIA, now=NOW).choice.key == "today"


def test_the_consoles_periods_roll_and_begin_on_a_quarter() -> None:
    period = rolling("7d", zone=ZoneInfo("UTC"), now=NOW + timedelta(seconds=5))
    assert period.start == datetime(2026, 11, 18, 20, 0, tzinfo=UTC)
    assert period.end == NOW + timedelta(seconds=5)
