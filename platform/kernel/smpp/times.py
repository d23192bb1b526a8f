"""SMPP time strings, 3.4 section 7.1.1: `YYMMDDhhmmss` + tenths + quarter hours + `+`, `-` or `R`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from kernel.smpp.errors import LocalProtocolError

_FORM: Final = re.compile(r"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d)(\d\d)([+\-R])", re.ASCII)
_MAX_RELATIVE: Final = 100 * 86_400 - 1


def format_relative(seconds: int) -> str:
    """A period as days, hours, minutes, seconds: 600 gives `000000001000000R`.

    Months and years are never used, since centres disagree on their length; so the longest period is just under 100
    days.
    """
    if not 0 < seconds <= _MAX_RELATIVE:
        raise LocalProtocolError(f"a relative time of {seconds} s cannot be written in days")
    days, rest = divmod(seconds, 86_400)
    return f"0000{days:02d}{rest // 3600:02d}{rest // 60 % 60:02d}{rest % 60:02d}000R"


def format_absolute(at: datetime) -> str:
    """An aware instant in its own zone: 23 Nov 2026 15:30 India gives `261123153000022+`."""
    offset = at.utcoffset()
    if offset is None:
        raise LocalProtocolError("an SMPP time needs a zone")
    quarters = round(offset.total_seconds() / 900)
    sign = "-" if quarters < 0 else "+"
    return f"{at:%y%m%d%H%M%S}{at.microsecond // 100_000}{abs(quarters):02d}{sign}"


def parse_time(text: str, *, now: datetime) -> datetime:
    """The UTC instant of an absolute or relative string; relative ones count from `now` (aware).

    Raises ValueError for anything else. A year is taken as 365 days and a month as 30, the practice of most centres.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"not an SMPP time: {text!r}")
    year, month, day, hour, minute, second, tenths, quarters = map(int, match.groups()[:8])
    if match[9] == "R":
        period = timedelta(days=365 * year + 30 * month + day, hours=hour, minutes=minute, seconds=second)
        return (now + period).astimezone(UTC)
    if quarters > 48:
        raise ValueError(f"offset of {quarters} quarter hours in {text!r}")
    zone = timezone(timedelta(minutes=15 * quarters) * (-1 if match[9] == "-" else 1))
    at = datetime(2000 + year, month, day, hour, minute, second, tenths * 100_000, zone)
    return at.astimezone(UTC)
