"""When an operator says something happened: the dates of receipts, which come in any form and mostly without a zone.

They are shown and learnt from, and never order states: those come in the order in which they arrive.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final


class DateForm(StrEnum):
    """How a date is written."""

    MINUTES = "YYMMDDhhmm"
    SECONDS = "YYMMDDhhmmss"
    CENTURY = "YYYYMMDDhhmmss"
    EPOCH = "seconds since 1970"
    ZEROS = "zeros"
    MISSING = "missing"
    OTHER = "something else"


_BY_LENGTH: Final = {10: DateForm.MINUTES, 12: DateForm.SECONDS, 14: DateForm.CENTURY}
_DIGITS: Final = re.compile(r"[0-9]{1,14}")
# A number is an epoch only when that is a plausible time for a receipt, and the date it would be is not.
_NEAR: Final = timedelta(days=2)
_SLACK: Final = timedelta(days=1)


def read_date(raw: str, *, now: datetime, zone: tzinfo = UTC) -> tuple[DateForm, datetime | None]:
    """The form, and the UTC instant where there is one.

    Args:
        raw: as the operator wrote it, in local time of `zone`.
        now: aware; ten digits may be a date or an epoch, and the one near it is meant.
    """
    if not raw:
        return DateForm.MISSING, None
    if not _DIGITS.fullmatch(raw):
        return DateForm.OTHER, None
    if not raw.strip("0"):
        return DateForm.ZEROS, None
    form = _BY_LENGTH.get(len(raw), DateForm.OTHER)
    local = _local(raw, form)
    at = None if local is None else local.replace(tzinfo=zone).astimezone(UTC)
    if len(raw) == 10 and (at is None or abs(at - now) > _NEAR):
        epoch = datetime.fromtimestamp(int(raw), UTC)
        if abs(epoch - now) <= _NEAR:
            return DateForm.EPOCH, epoch
    return (DateForm.OTHER, None) if at is None else (form, at)


def told_at(raw: str, *, submitted_at: datetime, arrived_at: datetime, zone: tzinfo = UTC) -> datetime:
    """When it happened: what the operator says, or the time of arrival when that cannot be."""
    _, at = read_date(raw, now=arrived_at, zone=zone)
    return at if at is not None and submitted_at - _SLACK <= at <= arrived_at + _SLACK else arrived_at


def _local(raw: str, form: DateForm) -> datetime | None:
    """The digits as a time of a clock without zone; two-digit years are of this century."""
    if form is DateForm.OTHER:
        return None
    digits = raw if form is DateForm.CENTURY else f"20{raw}"
    year, rest = int(digits[:4]), [int(digits[at : at + 2]) for at in range(4, len(digits), 2)]
    try:
        return datetime(year, *rest)  # type: ignore[arg-type]  # noqa: DTZ001 - the zone is the route's, put on by read_date; four or five numbers of two digits
    except ValueError:
        return None
