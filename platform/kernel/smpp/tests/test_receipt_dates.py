"""Dates as receipts carry them: deviations 8 and 9."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.smpp.receipt_dates import DateForm, read_date, told_at

NOW = datetime(2026, 11, 23, 10, 1, tzinfo=UTC)
INDIA = ZoneInfo("Asia/Kolkata")
AT = datetime(2026, 11, 23, 10, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "form", "at"),
    [
        ("2611231531", DateForm.MINUTES, AT),
        ("261123153107", DateForm.SECONDS, AT + timedelta(seconds=7)),
        ("20261123153107", DateForm.CENTURY, AT + timedelta(seconds=7)),
        ("1795428060", DateForm.EPOCH, AT),
        ("0000000000", DateForm.ZEROS, None),
        ("000000000000", DateForm.ZEROS, None),
        ("", DateForm.MISSING, None),
        ("2613451531", DateForm.OTHER, None),
        ("26112315310", DateForm.OTHER, None),
        ("2611231531+0530", DateForm.OTHER, None),
        ("yesterday", DateForm.OTHER, None),
        ("٢٦١١٢٣١٥٣١", DateForm.OTHER, None),
        ("9" * 15, DateForm.OTHER, None),
    ],
)
def test_a_date_is_read_in_the_routes_zone(raw: str, form: DateForm, at: datetime | None) -> None:
    assert read_date(raw, now=NOW, zone=INDIA) == (form, at)


def test_ten_digits_that_are_near_as_a_date_are_no_epoch() -> None:
    raw = "1711231531"
    then = datetime(2017, 11, 23, 15, 0, tzinfo=UTC)
    assert read_date(raw, now=then)[0] is DateForm.MINUTES
    assert read_date(raw, now=datetime.fromtimestamp(int(raw), UTC))[0] is DateForm.EPOCH


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2611231000", NOW - timedelta(minutes=1)),
        ("2611221000", NOW - timedelta(days=1, minutes=1)),
        ("2611211000", NOW),
        ("2611241000", NOW + timedelta(hours=23, minutes=59)),
        ("2611241100", NOW),
        ("0001010000", NOW),
        ("0000000000", NOW),
        ("", NOW),
    ],
)
def test_a_date_that_cannot_be_gives_way_to_the_time_of_arrival(raw: str, expected: datetime) -> None:
    assert told_at(raw, submitted_at=NOW - timedelta(hours=1), arrived_at=NOW) == expected


@given(st.text(max_size=16) | st.integers(0, 10**15).map(str))
def test_no_date_is_too_odd_to_be_read(raw: str) -> None:
    form, at = read_date(raw, now=NOW)
    assert (at is None) or form in {DateForm.MINUTES, DateForm.SECONDS, DateForm.CENTURY, DateForm.EPOCH}
