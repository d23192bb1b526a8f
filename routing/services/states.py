"""How lines were, written down as intervals: the base of every uptime figure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from routing.models import Breaker, Route, RouteGauge, StateInterval
from routing.statuses import AVAILABLE, BreakerState, LineState, RouteState

# An outage ends only when the line has held this long (docs/rules.md#availability).
STABLE_FOR: Final = timedelta(seconds=30)
# A dispatcher writes its gauge every two seconds; after this it is gone.
GAUGE_FRESH_FOR: Final = timedelta(seconds=15)


def record_state(*, route_id: int, state: LineState, reason: str, now: datetime) -> StateInterval:
    """Say how the line is from `now` on; the same state as before changes nothing.

    A recovery that did not last STABLE_FOR is taken back: the outage goes on from where it was, and `flaps` counts the
    attempt. An outage is never taken back, however short.

    Returns:
        The open interval.
    """
    with transaction.atomic():
        # The route's row serialises writers; without it two could each close one interval and open another.
        Route.objects.select_for_update().get(pk=route_id)
        recent = list(StateInterval.objects.filter(route_id=route_id).order_by("-started_at")[:2])
        current = recent[0] if recent and recent[0].ended_at is None else None
        if current is None:
            return _open(route_id, state, reason, _after(recent, now))
        if current.state == state:
            return current
        if now <= current.started_at:
            # Two changes in one instant: the later word counts, and an empty interval is none.
            current.state, current.reason = state, reason[:200]
            current.save(update_fields=["state", "reason"])
            return current
        if len(recent) > 1 and _is_flap(recent[1], current, state, now):
            return _take_back(recent[1], current)
        current.ended_at = now
        current.save(update_fields=["ended_at"])
        return _open(route_id, state, reason, now)


def _open(route_id: int, state: LineState, reason: str, at: datetime) -> StateInterval:
    return StateInterval.objects.create(route_id=route_id, state=state, reason=reason[:200], started_at=at)


def _after(recent: list[StateInterval], now: datetime) -> datetime:
    """Clocks of two dispatchers differ; a new interval never begins inside the last one."""
    last = recent[0].ended_at if recent else None
    return now if last is None else max(now, last)


def _is_flap(previous: StateInterval, current: StateInterval, state: LineState, now: datetime) -> bool:
    return (
        state == previous.state == LineState.DOWN
        and current.state in AVAILABLE
        and previous.ended_at == current.started_at
        and now - current.started_at < STABLE_FOR
    )


def _take_back(outage: StateInterval, recovery: StateInterval) -> StateInterval:
    recovery.delete()
    outage.ended_at, outage.flaps = None, outage.flaps + 1
    outage.save(update_fields=["ended_at", "flaps"])
    return outage


def close_intervals(*, route_id: int, now: datetime) -> None:
    """Nobody watches the route any more: from here on its state is unknown, which no figure counts."""
    with transaction.atomic():
        for interval in StateInterval.objects.select_for_update().filter(route_id=route_id, ended_at=None):
            interval.ended_at = max(now, interval.started_at + timedelta(microseconds=1))
            interval.save(update_fields=["ended_at"])
        RouteGauge.objects.filter(route_id=route_id).delete()


def report_gauge(*, gauge: RouteGauge) -> StateInterval | None:
    """Store what one dispatcher sees of a route, and record what all of them together make of it.

    Of a disabled route nothing is kept: a dispatcher that is just parting from it would have it up for ever.

    Args:
        gauge: an unsaved row; route, lane and holder name the one it replaces, `at` is the present.
    """
    with transaction.atomic():
        if Route.objects.select_for_update().get(pk=gauge.route_id).state == RouteState.DISABLED:
            return None
        RouteGauge.objects.bulk_create(
            [gauge],
            update_conflicts=True,
            unique_fields=["route", "lane", "holder"],
            update_fields=[
                *("tps_now", "window_used", "binds_up", "binds_wanted", "rate", "ceiling", "note"),
                *("down_since", "is_unopenable", "at"),
            ],
        )
        fresh = RouteGauge.objects.filter(route_id=gauge.route_id, at__gt=gauge.at - GAUGE_FRESH_FOR)
        state, reason = judge(fresh, Breaker.objects.filter(pk=gauge.route_id).first())
        return record_state(route_id=gauge.route_id, state=state, reason=reason, now=gauge.at)


def judge(gauges: Iterable[RouteGauge], breaker: Breaker | None = None) -> tuple[LineState, str]:
    """The state of a line with these gauges: down without any bind, degraded while some are missing or complain.

    An open breaker makes the best line useless; one that probes is on the way back. While staff keep one open, the
    route is in maintenance whatever its line does.
    """
    seen = list(gauges)
    up, wanted = sum(gauge.binds_up for gauge in seen), sum(gauge.binds_wanted for gauge in seen)
    note = next((gauge.note for gauge in seen if gauge.note), "")
    if not seen:
        return LineState.UNKNOWN, "no dispatcher is watching"
    if breaker is not None and breaker.state == BreakerState.OPEN and breaker.is_manual:
        return LineState.MAINTENANCE, f"circuit breaker: {breaker.reason}"
    if not up:
        return LineState.DOWN, note or "no bind is up"
    if breaker is not None and breaker.state != BreakerState.CLOSED:
        is_open = breaker.state == BreakerState.OPEN
        return LineState.DOWN if is_open else LineState.DEGRADED, f"circuit breaker: {breaker.reason}"
    if up < wanted:
        return LineState.DEGRADED, f"{up} of {wanted} binds up" + (f": {note}" if note else "")
    if note:
        return LineState.DEGRADED, note
    return LineState.UP, f"{up} of {wanted} binds up"


def mark_unwatched(*, now: datetime) -> int:
    """Enabled routes without a fresh gauge become unknown from the last sight on; returns how many. For a beat job."""
    watched = RouteGauge.objects.filter(at__gt=now - GAUGE_FRESH_FOR).values("route_id")
    running = StateInterval.objects.filter(ended_at=None, route__state=RouteState.ENABLED)
    silent = running.exclude(route_id__in=watched).exclude(state__in=[LineState.UNKNOWN, LineState.MAINTENANCE])
    route_ids = list(silent.values_list("route_id", flat=True))
    for route_id in route_ids:
        record_state(route_id=route_id, state=LineState.UNKNOWN, reason="no dispatcher is watching", now=now)
    RouteGauge.objects.filter(at__lt=now - timedelta(hours=1)).delete()
    return len(route_ids)
