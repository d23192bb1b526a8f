"""When promotions may be handed over to operators: by the clock of the place where the recipient's number is at home.

A number says where it was allotted, not where its phone is; where a prefix lies in several zones, the hours must be
open in all of them. Zones come from the metadata of `phonenumbers`, instants from the system's zone database, which
knows when clocks change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import phonenumbers
from django.conf import settings
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_number

from compliance.rules.contract import Refusal, Window
from compliance.rules.country import Hours, package_for
from compliance.rules.rule import About, LooksAt
from kernel.telecom.e164 import E164
from kernel.telecom.numbers import country_of

INDIA: Final = ("Asia/Kolkata",)
# The last digits never decide about the zone.
_TAIL: Final = 4
_MINUTE: Final = 60
# A closed day may follow a closed day; zones further apart than this many turns are never open together.
_TURNS: Final = 40
_DAYS: Final = 9

HOURS: Final = About(
    "promotional_hours",
    "promo_window_closed",
    "A promotion is outside the recipient's hours; it waits or is refused, as you chose.",
    "Send it within the hours, or choose under Recipients that promotions wait for them.",
    LooksAt.RECIPIENT,
)


def are_kept() -> bool:
    """Only a laboratory sends promotions at any hour."""
    return bool(settings.KEEP_PROMOTIONAL_HOURS)


def zones_of(recipient: str) -> tuple[str, ...]:
    """Names of the zones in which the number may be."""
    return INDIA if recipient.startswith("+91") else _zones_of_series(recipient[:-_TAIL])


@lru_cache(maxsize=65_536)
def _zones_of_series(series: str) -> tuple[str, ...]:
    found = time_zones_for_number(phonenumbers.parse(series + "0" * _TAIL))
    known = tuple(sorted(name for name in found if name != UNKNOWN_TIMEZONE))
    return known or ("UTC",)


@lru_cache(maxsize=4_096)
def window_at(zones: tuple[str, ...], hours: Hours, at: datetime) -> Window | None:
    """The hours that are open at this instant, else the next ones; None when the zones are never open together."""
    asked = at
    for _ in range(_TURNS):
        days = [_day_at(name, hours, asked) for name in zones]
        latest = max(opens for opens, _, _ in days)
        if latest <= asked:
            return Window(asked, min(last for _, last, _ in days), min(closes for _, _, closes in days))
        asked = latest
    return None


def _day_at(zone_name: str, hours: Hours, at: datetime) -> Window:
    """The first hours of one zone whose last hand-over is still to come."""
    zone = _zone(zone_name)
    today = at.astimezone(zone).date()
    for number in range(_DAYS):
        day = today + timedelta(days=number)
        last = _instant(day, hours.last, zone)
        if day.weekday() not in hours.closed_days and last > at:
            return Window(_instant(day, hours.opens, zone), last, _instant(day, hours.closes, zone))
    raise ValueError("hours that are closed on every day of the week")


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def by_window(country: str, recipients: Sequence[str], at: datetime) -> Iterator[tuple[Window | None, Sequence[int]]]:
    """Recipients of one country, as numbers of their places, by the hours that they share.

    Yields:
        None for those of zones that are never open together; nothing at all where a country sets no hours.
    """
    hours = package_for(country).promotional_hours
    if hours is None:
        return
    if country == "IN":
        yield window_at(INDIA, hours, at), range(len(recipients))
        return
    by_zones: dict[tuple[str, ...], list[int]] = {}
    for place, recipient in enumerate(recipients):
        by_zones.setdefault(zones_of(recipient), []).append(place)
    found: dict[Window | None, list[int]] = {}
    for zones, places in by_zones.items():
        found.setdefault(window_at(zones, hours, at), []).extend(places)
    for window, places in found.items():
        yield window, sorted(places)


def refusal_of(window: Window | None) -> Refusal:
    """Why a promotion does not go out now, and when it could."""
    if window is None:
        return HOURS.refusal("The number lies in zones whose hours for promotions never meet.")
    opens = window.opens.strftime("%d %b %Y, %H:%M UTC")
    return HOURS.refusal(f"Promotions may not be handed over now at the destination; the next hours begin {opens}.")


def objection_of_hours(recipient: str, at: datetime) -> Refusal | None:
    """Why a promotion to this recipient does not go out at this instant, for a dry run."""
    if not are_kept():
        return None
    for window, _ in by_window(_country(recipient), (recipient,), at):
        if window is None or window.opens > at:
            return refusal_of(window)
    return None


class Limits(NamedTuple):
    """Until when a promotion may be handed over, and until when it may arrive; seconds since 1970."""

    last: float
    closes: float


_CLOSED: Final = Limits(0.0, 0.0)
_OPEN: Final = Limits(float("inf"), float("inf"))


def limits_at(recipient: str, wall: float) -> Limits:
    """The limits of a message that is about to be handed over; both are over when it may not be."""
    return _limits(zones_of(recipient), _country(recipient), int(wall) // _MINUTE) if are_kept() else _OPEN


def _country(recipient: str) -> str:
    return country_of(E164(recipient))


@lru_cache(maxsize=4_096)
def _limits(zones: tuple[str, ...], country: str, minute: int) -> Limits:
    # Hours begin and end with whole minutes, in UTC as well.
    hours = package_for(country).promotional_hours
    if hours is None:
        return _OPEN
    at = datetime.fromtimestamp(minute * _MINUTE, UTC)
    window = window_at(zones, hours, at)
    if window is None or window.opens > at:
        return _CLOSED
    return Limits(window.last.timestamp(), window.closes.timestamp())
