"""The active plan, compiled: which routes a message may take, in order, asked millions of times a minute."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final
from uuid import UUID

from kernel.domain.traffic import TrafficClass
from routing.models import Candidate, Plan, PlanRule, Route
from routing.statuses import RouteState
from routing.strategies import NOTHING_KNOWN, Knowledge, Order, Spread, Strategy, slot_of, spread

FRESH_FOR_S: Final = 5.0
MEMO_LIMIT: Final = 50_000
NO_WAY: Final[Spread] = ((),)


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """Empty or None matches everything. `routes` holds only routes that take new messages, `weights` one for each."""

    prefix: str
    traffic_class: int | None
    tenant_id: UUID | None
    sender: str
    routes: Order
    strategy: Strategy = Strategy.PRIORITY
    weights: tuple[int, ...] = ()

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

    def routes_for(self, recipients: Sequence[str], *, traffic_class: int, tenant_id: UUID, sender: str) -> list[Order]:
        """`candidates` of many recipients, in their order. Equal answers are the same object, so `is` groups them.

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


def _read() -> CompiledPlan:
    plan = Plan.objects.filter(is_active=True).first()
    if plan is None:
        return CompiledPlan(0, ())
    open_routes = set(Route.objects.filter(state=RouteState.ENABLED).values_list("id", flat=True))
    rules = list(PlanRule.objects.filter(plan=plan).order_by("position"))
    candidates = Candidate.objects.filter(rule__plan=plan).order_by("rule_id", "position")
    return CompiledPlan(plan.pk, [_compile(rule, candidates, open_routes) for rule in rules])


def _compile(rule: PlanRule, candidates: Iterable[Candidate], open_routes: set[int]) -> CompiledRule:
    routes = tuple(c.route_id for c in candidates if c.rule_id == rule.pk and c.route_id in open_routes)
    return CompiledRule(rule.prefix, rule.traffic_class, rule.tenant_id, rule.sender, routes)
