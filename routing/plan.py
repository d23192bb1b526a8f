"""The active plan, compiled: which routes a message may take, in order, asked millions of times a minute."""

from __future__ import annotations

import time
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Final
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now

from kernel.domain.traffic import TrafficClass
from routing.models import Breaker, Candidate, Plan, PlanRule, Route, RouteQuality, RouteRank
from routing.statuses import BreakerState, RouteState
from routing.strategies import NOTHING_KNOWN, Knowledge, Order, Spread, Strategy, longest, slot_of, spread

FRESH_FOR_S: Final = 5.0
MEMO_LIMIT: Final = 50_000
NO_WAY: Final[Spread] = ((),)


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """A rule as a form or a stored version says it. What is left out matches everything.

    Args:
        route_ids: in the order they are tried, unless the strategy knows better.
        weights: one for each route, for Strategy.WEIGHTED; none is 1 each.
    """

    route_ids: Sequence[int]
    prefix: str = ""
    traffic_class: int | None = None
    tenant_id: UUID | None = None
    sender: str = ""
    strategy: Strategy = Strategy.PRIORITY
    weights: Sequence[int] = ()


class NoWay(StrEnum):
    """Why a message has no route: no rule is about it, or no route of its rule takes new messages."""

    NO_RULE = "no rule"
    DRAINING = "draining"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """Empty or None matches everything. `routes` holds only routes that take new messages, `weights` one for each;
    `closed` says how it is with the others.
    """

    prefix: str
    traffic_class: int | None
    tenant_id: UUID | None
    sender: str
    routes: Order
    strategy: Strategy = Strategy.PRIORITY
    weights: tuple[int, ...] = ()
    closed: NoWay = NoWay.DISABLED

    def is_for(self, traffic_class: int, tenant_id: UUID, sender: str) -> bool:
        """Whether some numbers of these messages are this rule's."""
        return (
            self.traffic_class in (None, traffic_class)
            and self.tenant_id in (None, tenant_id)
            and self.sender in ("", sender)
        )


@dataclass(slots=True)
class _Part:
    """The rules for one class, tenant and sender; no digit of a number beyond `width` matters to them."""

    rules: Sequence[CompiledRule]
    width: int
    spreads: dict[str, Spread] = field(default_factory=dict)


@dataclass(slots=True)
class CompiledPlan:
    """`version` is the plan's primary key, 0 without an active plan: what a batch keeps as the version of its rules."""

    version: int
    rules: Sequence[CompiledRule]
    knowledge: Knowledge = NOTHING_KNOWN
    _parts: dict[tuple[int, UUID, str], _Part] = field(init=False, default_factory=dict)
    _remembered: int = field(init=False, default=0)
    _cached: ClassVar[tuple[float, CompiledPlan] | None] = None

    @classmethod
    def load(cls) -> CompiledPlan:
        """The active plan, at most FRESH_FOR_S old; a few queries when it is read anew. Works in every context."""
        now = time.monotonic()
        if cls._cached is None or now - cls._cached[0] > FRESH_FOR_S:
            cls._cached = now, _read()
        return cls._cached[1]

    @classmethod
    def forget(cls) -> None:
        """Make the next `load` read again in this process; others follow within FRESH_FOR_S."""
        cls._cached = None

    def candidates(self, *, recipient: str, traffic_class: int, tenant_id: UUID, sender: str) -> Order:
        """Route ids, best first; empty when there is no way.

        The first rule that matches decides: when all its routes are disabled, there is no way, since a later rule was
        not meant for this message.
        """
        part = self._part(traffic_class, tenant_id, sender)
        digits = recipient[1 : part.width]
        orders = part.spreads.get(digits) or self._answer(part, digits, traffic_class)
        return orders[0] if len(orders) == 1 else orders[slot_of(recipient)]

    def why_none(self, recipient: str, traffic_class: int, tenant_id: UUID, sender: str) -> NoWay:
        """Of a message that has no candidates; routes that are broken stay candidates, and are waited for."""
        rules = self._part(traffic_class, tenant_id, sender).rules
        return next((rule.closed for rule in rules if recipient[1:].startswith(rule.prefix)), NoWay.NO_RULE)

    def ways(self, *, destination: str, traffic_class: int, tenant_id: UUID, sender: str) -> frozenset[int]:
        """Routes that every number beginning with these digits may take, whichever the strategies would prefer."""
        ways: frozenset[int] | None = None
        for rule in self._part(traffic_class, tenant_id, sender).rules:
            if destination.startswith(rule.prefix) or rule.prefix.startswith(destination):
                ways = frozenset(rule.routes) if ways is None else ways & frozenset(rule.routes)
            if destination.startswith(rule.prefix):
                return ways or frozenset()
        # Some numbers, or all, meet no rule.
        return frozenset()

    def routes_for(self, recipients: Sequence[str], *, traffic_class: int, tenant_id: UUID, sender: str) -> list[Order]:
        """`candidates` of many recipients, in their order.

        Numbers are looked at one by one only where a rule splits them by weight or explores.
        """
        part = self._part(traffic_class, tenant_id, sender)
        width = part.width
        if width == 1:
            orders = part.spreads.get("") or self._answer(part, "", traffic_class)
            if len(orders) == 1:
                return [orders[0]] * len(recipients)
            return [orders[slot_of(recipient)] for recipient in recipients]
        beginnings = [recipient[1:width] for recipient in recipients]
        spreads = {
            digits: part.spreads.get(digits) or self._answer(part, digits, traffic_class) for digits in set(beginnings)
        }
        if all(len(orders) == 1 for orders in spreads.values()):
            single = {digits: orders[0] for digits, orders in spreads.items()}
            return [single[digits] for digits in beginnings]
        return [
            orders[0] if len(orders := spreads[digits]) == 1 else orders[slot_of(recipient)]
            for digits, recipient in zip(beginnings, recipients, strict=True)
        ]

    def _part(self, traffic_class: int, tenant_id: UUID, sender: str) -> _Part:
        key = traffic_class, tenant_id, sender
        part = self._parts.get(key)
        if part is None:
            self._make_room()
            rules = [rule for rule in self.rules if rule.is_for(*key)]
            widths = (max(len(rule.prefix), self.knowledge.width(rule.strategy)) for rule in rules)
            part = self._parts[key] = _Part(rules, 1 + max(widths, default=0))
        return part

    def _answer(self, part: _Part, digits: str, traffic_class: int) -> Spread:
        rule = next((rule for rule in part.rules if digits.startswith(rule.prefix)), None)
        orders = NO_WAY
        if rule is not None:
            # A passcode is no guinea pig.
            explores = traffic_class != TrafficClass.OTP
            orders = spread(
                rule.strategy, rule.routes, rule.weights, digits=digits, explores=explores, knowledge=self.knowledge
            )
        self._make_room()
        part.spreads[digits] = orders
        return orders

    def _make_room(self) -> None:
        self._remembered += 1
        if self._remembered > MEMO_LIMIT:
            self._parts.clear()
            self._remembered = 0


def compiled(
    version: int,
    rules: Iterable[RuleDraft],
    *,
    enabled: Container[int],
    knowledge: Knowledge,
    draining: Container[int] = frozenset(),
) -> CompiledPlan:
    """Rules as a plan that can be asked: for `load`, and for a preview of rules that are not stored."""
    return CompiledPlan(version, [_compiled_rule(rule, enabled, draining) for rule in rules], knowledge)


def _compiled_rule(rule: RuleDraft, enabled: Container[int], draining: Container[int]) -> CompiledRule:
    weights = rule.weights or [1] * len(rule.route_ids)
    taken = [(route, weight) for route, weight in zip(rule.route_ids, weights, strict=True) if route in enabled]
    return CompiledRule(
        rule.prefix,
        rule.traffic_class,
        rule.tenant_id,
        rule.sender,
        tuple(route for route, _ in taken),
        Strategy(rule.strategy),
        tuple(weight for _, weight in taken),
        NoWay.DRAINING if any(route in draining for route in rule.route_ids) else NoWay.DISABLED,
    )


def drafts_of(plan_id: int) -> list[RuleDraft]:
    """The rules of a version, in order; two queries."""
    return drafts_by_plan([plan_id])[plan_id]


def drafts_by_plan(plan_ids: Sequence[int]) -> dict[int, list[RuleDraft]]:
    """The rules of many versions; two queries."""
    routes: dict[int, list[tuple[int, int]]] = {}
    candidates = Candidate.objects.filter(rule__plan__in=plan_ids).order_by("rule_id", "position")
    for rule_id, route_id, weight in candidates.values_list("rule_id", "route_id", "weight"):
        routes.setdefault(rule_id, []).append((route_id, weight))
    drafts: dict[int, list[RuleDraft]] = {plan_id: [] for plan_id in plan_ids}
    for rule in PlanRule.objects.filter(plan__in=plan_ids).order_by("position"):
        taken = routes.get(rule.pk, [])
        draft = RuleDraft(
            [route_id for route_id, _ in taken],
            rule.prefix,
            rule.traffic_class,
            rule.tenant_id,
            rule.sender,
            Strategy(rule.strategy),
            [weight for _, weight in taken],
        )
        drafts[rule.plan_id].append(draft)
    return drafts


def _read() -> CompiledPlan:
    plan_id = Plan.objects.filter(is_active=True).values_list("pk", flat=True).first()
    if plan_id is None:
        return CompiledPlan(0, ())
    states = dict(Route.objects.values_list("id", "state"))
    enabled = {route_id for route_id, state in states.items() if state == RouteState.ENABLED}
    draining = {route_id for route_id, state in states.items() if state == RouteState.DRAINING}
    rules = drafts_of(plan_id)
    strategies = {rule.strategy for rule in rules}
    ranks = read_ranks() if Strategy.LEAST_COST in strategies else {}
    ratings = read_ratings() if Strategy.BEST_DELIVERY in strategies else {}
    knowledge = Knowledge(ranks, ratings, read_shunned())
    return compiled(plan_id, rules, enabled=enabled, knowledge=knowledge, draining=draining)


def read_ranks() -> dict[str, dict[int, int]]:
    """Prefix → route → place of its cost; one query."""
    ranks: dict[str, dict[int, int]] = {}
    for prefix, route_id, rank in RouteRank.objects.values_list("prefix", "route_id", "rank"):
        ranks.setdefault(prefix, {})[route_id] = rank
    return ranks


def read_ratings() -> dict[str, dict[int, int]]:
    """Destination → route → rating; what was measured for a shorter prefix counts for a longer one too. One query."""
    rows = RouteQuality.objects.values_list("destination", "route_id", "rating")
    ratings: dict[str, dict[int, int]] = {}
    for destination, route_id, rating in sorted(rows, key=lambda row: len(row[0])):
        known = ratings.get(destination)
        if known is None:
            known = ratings[destination] = dict(longest(ratings, destination))
        known[route_id] = rating
    return ratings


def read_shunned() -> frozenset[int]:
    """Routes whose breaker is open. When its pause is over a route is asked again, else nothing would probe it."""
    resting = Q(next_probe_at=None) | Q(next_probe_at__gt=Now())
    return frozenset(Breaker.objects.filter(resting, state=BreakerState.OPEN).values_list("route_id", flat=True))
