"""What was, who changed it, and going back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from django.db import ProgrammingError, connection

from audit.models import Entry
from audit.queries import platform_entries
from audit.sealing import seal_all
from audit.services import PLATFORM, Actor
from audit.verifying import verify_tenant
from kernel.db.tenancy import platform_context, tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.ids import uuid7
from routing.errors import ChangedMeanwhile, NoSuchVersion, PlanProblem
from routing.history import plan_steps, plan_versions, route_steps, route_versions, since_version
from routing.models import Drain, Plan, Route, RouteVersion
from routing.plan import RuleDraft, drafts_of
from routing.sentences import plan_diff
from routing.services.plans import restore_plan, save_plan
from routing.services.routes import Change, RouteDraft, RouteTerms, restore_route, set_route_state, update_route
from routing.statuses import RouteState
from routing.strategies import Strategy
from routing.tests.builders import make_route

pytestmark = pytest.mark.django_db

OMKAR = Actor(uuid7(), "Omkar")


def by_omkar(note: str = "", expected: int | None = None) -> Change:
    return Change(OMKAR, note, expected, utc_now())


def update(route: Route, change: Change | None = None, **changes: object) -> Route:
    given: dict[str, object] = {"name": route.name, "kind": "smpp", "settings": route.settings, **changes}
    return update_route(route_id=route.pk, draft=RouteDraft(**given), change=change or by_omkar())  # type: ignore[arg-type]  # the changes are a draft's


def labels(route: Route) -> list[list[str]]:
    return [[change.label for change in step.changes] for step in route_steps(route_versions(route.pk))]


def test_every_change_of_a_route_is_a_version_that_says_who_and_why() -> None:
    route = make_route(tps=100)
    update(route, by_omkar("More speed from Monday"), terms=RouteTerms(tps=250), costs={"9198": 80_000})
    set_route_state(route_id=route.pk, state=RouteState.DRAINING, now=utc_now(), change=by_omkar())
    assert labels(route) == [["Use"], ["Parts a second", "Cost of a segment to +9198"], []]
    second = route_versions(route.pk)[1]
    assert (second.number, second.actor_label, second.note) == (2, "Omkar", "More speed from Monday")


def test_saving_what_is_there_already_is_no_version() -> None:
    route = make_route()
    update(route)
    assert route_versions(route.pk).count() == 1


def test_a_secret_is_remembered_by_its_fingerprint_alone() -> None:
    route = make_route()
    update(route, secrets={"password": "letter"})
    kept = json.dumps(list(RouteVersion.objects.values_list("snapshot", flat=True)))
    with platform_context(reason="test"):
        told = json.dumps(list(Entry.objects.values_list("summary", "before", "after")))
    assert not any(secret in place for secret in ("postman", "letter") for place in (kept, told))
    (change,) = route_steps(route_versions(route.pk))[0].changes
    assert change.label == "Password"
    assert change.before.startswith("secret, fingerprint ")
    assert change.before != change.after


def test_going_back_makes_a_new_version_and_rewrites_nothing() -> None:
    route = make_route(tps=100, cost_micros=90_000)
    update(route, terms=RouteTerms(tps=250, cost_micros=10), costs={"91": 5})
    restore_route(route_id=route.pk, number=1, now=utc_now(), change=by_omkar())
    route.refresh_from_db()
    assert (route.tps, route.cost_micros, route.costs.count()) == (100, 90_000, 0)
    assert [version.number for version in route_versions(route.pk)] == [3, 2, 1]
    restore_route(route_id=route.pk, number=2, now=utc_now(), change=by_omkar())
    route.refresh_from_db()
    assert (route.tps, list(route.costs.values_list("prefix", "cost_micros"))) == (250, [("91", 5)])


def test_going_back_leaves_secrets_as_they_are() -> None:
    route = make_route()
    changed = update(route, secrets={"password": "letter"}, terms=RouteTerms(tps=7))
    assert restore_route(route_id=route.pk, number=1, now=utc_now()).secrets_encrypted == changed.secrets_encrypted


def test_undoing_a_switch_switches_back() -> None:
    route = make_route(state=RouteState.ENABLED)
    set_route_state(route_id=route.pk, state=RouteState.DISABLED, now=utc_now())
    assert restore_route(route_id=route.pk, number=1, now=utc_now()).state == RouteState.ENABLED


def test_a_route_from_before_versions_begins_its_history_with_what_it_was() -> None:
    route = Route.objects.create(name="Old", kind="smpp", tps=100)
    update(route, terms=RouteTerms(tps=5))
    first, second = route_versions(route.pk).order_by("pk")
    assert (first.snapshot["tps"], first.actor_label) == (100, "")
    assert (second.number, second.snapshot["tps"]) == (2, 5)


def test_who_was_overtaken_is_told_by_whom_and_nothing_is_saved() -> None:
    route = make_route()
    update(route, by_omkar(expected=1), terms=RouteTerms(tps=5))
    with pytest.raises(ChangedMeanwhile, match="Omkar changed the route Operator A"):
        update(route, by_omkar(expected=1), terms=RouteTerms(tps=6))
    route.refresh_from_db()
    assert route.tps == 5
    assert [change.label for change in since_version(route.pk, 1)] == ["Parts a second"]


def test_a_version_that_never_was_is_refused() -> None:
    with pytest.raises(NoSuchVersion):
        restore_route(route_id=make_route().pk, number=9, now=utc_now())
    with pytest.raises(NoSuchVersion):
        restore_plan(version=9, actor=OMKAR)


@pytest.mark.parametrize("statement", ["UPDATE routing_routeversion SET note = ''", "DELETE FROM routing_routeversion"])
def test_nobody_rewrites_what_was(statement: str) -> None:
    make_route()
    with pytest.raises(ProgrammingError, match="permission denied"), platform_context(reason="test"):
        connection.cursor().execute(statement)


def test_a_tenant_reads_no_versions() -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), tenant_context(uuid7()):
        RouteVersion.objects.first()


def test_undoing_the_plan_brings_back_rules_strategies_and_weights() -> None:
    a, b = make_route("A").pk, make_route("B").pk
    weighted = RuleDraft([a, b], "91", strategy=Strategy.WEIGHTED, weights=[70, 30])
    save_plan(rules=[weighted], actor=OMKAR)
    save_plan(rules=[RuleDraft([b])], actor=OMKAR)
    back = restore_plan(version=1, actor=OMKAR, expected=2)
    assert (back.version, back.note, drafts_of(back.pk)) == (3, "Back to version 1", [weighted])
    assert Plan.objects.get(is_active=True) == back


def test_the_same_rules_are_no_new_version() -> None:
    rules = [RuleDraft([make_route().pk])]
    assert save_plan(rules=rules) == save_plan(rules=rules)


def test_a_plan_that_was_overtaken_is_not_saved() -> None:
    a, b = make_route("A").pk, make_route("B").pk
    save_plan(rules=[RuleDraft([a])], actor=OMKAR, expected=0)
    with pytest.raises(ChangedMeanwhile, match="Omkar changed the plan"):
        save_plan(rules=[RuleDraft([b])], expected=0)
    assert Plan.objects.count() == 1


def test_a_history_says_in_words_which_rules_came_and_went() -> None:
    a, b = make_route("A").pk, make_route("B").pk
    rest = RuleDraft([a, b])
    save_plan(rules=[rest])
    save_plan(rules=[RuleDraft([b], "9198", traffic_class=0, sender="BANK"), rest])
    save_plan(rules=[replace(rest, strategy=Strategy.LEAST_COST)])
    steps = plan_steps(plan_versions())
    assert [[f"{line.sign} {line.text}" for line in step.lines] for step in steps] == [
        ["- Passcodes from BANK to +9198…: B", "- Everything: A, then B", "+ Everything: the cheapest of A, B"],
        ["+ Passcodes from BANK to +9198…: B"],
        ["+ Everything: A, then B"],
    ]


def test_rules_that_stay_are_not_marked() -> None:
    a, b = make_route("A").pk, make_route("B").pk
    lines = plan_diff([RuleDraft([a]), RuleDraft([b])], [RuleDraft([a]), RuleDraft([a, b])])
    assert [line.sign for line in lines] == ["", "-", "+"]


@pytest.mark.parametrize(
    ("strategy", "weights", "word"),
    [
        (Strategy.LEAST_COST, [], "INR and USD"),
        (Strategy.WEIGHTED, [0, 0], "are 0"),
        (Strategy.WEIGHTED, [1], "do not fit"),
        (Strategy.WEIGHTED, [1, 2000], "do not fit"),
    ],
)
def test_a_strategy_without_sense_is_refused(strategy: Strategy, weights: list[int], word: str) -> None:
    rupees, dollars = make_route("A").pk, make_route("B", currency="USD").pk
    with pytest.raises(PlanProblem, match=word):
        save_plan(rules=[RuleDraft([rupees, dollars], strategy=strategy, weights=weights)])


def test_the_platforms_trail_tells_every_change_and_is_sealed() -> None:
    route = make_route()
    update(route, by_omkar("Cheaper"), terms=RouteTerms(cost_micros=5))
    save_plan(rules=[RuleDraft([route.pk])], actor=OMKAR)
    seal_all(now=utc_now())
    with platform_context(reason="test"):
        entries = list(platform_entries().order_by("pk"))
        assert [entry.action for entry in entries] == ["route.create", "route.update", "plan.change"]
        assert entries[1].actor_label == "Omkar"
        assert entries[1].after == {"cost_micros": 5}
        assert platform_entries(object_type="route", number=route.pk).count() == 2
    assert verify_tenant(PLATFORM).breaks == []


def test_no_tenant_reads_the_platforms_trail() -> None:
    make_route()
    with tenant_context(uuid7()):
        assert not Entry.objects.exists()


def test_a_version_that_was_draining_drains_again_and_its_queue_moves_on() -> None:
    route = make_route()
    set_route_state(route_id=route.pk, state=RouteState.DRAINING, now=utc_now(), change=by_omkar())
    set_route_state(route_id=route.pk, state=RouteState.ENABLED, now=utc_now(), change=by_omkar())
    assert not Drain.objects.exists()
    restore_route(route_id=route.pk, number=2, now=utc_now(), change=by_omkar())
    assert Drain.objects.get(route=route).moves_queue
