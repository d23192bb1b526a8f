"""What a segment costs us, by route and destination."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from routing.models import Route, RouteCost

MEMO_LIMIT: Final = 50_000


@dataclass(slots=True)
class CostTable:
    """Micros of the route's currency for one segment.

    Args:
        usual: route → its cost where nothing more is said.
        special: route → prefix (digits without the plus) → cost there; the longest that fits counts.
    """

    usual: Mapping[int, int]
    special: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    _width: int = field(init=False)
    _memo: dict[tuple[int, str], int] = field(init=False, default_factory=dict)
    _common: dict[tuple[int, str], int | None] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._width = max((len(prefix) for special in self.special.values() for prefix in special), default=0)

    def cost_of(self, route_id: int, destination: str) -> int:
        """The cost on a route, 0 for one nobody knows.

        Args:
            destination: digits of a recipient, or a prefix; a plus in front does no harm.
        """
        special = self.special.get(route_id)
        if not special:
            return self.usual.get(route_id, 0)
        digits = destination.removeprefix("+")
        question = route_id, digits[: self._width]
        found = self._memo.get(question)
        if found is None:
            fitting = [prefix for prefix in special if digits.startswith(prefix)]
            found = special[max(fitting, key=len)] if fitting else self.usual.get(route_id, 0)
            if len(self._memo) >= MEMO_LIMIT:
                self._memo.clear()
            self._memo[question] = found
        return found

    def common(self, route_id: int, destination: str) -> int | None:
        """The cost of every number that begins with these digits; None where a longer prefix has one of its own."""
        special = self.special.get(route_id)
        if not special:
            return self.usual.get(route_id, 0)
        question = route_id, destination
        if question not in self._common:
            is_split = any(prefix.startswith(destination) and prefix != destination for prefix in special)
            if len(self._common) >= MEMO_LIMIT:
                self._common.clear()
            self._common[question] = None if is_split else self.cost_of(route_id, destination)
        return self._common[question]

    def total(self, route_id: int, destination: str, messages: Sequence[tuple[str, int]]) -> int:
        """The cost of messages on a route, each as (recipient, segments), all of one destination of a rate card.

        It is what an event of submission says; recipients are looked at only where the route tells them apart.
        """
        unit = self.common(route_id, destination)
        if unit is not None:
            return unit * sum([segments for _, segments in messages])
        return sum([segments * self.cost_of(route_id, recipient) for recipient, segments in messages])

    def ranks(self, route_ids: Iterable[int]) -> dict[str, dict[int, int]]:
        """Prefix → route → place of its cost, 1 for the cheapest: what RouteRank keeps."""
        routes = list(route_ids)
        prefixes = {"", *(prefix for special in self.special.values() for prefix in special)}
        return {prefix: self._ranks_at(prefix, routes) for prefix in prefixes}

    def _ranks_at(self, prefix: str, routes: list[int]) -> dict[int, int]:
        costs = {route: self.cost_of(route, prefix) for route in routes}
        places = {cost: place for place, cost in enumerate(sorted(set(costs.values())), start=1)}
        return {route: places[cost] for route, cost in costs.items()}


def read_costs() -> CostTable:
    """The table as it is; two queries. A tenant's role may not read it."""
    special: dict[int, dict[str, int]] = {}
    for route_id, prefix, micros in RouteCost.objects.values_list("route_id", "prefix", "cost_micros"):
        special.setdefault(route_id, {})[prefix] = micros
    return CostTable(dict(Route.objects.values_list("pk", "cost_micros")), special)
