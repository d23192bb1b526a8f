"""Read models of the console: routes with how they are and were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q
from django.utils import timezone

from routing.models import Route, RouteGauge, StateInterval
from routing.services.probes import ProbeSums, probe_sums
from routing.services.states import GAUGE_FRESH_FOR
from routing.statuses import LineState
from routing.uptime import Cell, Span, Uptime, uptime, uptime_cells

DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class BarCell:
    """A piece of components/uptime_bar.html."""

    tone: str
    title: str


@dataclass(frozen=True, slots=True)
class RouteOverview:
    """A route as the console lists it. The gauges' figures are sums over its dispatchers, 0 when none is watching."""

    route: Route
    line: LineState
    line_since: datetime | None
    line_reason: str
    day: Uptime
    week: Uptime
    bar: Sequence[BarCell]
    binds_up: int
    binds_wanted: int
    tps_now: float
    window_used: int
    window_total: int
    notes: Sequence[str]
    # Probes say that its receipts are not true.
    is_faking: bool = False


def route_overviews(*, now: datetime, route_id: int | None = None) -> list[RouteOverview]:
    """All routes by name, or one; four queries whatever their number."""
    routes = Route.objects.all() if route_id is None else Route.objects.filter(pk=route_id)
    intervals = intervals_since(now - WEEK, route_id=route_id)
    gauges = fresh_gauges(now, route_id=route_id)
    probes = probe_sums(now, route_id=route_id)
    return [
        _overview(route, intervals[route.pk], gauges[route.pk], probes.get(route.pk, ProbeSums()), now)
        for route in routes
    ]


def intervals_since(start: datetime, *, route_id: int | None = None) -> defaultdict[int, list[StateInterval]]:
    """Intervals that reach into the time after `start`, by route, oldest first."""
    found = StateInterval.objects.filter(Q(ended_at=None) | Q(ended_at__gt=start))
    if route_id is not None:
        found = found.filter(route_id=route_id)
    by_route: defaultdict[int, list[StateInterval]] = defaultdict(list)
    for interval in found.order_by("started_at"):
        by_route[interval.route_id].append(interval)
    return by_route


def fresh_gauges(now: datetime, *, route_id: int | None = None) -> defaultdict[int, list[RouteGauge]]:
    """What dispatchers wrote lately, by route."""
    found = RouteGauge.objects.filter(at__gt=now - GAUGE_FRESH_FOR)
    if route_id is not None:
        found = found.filter(route_id=route_id)
    by_route: defaultdict[int, list[RouteGauge]] = defaultdict(list)
    for gauge in found.order_by("lane", "holder"):
        by_route[gauge.route_id].append(gauge)
    return by_route


def spans(intervals: Iterable[StateInterval], now: datetime) -> list[Span]:
    """The same as values; an open interval lasts until now."""
    return [
        Span(LineState(interval.state), interval.started_at, interval.ended_at or max(now, interval.started_at))
        for interval in intervals
    ]


def _overview(
    route: Route,
    intervals: Sequence[StateInterval],
    gauges: Sequence[RouteGauge],
    probes: ProbeSums,
    now: datetime,
) -> RouteOverview:
    known = spans(intervals, now)
    current = intervals[-1] if intervals and intervals[-1].ended_at is None else None
    binds_wanted = sum(gauge.binds_wanted for gauge in gauges)
    return RouteOverview(
        route=route,
        line=LineState(current.state) if current else LineState.UNKNOWN,
        line_since=current.started_at if current else None,
        line_reason=current.reason if current else "",
        day=uptime(known, now - DAY, now),
        week=uptime(known, now - WEEK, now),
        bar=[_bar_cell(cell) for cell in uptime_cells(known, now - DAY, now)],
        binds_up=sum(gauge.binds_up for gauge in gauges),
        binds_wanted=binds_wanted,
        tps_now=sum(gauge.tps_now for gauge in gauges),
        window_used=sum(gauge.window_used for gauge in gauges),
        window_total=binds_wanted * route.window,
        notes=[*_alarms(probes), *sorted({gauge.note for gauge in gauges if gauge.note})],
        is_faking=probes.is_alarming,
    )


def _alarms(probes: ProbeSums) -> list[str]:
    return [f"receipts may be invented: {probes.sentence} in seven days"] if probes.is_alarming else []


_TONES: Final = {LineState.UP: "ok", LineState.DEGRADED: "wait", LineState.DOWN: "bad"}


def _bar_cell(cell: Cell) -> BarCell:
    """Times in the active zone."""
    first, last = timezone.localtime(cell.start), timezone.localtime(cell.end)
    return BarCell(_TONES.get(cell.state, "mute"), f"{first:%H:%M} to {last:%H:%M}: {cell.state.label.lower()}")
