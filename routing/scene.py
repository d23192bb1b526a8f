"""Everything that decides where a message goes, as values that can be changed to see what would happen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from routing.costs import CostTable, read_costs
from routing.models import Plan, Route
from routing.plan import CompiledPlan, RuleDraft, compiled, drafts_of, read_ratings, read_shunned
from routing.statuses import RouteState
from routing.strategies import Knowledge


@dataclass(frozen=True, slots=True)
class Scene:
    """Rules, routes that take messages, and what strategies know. Immutable: the methods give another scene."""

    rules: Sequence[RuleDraft]
    enabled: frozenset[int]
    costs: CostTable
    ratings: Mapping[str, Mapping[int, int]]
    shunned: frozenset[int]

    def plan(self) -> CompiledPlan:
        """What `CompiledPlan.load` would answer, were this scene stored."""
        knowledge = Knowledge(self.costs.ranks(self.enabled), self.ratings, self.shunned)
        return compiled(0, self.rules, enabled=self.enabled, knowledge=knowledge)

    def with_rules(self, rules: Sequence[RuleDraft]) -> Scene:
        return replace(self, rules=rules)

    def with_state(self, route_id: int, state: RouteState) -> Scene:
        others = self.enabled - {route_id}
        return replace(self, enabled=others | {route_id} if state == RouteState.ENABLED else others)

    def with_costs(self, route_id: int, usual: int, special: Mapping[str, int]) -> Scene:
        costs = CostTable({**self.costs.usual, route_id: usual}, {**self.costs.special, route_id: dict(special)})
        return replace(self, costs=costs)

    def with_version(self, route_id: int, version: Mapping[str, Any]) -> Scene:
        """The route as a version of it was (routing.versions)."""
        changed = self.with_state(route_id, RouteState(version["state"]))
        return changed.with_costs(route_id, version["cost_micros"], version["costs"])


def present() -> Scene:
    """The scene as it is, in a platform context; eight queries."""
    plan_id = Plan.objects.filter(is_active=True).values_list("pk", flat=True).first()
    return Scene(
        rules=drafts_of(plan_id) if plan_id else [],
        enabled=frozenset(Route.objects.filter(state=RouteState.ENABLED).values_list("pk", flat=True)),
        costs=read_costs(),
        ratings=read_ratings(),
        shunned=read_shunned(),
    )
