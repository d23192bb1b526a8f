"""What a dispatcher asks Django's ORM about routes, in a thread beside its event loop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from kernel.db.clock import database_now
from kernel.db.tenancy import platform_context
from kernel.domain.errors import DomainError
from kernel.domain.traffic import TrafficClass
from messaging.models import Batch
from messaging.statuses import BatchState
from routing import breaker
from routing.contract import LinkGauge, RouteConfig
from routing.costs import CostTable, read_costs
from routing.dialects import Count, Habit
from routing.models import Breaker, Route, RouteGauge
from routing.services.dialects import add_counts, known_counts, unlearn
from routing.services.routes import route_config
from routing.services.states import report_gauge
from routing.statuses import Lane, RouteState


@dataclass(frozen=True, slots=True)
class Served:
    """A route this lane has a desk for; two that are equal need no new connection."""

    kind: str
    config: RouteConfig
    is_sending: bool
    classes: tuple[int, int]


class Fault(NamedTuple):
    """Why a route cannot be opened, and how many binds it should have."""

    name: str
    words: str
    binds: int


class Look(NamedTuple):
    """Routes that are enabled or draining, those that cannot be read, breakers that are not closed, and costs; `at` is
    the database's clock."""

    served: list[Served]
    faults: dict[int, Fault]
    breakers: dict[int, Breaker]
    costs: CostTable
    at: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """A desk at this moment, for the console."""

    route_id: int
    gauge: LinkGauge
    tps: float
    trouble: str
    down_since: datetime | None


def look(lane: Lane) -> Look:
    seen = Look([], {}, breaker.standings(), read_costs(), database_now())
    for route in Route.objects.exclude(state=RouteState.DISABLED):
        if lane == Lane.OTP and not route.otp_binds:
            continue
        try:
            config = route_config(route, lane=lane)
        except DomainError as problem:
            binds = route.otp_binds if lane == Lane.OTP else route.binds
            seen.faults[route.pk] = Fault(route.name, str(problem), binds)
            continue
        # Without binds for passcodes the route carries them among everything else, first.
        lowest = TrafficClass.TRANSACTIONAL if route.otp_binds else TrafficClass.OTP
        classes = (TrafficClass.OTP, TrafficClass.OTP) if lane == Lane.OTP else (lowest, TrafficClass.PROMOTIONAL)
        is_sending = route.state == RouteState.ENABLED
        served = Served(route.kind, config, is_sending, (int(classes[0]), int(classes[1])))
        seen.served.append(served)
    return seen


def try_probe(route_id: int, classes: tuple[int, int], holder: str) -> bool:
    """Become the prober of a route, if there is something to probe it with."""
    with platform_context(reason="see whether anything waits that could probe a route"):
        waiting = Batch.objects.filter(route_id=route_id, state=BatchState.READY, traffic_class__range=classes)
        has_work = waiting.exists()
    return has_work and breaker.take_probe(route_id=route_id, holder=holder, now=database_now())


def exchange(
    counts: Mapping[int, Sequence[Count]], unlearnt: Iterable[int], routes: Sequence[int]
) -> dict[int, list[Count]]:
    """Add to what is known of operators' habits, and read what all know of the notation on these routes."""
    for route_id in unlearnt:
        unlearn(route_id, Habit.NOTATION)
    add_counts(counts)
    return known_counts(routes, Habit.NOTATION)


def write_gauges(lane: Lane, holder: str, readings: list[Reading], faults: dict[int, Fault]) -> None:
    now = database_now()
    seen = [*faults, *[reading.route_id for reading in readings]]
    # A route whose last bind went to another dispatcher is told of by that one.
    RouteGauge.objects.filter(lane=lane.value, holder=holder).exclude(route_id__in=seen).delete()
    for reading in readings:
        gauge = RouteGauge(
            route_id=reading.route_id,
            lane=lane.value,
            holder=holder,
            tps_now=reading.tps,
            window_used=reading.gauge.window_used,
            binds_up=reading.gauge.binds_up,
            binds_wanted=reading.gauge.binds_wanted,
            rate=reading.gauge.rate,
            ceiling=reading.gauge.ceiling,
            note=(reading.trouble or reading.gauge.note)[:200],
            down_since=reading.down_since,
            at=now,
        )
        report_gauge(gauge=gauge)
    for route_id, fault in faults.items():
        gauge = RouteGauge(
            route_id=route_id,
            lane=lane.value,
            holder=holder,
            binds_wanted=fault.binds,
            note=fault.words[:200],
            is_unopenable=True,
            at=now,
        )
        report_gauge(gauge=gauge)


def remove_gauges(lane: Lane, holder: str) -> None:
    RouteGauge.objects.filter(lane=lane.value, holder=holder).delete()
