"""From a clock on a wall to an instant: zones turn their clocks, so a local time may not exist, or happen twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from campaigns.errors import ScheduleProblem

# A minute is what a form can say; a schedule for the present minute is meant as "now".
TOLERANCE: Final = timedelta(minutes=1)
FURTHEST: Final = timedelta(days=366)
_FORM: Final = "%d %B %Y, %H:%M"


def zone_of(name: str) -> ZoneInfo:
    """The zone of this IANA name.

    Raises:
        ScheduleProblem: `unknown_zone`.
    """
    try:
        if name in available_timezones():
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        pass
    raise ScheduleProblem(
        "unknown_zone", f"“{name[:64]}” is no time zone.", "Choose a zone by its name, such as Asia/Kolkata."
    )


def instant_of(*, local: datetime, zone: ZoneInfo, occurrence: str = "") -> datetime:
    """The UTC instant at which clocks of the zone show `local` (naive).

    Args:
        occurrence: "first" or "second", for a time that happens twice.

    Raises:
        ScheduleProblem: `time_skipped` in the hour that a change of the clocks leaves out, `time_ambiguous` in the
            one it repeats.
    """
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
        raise _skipped(local, zone, first, second)
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    if occurrence not in {"first", "second"}:
        raise ScheduleProblem(
            "time_ambiguous",
            f"On that day the clocks in {zone} are turned back, so {local:{_FORM}} happens twice: "
            f"first at {first:%H:%M} {_offset(first)}, then again at {second:%H:%M} {_offset(second)}.",
            "Say whether the first or the second is meant, or choose another time.",
        )
    return (first if occurrence == "first" else second).astimezone(UTC)


def _skipped(local: datetime, zone: ZoneInfo, first: datetime, second: datetime) -> ScheduleProblem:
    # Read with the offset before the change it falls behind the gap, with the one after it before the gap.
    after = first.astimezone(UTC).astimezone(zone)
    before = second.astimezone(UTC).astimezone(zone)
    return ScheduleProblem(
        "time_skipped",
        f"On that day the clocks in {zone} are put forward, so {local:{_FORM}} does not exist.",
        f"Choose {before:%H:%M} or {after:%H:%M} instead.",
        [f"{before:%Y-%m-%dT%H:%M}", f"{after:%Y-%m-%dT%H:%M}"],
    )


def _offset(at: datetime) -> str:
    text = f"{at:%z}"
    return f"(UTC{text[:3]}:{text[3:5]})"


def check_future(*, send_at: datetime, now: datetime, zone: ZoneInfo) -> None:
    """Refuse what lies behind us, or so far ahead that it must be a slip.

    Raises:
        ScheduleProblem: `time_past`, `time_too_far`.
    """
    if send_at < now - TOLERANCE:
        raise ScheduleProblem(
            "time_past",
            f"{send_at.astimezone(zone):{_FORM}} is over: in {zone} it is {now.astimezone(zone):{_FORM}} now.",
            "Choose a later time, or send now.",
        )
    if send_at > now + FURTHEST:
        raise ScheduleProblem(
            "time_too_far",
            f"{send_at.astimezone(zone):{_FORM}} is more than a year ahead.",
            "Choose a time within the next 12 months.",
        )


def check_not_after(*, not_after: datetime, send_at: datetime, zone: ZoneInfo) -> None:
    """Refuse an end that is not behind the beginning, or far away from it.

    Raises:
        ScheduleProblem: `not_after_too_early`; `time_too_far`, more than a year after the beginning.
    """
    if not_after > send_at + FURTHEST:
        raise ScheduleProblem(
            "time_too_far",
            f"The campaign would end at {not_after.astimezone(zone):{_FORM}}, more than a year after its beginning.",
            "Choose an end within 12 months of the beginning.",
        )
    if not_after <= send_at:
        raise ScheduleProblem(
            "not_after_too_early",
            f"The campaign would end at {not_after.astimezone(zone):{_FORM}}, before it begins at "
            f"{send_at.astimezone(zone):{_FORM}}.",
            "Choose an end after the beginning; an hour per 100,000 people is a fair guess.",
        )
