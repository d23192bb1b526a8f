"""Local times that exist once, twice or never."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from campaigns.errors import ScheduleProblem
from campaigns.services.scheduling import check_future, check_not_after, instant_of, zone_of

BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")
NOW = datetime(2026, 11, 25, 6, 30, tzinfo=UTC)


def test_an_ordinary_time_is_one_instant() -> None:
    assert instant_of(local=datetime(2026, 11, 25, 12, 0), zone=KOLKATA) == NOW  # noqa: DTZ001 - a wall clock


def test_the_hour_that_a_clock_change_skips_does_not_exist() -> None:
    with pytest.raises(ScheduleProblem, match="does not exist") as refused:
        instant_of(local=datetime(2027, 3, 28, 2, 30), zone=BERLIN)  # noqa: DTZ001 - a wall clock
    assert refused.value.code == "time_skipped"
    assert refused.value.remedy == "Choose 01:30 or 03:30 instead."
    assert refused.value.context["suggestions"] == ["2027-03-28T01:30", "2027-03-28T03:30"]


def test_the_hour_that_comes_twice_asks_which_one_is_meant() -> None:
    local = datetime(2027, 10, 31, 2, 30)  # noqa: DTZ001 - a wall clock
    with pytest.raises(ScheduleProblem, match="happens twice") as refused:
        instant_of(local=local, zone=BERLIN)
    assert "first or the second" in refused.value.remedy
    first = instant_of(local=local, zone=BERLIN, occurrence="first")
    second = instant_of(local=local, zone=BERLIN, occurrence="second")
    assert (first, second - first) == (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), timedelta(hours=1))


@pytest.mark.parametrize(("hours", "code"), [(-1, "time_past"), (24 * 400, "time_too_far")])
def test_a_time_that_is_over_or_far_away_is_refused(hours: int, code: str) -> None:
    with pytest.raises(ScheduleProblem) as refused:
        check_future(send_at=NOW + timedelta(hours=hours), now=NOW, zone=KOLKATA)
    assert refused.value.code == code
    assert refused.value.remedy.startswith("Choose a")


def test_the_end_comes_after_the_beginning() -> None:
    with pytest.raises(ScheduleProblem, match="before it begins"):
        check_not_after(not_after=NOW, send_at=NOW, zone=KOLKATA)


def test_an_end_that_outlives_the_messages_rows_is_refused() -> None:
    with pytest.raises(ScheduleProblem, match="more than a year after"):
        check_not_after(not_after=NOW + timedelta(days=367), send_at=NOW, zone=KOLKATA)


@pytest.mark.parametrize("name", ["", "Mars/Base", "../etc/passwd", "Asia/Kolkata\0"])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(ScheduleProblem, match="no time zone"):
        zone_of(name)
