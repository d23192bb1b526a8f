"""The plan: every change is a new version, so that a batch can always say by which rules it was routed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from routing.errors import PlanProblem
from routing.models import Candidate, Plan, PlanRule, Route
from routing.plan import CompiledPlan

DEFAULT_NAME = "default"


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """What is left out matches everything. `route_ids` in the order they are tried."""

    route_ids: Sequence[int]
    prefix: str = ""
    traffic_class: int | None = None
    tenant_id: UUID | None = None
    sender: str = ""


def save_plan(*, rules: Sequence[RuleDraft], name: str = DEFAULT_NAME) -> Plan:
    """Store the rules, in the order they are asked, as the next version, and make it the active one.

    Raises:
        PlanProblem: a prefix that is no digits, a rule without routes, an unknown route, or one named twice.
    """
    _check(rules)
    with transaction.atomic():
        # One at a time: two new versions must not both become active, nor get one number.
        list(Plan.objects.select_for_update().filter(name=name))
        last = Plan.objects.filter(name=name).aggregate(Max("version"))["version__max"] or 0
        Plan.objects.filter(is_active=True).update(is_active=False)
        plan = Plan.objects.create(name=name, version=last + 1, is_active=True)
        stored = PlanRule.objects.bulk_create(
            [
                PlanRule(
                    plan=plan, position=position, prefix=rule.prefix, traffic_class=rule.traffic_class,
                    tenant_id=rule.tenant_id, sender=rule.sender,
                )
                for position, rule in enumerate(rules)
            ]
        )  # fmt: skip
        Candidate.objects.bulk_create(
            [
                Candidate(rule=row, route_id=route_id, position=position)
                for row, rule in zip(stored, rules, strict=True)
                for position, route_id in enumerate(rule.route_ids)
            ]
        )
    CompiledPlan.forget()
    return plan


def _check(rules: Sequence[RuleDraft]) -> None:
    known = set(Route.objects.values_list("id", flat=True))
    for position, rule in enumerate(rules, start=1):
        if rule.prefix and not (rule.prefix.isascii() and rule.prefix.isdigit()):
            raise PlanProblem(
                f"The prefix {rule.prefix!r} of rule {position} is not a number.",
                "Write the leading digits of the recipient without a plus, such as 9198.",
                position=position,
            )
        if not rule.route_ids:
            raise PlanProblem(f"Rule {position} has no route.", "Add one, or delete the rule.", position=position)
        if len(set(rule.route_ids)) < len(rule.route_ids) or not known.issuperset(rule.route_ids):
            raise PlanProblem(
                f"Rule {position} names a route twice, or one that does not exist.",
                "Name each route once.",
                position=position,
            )
