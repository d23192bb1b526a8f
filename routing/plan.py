"""The active plan, compiled: which routes a message may take, in order, asked millions of times a minute."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final
from uuid import UUID

from routing.models import Candidate, Plan, PlanRule, Route
from routing.statuses import RouteState

FRESH_FOR_S: Final = 5.0
MEMO_LIMIT: Final = 50_000

_Question = tuple[str, int, UUID, str]


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """Empty or None matches everything. `routes` holds only routes that take new messages."""

    prefix: str
    traffic_class: int | None
    tenant_id: UUID | None
    sender: str
    routes: tuple[int, ...]

    def matches(self, digits: str, traffic_class: int, tenant_id: UUID, sender: str) -> bool:
        return (
            digits.startswith(self.prefix)
            and self.traffic_class in (None, traffic_class)
            and self.tenant_id in (None, tenant_id)
            and self.sender in ("", sender)
        )


@dataclass(slots=True)
class CompiledPlan:
    """`version` is the plan's primary key, 0 without an active plan: what a batch keeps as the version of its rules."""

    version: int
    rules: Sequence[CompiledRule]
    _width: int = field(init=False)
    _memo: dict[_Question, tuple[int, ...]] = field(init=False, default_factory=dict)
    _cached: ClassVar[tuple[float, CompiledPlan] | None] = None

    def __post_init__(self) -> None:
        # No rule looks at more digits than this, so all numbers of a range share one answer.
        self._width = 1 + max((len(rule.prefix) for rule in self.rules), default=0)

    @classmethod
    def load(cls) -> CompiledPlan:
        """The active plan, at most FRESH_FOR_S old; two queries when it is read anew. Works in every context."""
        now = time.monotonic()
        if cls._cached is None or now - cls._cached[0] > FRESH_FOR_S:
            cls._cached = now, _read()
        return cls._cached[1]

    @classmethod
    def forget(cls) -> None:
        """Make the next `load` read again in this process; others follow within FRESH_FOR_S."""
        cls._cached = None

    def candidates(self, *, recipient: str, traffic_class: int, tenant_id: UUID, sender: str) -> tuple[int, ...]:
        """Route ids, best first; empty when there is no way.

        The first rule that matches decides: when all its routes are disabled, there is no way, since a later rule was
        not meant for this message.
        """
        question = recipient[1 : self._width], traffic_class, tenant_id, sender
        found = self._memo.get(question)
        if found is None:
            found = self._answer(question)
            if len(self._memo) >= MEMO_LIMIT:
                self._memo.clear()
            self._memo[question] = found
        return found

    def _answer(self, question: _Question) -> tuple[int, ...]:
        return next((rule.routes for rule in self.rules if rule.matches(*question)), ())


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
