"""Which routes take messages at this instant, and of which the queues should go elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from kernel.domain.traffic import TrafficClass
from routing.breaker import Phase, phase, standings
from routing.models import Breaker, Drain, Route, RouteGauge
from routing.services.states import GAUGE_FRESH_FOR
from routing.statuses import Lane, RouteState

# How long a line may be down, or its breaker open, before what waits goes on (docs/rules.md#fail-over).
PATIENCE_S: Final = 30.0
OTP_PATIENCE_S: Final = 5.0
# A probe's outcome is known by then, or passcodes go elsewhere.
PROBE_PATIENCE_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Stranded:
    """Batches of the classes `low` to `high` on a route should go to their next candidates."""

    route_id: int
    low: int
    high: int
    reason: str


@dataclass(frozen=True, slots=True)
class Usability:
    """`stranded` is what to move; `open` holds, by lane, the routes that it may be moved to."""

    stranded: list[Stranded] = field(default_factory=list)
    open: dict[Lane, frozenset[int]] = field(default_factory=dict)

    @property
    def stranded_routes(self) -> set[int]:
        return {each.route_id for each in self.stranded}


def usability(now: datetime, *, patience_s: float | None = None) -> Usability:
    """Four queries, in a platform context or none.

    Args:
        patience_s: for all routes and classes, instead of what the rules say.
    """
    gauges: defaultdict[tuple[int, str], list[RouteGauge]] = defaultdict(list)
    for gauge in RouteGauge.objects.filter(at__gt=now - GAUGE_FRESH_FOR):
        gauges[gauge.route_id, gauge.lane].append(gauge)
    breakers = standings()
    staying = set(Drain.objects.filter(moves_queue=False).values_list("route_id", flat=True))
    stranded: list[Stranded] = []
    usable: dict[Lane, set[int]] = {lane: set() for lane in Lane}
    for route in Route.objects.only("id", "state", "otp_binds", "patience_s"):
        for lane in Lane:
            low, high = classes_of(route, lane)
            # Without binds for passcodes these take the lines of everything else.
            seen = gauges[route.pk, lane if lane == Lane.BULK or route.otp_binds else Lane.BULK]
            found = _judge(route, lane, seen, breakers.get(route.pk), now, patience_s)
            if found is None:
                usable[lane].add(route.pk)
            elif found and not (route.state == RouteState.DRAINING and route.pk in staying):
                stranded.append(Stranded(route.pk, low, high, found))
    return Usability(stranded, {lane: frozenset(routes) for lane, routes in usable.items()})


def classes_of(route: Route, lane: Lane) -> tuple[int, int]:
    """Of passcodes and of everything else, whichever dispatchers send them."""
    if lane == Lane.OTP:
        return int(TrafficClass.OTP), int(TrafficClass.OTP)
    return int(TrafficClass.TRANSACTIONAL), int(TrafficClass.PROMOTIONAL)


def _judge(
    route: Route,
    lane: Lane,
    gauges: Iterable[RouteGauge],
    breaker: Breaker | None,
    now: datetime,
    patience_s: float | None,
) -> str | None:
    """None: messages may go there. Words: what waits should leave. Empty: nothing comes, and what waits stays."""
    if route.state != RouteState.ENABLED:
        return f"the route is {route.state}"
    seen = list(gauges)
    if seen and all(gauge.is_unopenable for gauge in seen):
        return "the route cannot be opened"
    usual = OTP_PATIENCE_S if lane == Lane.OTP else float(PATIENCE_S if route.patience_s is None else route.patience_s)
    patience = timedelta(seconds=usual if patience_s is None else patience_s)
    now_phase = phase(breaker, now)
    if breaker is not None and now_phase is not Phase.CLOSED:
        return _judge_breaker(breaker, now_phase, lane, now, patience)
    downs = [gauge.down_since for gauge in seen]
    lasting = [since for since in downs if since is not None]
    # Somebody's line is up, or nobody is looking: then nothing is known against the route.
    if not seen or len(lasting) < len(seen):
        return None
    return "the line is down" if now - max(lasting) >= patience else ""


def _judge_breaker(breaker: Breaker, now_phase: Phase, lane: Lane, now: datetime, patience: timedelta) -> str | None:
    is_otp = lane == Lane.OTP
    if now_phase is Phase.OPEN:
        return "the circuit breaker is open" if is_otp or now - breaker.since >= patience else ""
    began = breaker.next_probe_at or breaker.since
    is_slow = now - began >= timedelta(seconds=PROBE_PATIENCE_S)
    return "the circuit breaker is open" if is_otp and is_slow else ""
