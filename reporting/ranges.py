"""The periods a dashboard can show. A tenant's begin at midnight of its zone; the console's are rolling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

Step = Literal["hour", "day"]
QUARTER: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Choice:
    key: str
    label: str
    days: int
    step: Step


CHOICES: Final = (
    Choice("today", "Today", 1, "hour"),
    Choice("7d", "7 days", 7, "hour"),
    Choice("30d", "30 days", 30, "day"),
)
ROLLING: Final = (
    Choice("24h", "24 hours", 1, "hour"),
    Choice("7d", "7 days", 7, "hour"),
    Choice("30d", "30 days", 30, "day"),
)


@dataclass(frozen=True, slots=True)
class Period:
    """[start, end) of acceptance, with the days it covers in `zone`."""

    choice: Choice
    start: datetime
    end: datetime
    zone: ZoneInfo
    first_day: date
    last_day: date

    def buckets(self) -> Iterator[datetime]:
        """Local starts (naive) of its hours or days, the running one last; an hour that a clock repeats is one."""
        if self.choice.step == "day":
            for number in range((self.last_day - self.first_day).days + 1):
                yield datetime.combine(self.first_day + timedelta(days=number), time.min)
            return
        # In UTC, because adding to a local time walks over hours that a clock skips.
        at, seen = self.start.astimezone(UTC), None
        while at < self.end:
            local = at.astimezone(self.zone).replace(minute=0, second=0, microsecond=0, tzinfo=None)
            if local != seen:
                yield local
            seen, at = local, at + QUARTER


def period_of(key: str | None, *, zone: ZoneInfo, now: datetime) -> Period:
    """The period chosen by its key, today without a good one, in whole days of the zone up to the running quarter."""
    choice = next((each for each in CHOICES if each.key == key), CHOICES[0])
    today = now.astimezone(zone).date()
    first = today - timedelta(days=choice.days - 1)
    return Period(choice, datetime.combine(first, time.min, zone), now, zone, first, today)


def rolling(key: str | None, *, zone: ZoneInfo, now: datetime) -> Period:
    """The last 24 hours, 7 or 30 days, to the quarter."""
    choice = next((each for each in ROLLING if each.key == key), ROLLING[0])
    start = now - timedelta(days=choice.days)
    start -= timedelta(minutes=start.minute % 15, seconds=start.second, microseconds=start.microsecond)
    return Period(choice, start, now, zone, start.astimezone(zone).date(), now.astimezone(zone).date())
