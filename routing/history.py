"""Read models of what was: versions of routes and plans with what each changed. Call in a platform context."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from routing.models import Plan, Route, RouteVersion
from routing.plan import drafts_by_plan
from routing.sentences import Line, names_in, plan_diff
from routing.versions import Difference, differences, snapshot


@dataclass(frozen=True, slots=True)
class RouteStep:
    """A version of a route; `changes` against the one before it, empty for the first."""

    version: RouteVersion
    changes: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class PlanStep:
    """A version of the plan; `lines` against the one before it, what stayed left out."""

    version: Plan
    lines: Sequence[Line]


def route_versions(route_id: int) -> QuerySet[RouteVersion]:
    return RouteVersion.objects.filter(route_id=route_id).order_by("-pk")


def route_steps(newest_first: Iterable[RouteVersion]) -> list[RouteStep]:
    """Successive versions of a route, each with what it changed; one query for the one before the oldest."""
    versions = list(newest_first)
    if not versions:
        return []
    oldest = versions[-1]
    before = RouteVersion.objects.filter(route_id=oldest.route_id, number=oldest.number - 1).first()
    return [
        RouteStep(version, differences(earlier.snapshot, version.snapshot) if earlier else [])
        for version, earlier in zip(versions, [*versions[1:], before], strict=True)
    ]


def since_version(route_id: int, number: int) -> list[Difference]:
    """What changed of a route after a version; empty when there is no such version. Three queries."""
    earlier = RouteVersion.objects.filter(route_id=route_id, number=number).first()
    return differences(earlier.snapshot, snapshot(Route.objects.get(pk=route_id))) if earlier else []


def plan_versions() -> QuerySet[Plan]:
    return Plan.objects.order_by("-pk")


def plan_steps(newest_first: Iterable[Plan]) -> list[PlanStep]:
    """Successive versions of the plan, each with the rules it changed; five queries, whatever their number."""
    versions = list(newest_first)
    if not versions:
        return []
    before = Plan.objects.filter(pk__lt=versions[-1].pk).order_by("-pk").first()
    chain = [*versions, *([before] if before else [])]
    drafts = drafts_by_plan([version.pk for version in chain])
    names = names_in(rule for rules in drafts.values() for rule in rules)
    rules = [*(drafts[version.pk] for version in chain), *([] if before else [[]])]
    return [
        PlanStep(version, [line for line in plan_diff(earlier, later, names) if line.sign])
        for version, later, earlier in zip(versions, rules, rules[1:], strict=False)
    ]
