"""Plans in words, and what differs between two of them: for history, preview and trail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final
from uuid import UUID

from kernel.domain.traffic import TrafficClass
from routing.models import Route
from routing.plan import RuleDraft
from routing.strategies import Strategy
from tenants.models import Tenant

TRAFFIC: Final = {
    TrafficClass.OTP: "passcodes",
    TrafficClass.TRANSACTIONAL: "transactional texts",
    TrafficClass.PROMOTIONAL: "promotional texts",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A rule of two versions side by side; `sign` is "+" for a new one, "-" for one that went, else empty."""

    sign: str
    text: str


def plan_lines(rules: Sequence[RuleDraft]) -> list[str]:
    """One sentence for each rule; two queries for the names, whatever the number of rules."""
    return [line.text for line in plan_diff(rules, rules)]


def plan_diff(before: Sequence[RuleDraft], after: Sequence[RuleDraft]) -> list[Line]:
    """All rules in order, those that came and went marked."""
    both = [*before, *after]
    routes, tenants = _routes(both), _tenants(both)
    old, new = ([_sentence(rule, routes, tenants) for rule in rules] for rules in (before, after))
    lines: list[Line] = []
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            lines += [Line("", text) for text in new[new_from:new_to]]
        else:
            lines += [Line("-", text) for text in old[old_from:old_to]]
            lines += [Line("+", text) for text in new[new_from:new_to]]
    return lines


def _routes(rules: Iterable[RuleDraft]) -> dict[int, str]:
    ids = {route_id for rule in rules for route_id in rule.route_ids}
    return dict(Route.objects.filter(pk__in=ids).values_list("pk", "name"))


def _tenants(rules: Iterable[RuleDraft]) -> dict[UUID, str]:
    ids = {rule.tenant_id for rule in rules if rule.tenant_id}
    return dict(Tenant.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def _sentence(rule: RuleDraft, routes: Mapping[int, str], tenants: Mapping[UUID, str]) -> str:
    what = []
    if rule.traffic_class is not None:
        what.append(TRAFFIC[TrafficClass(rule.traffic_class)])
    if rule.tenant_id:
        what.append(f"of {tenants.get(rule.tenant_id, 'an organisation that has gone')}")
    if rule.sender:
        what.append(f"from {rule.sender}")
    if rule.prefix:
        what.append(f"to +{rule.prefix}…")
    subject = " ".join(what) if what else "everything"
    return f"{subject[0].upper()}{subject[1:]}: {_order(rule, routes)}"


def _order(rule: RuleDraft, routes: Mapping[int, str]) -> str:
    names = [routes.get(route_id, f"route {route_id}") for route_id in rule.route_ids]
    if len(names) == 1 or rule.strategy == Strategy.PRIORITY:
        return ", then ".join(names)
    if rule.strategy == Strategy.WEIGHTED:
        weights = rule.weights or [1] * len(names)
        total = sum(weights) or 1
        return ", ".join(f"{name} {100 * weight / total:.0f} %" for name, weight in zip(names, weights, strict=True))
    first = "the cheapest" if rule.strategy == Strategy.LEAST_COST else "the one that delivers best"
    return f"{first} of {', '.join(names)}"
