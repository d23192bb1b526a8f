"""SMPP time strings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.smpp.errors import LocalProtocolError
from kernel.smpp.times import format_absolute, format_relative, parse_time

INDIA = timezone(timedelta(hours=5, minutes=30))
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def test_periods_are_written_in_days_hours_minutes_and_seconds() -> None:
    assert format_relative(600) == "000000001000000R"
    assert format_relative(2 * 86_400) == "000002000000000R"
    assert format_relative(86_400 + 3_661) == "000001010101000R"


@pytest.mark.parametrize("seconds", [0, -1, 100 * 86_400])
def test_a_period_that_cannot_be_written_is_refused(seconds: int) -> None:
    with pytest.raises(LocalProtocolError):
        format_relative(seconds)


def test_an_instant_is_written_in_its_own_zone() -> None:
    assert format_absolute(datetime(2026, 11, 23, 15, 30, tzinfo=INDIA)) == "261123153000022+"
    assert format_absolute(datetime(2026, 11, 23, 5, 0, tzinfo=timezone(timedelta(hours=-5)))) == "261123050000020-"
    with pytest.raises(LocalProtocolError, match="zone"):
        format_absolute(NOW.replace(tzinfo=None))


@given(st.integers(1, 8_639_999))
def test_a_period_is_read_as_written(seconds: int) -> None:
    assert parse_time(format_relative(seconds), now=NOW) == NOW + timedelta(seconds=seconds)


@given(
    st.datetimes(datetime(2001, 1, 1), datetime(2098, 1, 1)),  # noqa: DTZ001 - the zone is drawn beside it
    st.integers(-48, 48),
)
def test_an_instant_is_read_as_written(local: datetime, quarters: int) -> None:
    at = local.replace(tzinfo=timezone(timedelta(minutes=15 * quarters)))
    read = parse_time(format_absolute(at), now=NOW)
    assert timedelta(0) <= at - read < timedelta(milliseconds=100)


def test_months_and_years_are_counted_as_centres_do() -> None:
    assert parse_time("010200000000000R", now=NOW) == NOW + timedelta(days=365 + 60)


@pytest.mark.parametrize(
    "text", ["", "261123153000022", "261123153000022*", "261323153000022+", "261123153000049+", "२६1123153000022+"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_time(text, now=NOW)
