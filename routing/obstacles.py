"""What speaks against the routes that rules name, in words: beside a change before it is made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kernel.web.templatetags.ui import money
from routing.breaker import Phase, phase, standings
from routing.models import Breaker, Route
from routing.queries import fresh_gauges
from routing.scene import Scene
from routing.services.states import judge
from routing.statuses import LineState, RouteState


def obstacles(scene: Scene, *, now: datetime) -> list[str]:
    """A sentence for each thing that keeps a named route from its messages, or makes it look free. Three queries."""
    named = list(dict.fromkeys(route_id for rule in scene.rules for route_id in rule.route_ids))
    routes = Route.objects.in_bulk(named)
    gauges, breakers = fresh_gauges(now), standings()
    found: list[str] = []
    for route_id in named:
        route = routes[route_id]
        if route_id not in scene.enabled:
            found.append(_out_of_use(route))
        elif said := _breaker_words(route, breakers.get(route_id), now):
            found.append(said)
        else:
            line, reason = judge(gauges[route_id])
            found += [f"The line of {route.name} is down: {reason}."] if line == LineState.DOWN else []
        found += _free_of_charge(scene, route)
    return found


def _out_of_use(route: Route) -> str:
    if route.state == RouteState.ENABLED:
        return f"{route.name} would take no messages."
    return f"{route.name} is {route.state} and takes no messages until it is enabled."


def _breaker_words(route: Route, breaker: Breaker | None, now: datetime) -> str:
    found = phase(breaker, now)
    if breaker is None or found is Phase.CLOSED:
        return ""
    if found is Phase.PROBING:
        return f"The circuit breaker of {route.name} lets only probes pass: {breaker.reason}."
    until = "until staff close it" if breaker.is_manual else "until probes are answered well"
    return f"The circuit breaker of {route.name} is open {until}: {breaker.reason}."


def _free_of_charge(scene: Scene, route: Route) -> Iterator[str]:
    costs = {"": scene.costs.usual.get(route.pk, 0), **scene.costs.special.get(route.pk, {})}
    nothing = money(0, route.currency)
    for prefix in [prefix for prefix, micros in sorted(costs.items()) if not micros]:
        whither = f" to +{prefix}…" if prefix else ""
        yield f"A segment over {route.name}{whither} costs {nothing}: reports count it as free, and the cheapest first."
