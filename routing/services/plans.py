"""The plan: every change is a new version, so that a batch can always say by which rules it was routed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Max

from audit.services import SYSTEM, Actor, record_for_platform
from kernel.db.tenancy import platform_context
from routing.errors import ChangedMeanwhile, NoSuchVersion, PlanProblem
from routing.models import Candidate, Plan, PlanRule, Route
from routing.plan import CompiledPlan, RuleDraft, drafts_of
from routing.sentences import plan_lines
from routing.strategies import Strategy

__all__ = ["RuleDraft", "check_rules", "restore_plan", "save_plan"]

DEFAULT_NAME = "default"
MAX_WEIGHT = 1000


def save_plan(
    *,
    rules: Sequence[RuleDraft],
    name: str = DEFAULT_NAME,
    actor: Actor = SYSTEM,
    note: str = "",
    expected: int | None = None,
    now: datetime | None = None,
) -> Plan:
    """Store the rules, in the order they are asked, as the next version, and make it the active one.

    The same rules as those in force make no new version.

    Args:
        expected: the version that the person had before their eyes, 0 for none; None does not ask.

    Raises:
        PlanProblem: a prefix that is no digits, a rule without routes, an unknown route, one named twice, weights
            without sense, or routes compared by cost in different currencies.
        ChangedMeanwhile: another version is in force than the expected one.
    """
    with platform_context(reason="change the plan"):
        # One at a time: two new versions must not both become active, nor get one number.
        list(Plan.objects.select_for_update().filter(name=name).only("pk"))
        active = Plan.objects.filter(is_active=True).first()
        current = active.version if active else 0
        if expected is not None and expected != current:
            raise ChangedMeanwhile("the plan", active.actor_label if active else "", current)
        check_rules(rules)
        before = drafts_of(active.pk) if active else []
        if active and _alike(before, rules):
            return active
        plan = _store(name, rules, actor, note)
        record_for_platform(
            action="plan.change",
            actor=actor,
            object_type="plan",
            number=plan.pk,
            summary=f"Made version {plan.version} of the plan" + (f": {note}" if note else ""),
            before={"version": current, "rules": plan_lines(before)},
            after={"version": plan.version, "rules": plan_lines(rules)},
            now=now,
        )
    CompiledPlan.forget()
    return plan


def restore_plan(*, version: int, actor: Actor, expected: int | None = None, now: datetime | None = None) -> Plan:
    """Make the rules of an earlier version current again, as a new version.

    Raises:
        NoSuchVersion: there is none of that number.
        ChangedMeanwhile, PlanProblem: see save_plan.
    """
    earlier = Plan.objects.filter(name=DEFAULT_NAME, version=version).first()
    if earlier is None:
        raise NoSuchVersion(version)
    note = f"Back to version {version}"
    return save_plan(rules=drafts_of(earlier.pk), actor=actor, note=note, expected=expected, now=now)


def check_rules(rules: Sequence[RuleDraft]) -> None:
    """Refuse rules that cannot work, in words; one query.

    Raises:
        PlanProblem: see save_plan.
    """
    currencies = dict(Route.objects.values_list("id", "currency"))
    for position, rule in enumerate(rules, start=1):
        if rule.prefix and not (rule.prefix.isascii() and rule.prefix.isdigit()):
            raise PlanProblem(
                f"The prefix {rule.prefix!r} of rule {position} is not a number.",
                "Write the leading digits of the recipient without a plus, such as 9198.",
                position=position,
            )
        if not rule.route_ids:
            raise PlanProblem(f"Rule {position} has no route.", "Add one, or delete the rule.", position=position)
        if len(set(rule.route_ids)) < len(rule.route_ids) or not currencies.keys() >= set(rule.route_ids):
            raise PlanProblem(
                f"Rule {position} names a route twice, or one that does not exist.",
                "Name each route once.",
                position=position,
            )
        _check_strategy(position, rule, {currencies[route_id] for route_id in rule.route_ids})


def _check_strategy(position: int, rule: RuleDraft, currencies: set[str]) -> None:
    if rule.strategy == Strategy.LEAST_COST and len(currencies) > 1:
        raise PlanProblem(
            f"Rule {position} compares costs in {' and '.join(sorted(currencies))}.",
            "Compare routes of one currency, or choose another order.",
            position=position,
        )
    if rule.weights and (
        len(rule.weights) != len(rule.route_ids) or not all(0 <= weight <= MAX_WEIGHT for weight in rule.weights)
    ):
        raise PlanProblem(
            f"The weights of rule {position} do not fit its routes.",
            f"Give each route one from 0 to {MAX_WEIGHT}.",
            position=position,
        )
    if rule.strategy == Strategy.WEIGHTED and rule.weights and not any(rule.weights):
        raise PlanProblem(
            f"All weights of rule {position} are 0.", "Give at least one route a weight above 0.", position=position
        )


def _alike(one: Sequence[RuleDraft], other: Sequence[RuleDraft]) -> bool:
    return [_essence(rule) for rule in one] == [_essence(rule) for rule in other]


def _essence(rule: RuleDraft) -> tuple[object, ...]:
    weights = tuple(rule.weights) or (1,) * len(rule.route_ids)
    what = rule.prefix, rule.traffic_class, rule.tenant_id, rule.sender
    return (*what, str(rule.strategy), tuple(rule.route_ids), weights)


def _store(name: str, rules: Sequence[RuleDraft], actor: Actor, note: str) -> Plan:
    last = Plan.objects.filter(name=name).aggregate(Max("version"))["version__max"] or 0
    Plan.objects.filter(is_active=True).update(is_active=False)
    plan = Plan.objects.create(
        name=name,
        version=last + 1,
        is_active=True,
        actor_id=actor.id,
        actor_label=actor.label[:255],
        note=note[:200],
    )
    stored = PlanRule.objects.bulk_create(
        [
            PlanRule(
                plan=plan, position=position, prefix=rule.prefix, traffic_class=rule.traffic_class,
                tenant_id=rule.tenant_id, sender=rule.sender, strategy=rule.strategy,
            )
            for position, rule in enumerate(rules)
        ]
    )  # fmt: skip
    Candidate.objects.bulk_create(
        [
            Candidate(rule=row, route_id=route_id, position=position, weight=weight)
            for row, rule in zip(stored, rules, strict=True)
            for position, (route_id, weight) in enumerate(
                zip(rule.route_ids, rule.weights or [1] * len(rule.route_ids), strict=True)
            )
        ]
    )
    return plan
