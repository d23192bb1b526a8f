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


@dataclass(frozen=True, slots=True)
class Names:
    """What routes and organisations are called now."""

    routes: Mapping[int, str]
    tenants: Mapping[UUID, str]


def names_in(rules: Iterable[RuleDraft]) -> Names:
    """The names that occur in rules; two queries."""
    given = list(rules)
    routes = {route_id for rule in given for route_id in rule.route_ids}
    tenants = {rule.tenant_id for rule in given if rule.tenant_id}
    return Names(
        dict(Route.objects.filter(pk__in=routes).values_list("pk", "name")),
        dict(Tenant.objects.filter(pk__in=tenants).values_list("pk", "name")) if tenants else {},
    )


def plan_lines(rules: Sequence[RuleDraft], names: Names | None = None) -> list[str]:
    """One sentence for each rule."""
    known = names or names_in(rules)
    return [_sentence(rule, known) for rule in rules]


def plan_diff(before: Sequence[RuleDraft], after: Sequence[RuleDraft], names: Names | None = None) -> list[Line]:
    """All rules in order, those that came and went marked."""
    known = names or names_in([*before, *after])
    old, new = plan_lines(before, known), plan_lines(after, known)
    lines: list[Line] = []
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            lines += [Line("", text) for text in new[new_from:new_to]]
        else:
            lines += [Line("-", text) for text in old[old_from:old_to]]
            lines += [Line("+", text) for text in new[new_from:new_to]]
    return lines


def _sentence(rule: RuleDraft, names: Names) -> str:
    what = []
    if rule.traffic_class is not None:
        what.append(TRAFFIC[TrafficClass(rule.traffic_class)])
    if rule.tenant_id:
        what.append(f"of {names.tenants.get(rule.tenant_id, 'an organisation that has gone')}")
    if rule.sender:
        what.append(f"from {rule.sender}")
    if rule.prefix:
        what.append(f"to +{rule.prefix}…")
    subject = " ".join(what) if what else "everything"
    return f"{subject[0].upper()}{subject[1:]}: {_order(rule, names.routes)}"


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
