from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.traffic import TrafficClass
from routing.errors import PlanProblem
from routing.models import Plan
from routing.plan import CompiledPlan, CompiledRule
from routing.services.plans import RuleDraft, save_plan
from routing.services.routes import set_route_state
from routing.statuses import RouteState
from routing.tests.builders import make_route

pytestmark = pytest.mark.django_db

ANNA = UUID(int=1)
BOB = UUID(int=2)


@pytest.fixture(autouse=True)
def _fresh_plan() -> None:
    CompiledPlan.forget()


def ask(**changes: Any) -> tuple[int, ...]:
    question: dict[str, Any] = {
        "recipient": "+919812345678",
        "traffic_class": TrafficClass.TRANSACTIONAL,
        "tenant_id": ANNA,
        "sender": "DAKIYA",
    }
    return CompiledPlan.load().candidates(**{**question, **changes})


def test_without_a_plan_there_is_no_way() -> None:
    assert ask() == ()


def test_candidates_come_in_the_order_of_the_rule() -> None:
    first, second = make_route("A"), make_route("B")
    save_plan(rules=[RuleDraft([second.pk, first.pk])])
    assert ask() == (second.pk, first.pk)


def test_the_ways_of_a_destination_are_those_of_all_its_numbers() -> None:
    jio, both, rest = make_route("Jio"), make_route("Both"), make_route("Rest")
    save_plan(rules=[RuleDraft([jio.pk, both.pk], prefix="9198"), RuleDraft([both.pk, rest.pk], prefix="91")])
    whose: dict[str, Any] = {"traffic_class": TrafficClass.TRANSACTIONAL, "tenant_id": ANNA, "sender": "DAKIYA"}
    ways = {
        digits: CompiledPlan.load().ways(destination=digits, **whose) for digits in ("9198", "91", "919", "9", "44")
    }
    assert ways["9198"] == {jio.pk, both.pk}
    assert ways["91"] == ways["919"] == {both.pk}
    assert ways["9"] == ways["44"] == set()


def test_the_first_rule_that_matches_decides() -> None:
    otp, jio, rest = make_route("Otp"), make_route("Jio"), make_route("Rest")
    save_plan(
        rules=[
            RuleDraft([otp.pk], traffic_class=TrafficClass.OTP),
            RuleDraft([jio.pk], prefix="9198"),
            RuleDraft([rest.pk]),
        ]
    )
    assert ask(traffic_class=TrafficClass.OTP) == (otp.pk,)
    assert ask() == (jio.pk,)
    assert ask(recipient="+447700900123") == (rest.pk,)


def test_rules_can_be_for_one_tenant_or_one_sender() -> None:
    own, banner = make_route("Own"), make_route("Banner")
    save_plan(rules=[RuleDraft([own.pk], tenant_id=ANNA), RuleDraft([banner.pk], sender="BANNER")])
    assert ask(tenant_id=ANNA) == (own.pk,)
    assert ask(tenant_id=BOB, sender="BANNER") == (banner.pk,)
    assert ask(tenant_id=BOB) == ()


@pytest.mark.parametrize("state", [RouteState.DISABLED, RouteState.DRAINING])
def test_a_route_that_takes_nothing_new_drops_out(state: RouteState) -> None:
    first, second = make_route("A"), make_route("B")
    save_plan(rules=[RuleDraft([first.pk, second.pk])])
    set_route_state(route_id=first.pk, state=state, now=utc_now())
    assert ask() == (second.pk,)


def test_a_rule_whose_routes_are_all_off_leaves_no_way() -> None:
    only, other = make_route("A"), make_route("B")
    save_plan(rules=[RuleDraft([only.pk], prefix="91"), RuleDraft([other.pk])])
    set_route_state(route_id=only.pk, state=RouteState.DISABLED, now=utc_now())
    assert ask() == ()


def test_saving_makes_a_new_version_and_keeps_the_old_one() -> None:
    route = make_route()
    old = save_plan(rules=[RuleDraft([route.pk], prefix="91")])
    new = save_plan(rules=[RuleDraft([route.pk])])
    assert (old.version, new.version) == (1, 2)
    assert list(Plan.objects.filter(is_active=True)) == [new]
    assert old.rules.get().prefix == "91"
    assert CompiledPlan.load().version == new.pk


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        (RuleDraft([1], prefix="+91"), "prefix"),
        (RuleDraft([]), "no route"),
        (RuleDraft([1, 1]), "twice"),
        (RuleDraft([10**9]), "does not exist"),
    ],
)
def test_a_plan_that_cannot_work_is_refused_whole(rule: RuleDraft, word: str) -> None:
    route = make_route()
    given = [route.pk if number == 1 else number for number in rule.route_ids]
    with pytest.raises(PlanProblem, match=word.replace("+", r"\+")):
        save_plan(rules=[RuleDraft([route.pk]), RuleDraft(given, prefix=rule.prefix)])
    assert not Plan.objects.exists()


def test_a_plan_is_read_once_for_many_questions(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    save_plan(rules=[RuleDraft([make_route().pk])])
    with django_assert_num_queries(5):
        answers = {ask(recipient=f"+9198{number:08d}") for number in range(200)}
    assert len(answers) == 1


def test_a_plan_can_be_read_on_behalf_of_a_tenant() -> None:
    route = make_route()
    save_plan(rules=[RuleDraft([route.pk])])
    CompiledPlan.forget()
    with tenant_context(uuid4()):
        assert ask() == (route.pk,)


def test_numbers_that_differ_behind_every_prefix_share_one_remembered_answer() -> None:
    plan = CompiledPlan(1, [CompiledRule("9198", None, None, "", (7,))])
    for number in range(50):
        plan.candidates(recipient=f"+9198{number:08d}", traffic_class=1, tenant_id=ANNA, sender="")
    (part,) = plan._parts.values()
    assert len(part.spreads) == 1
