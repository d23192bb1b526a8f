from __future__ import annotations

import pytest
from django.db import ProgrammingError

from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.ids import uuid7
from routing.costs import CostTable, read_costs
from routing.models import Breaker, RouteCost
from routing.plan import CompiledPlan, RuleDraft, read_ranks
from routing.services.plans import save_plan
from routing.services.quality import Measured, record_quality
from routing.services.routes import RouteDraft, RouteTerms, create_route, restore_route, update_route
from routing.statuses import BreakerState, RouteState
from routing.strategies import Strategy
from routing.tests.builders import make_route

pytestmark = pytest.mark.django_db


def priced(name: str, usual: int, **costs: int) -> int:
    special = {prefix.removeprefix("to_"): micros for prefix, micros in costs.items()}
    draft = RouteDraft(name, "smpp", terms=RouteTerms(cost_micros=usual), costs=special)
    return create_route(draft=draft, state=RouteState.ENABLED).pk


def first(recipient: str) -> int:
    CompiledPlan.forget()
    asked = {"traffic_class": 1, "tenant_id": uuid7(), "sender": "X"}
    return CompiledPlan.load().candidates(recipient=recipient, **asked)[0]  # type: ignore[arg-type]  # one of each


def test_the_longest_prefix_decides_what_a_segment_costs() -> None:
    route = priced("A", 100, to_91=90, to_9198=80)
    table = read_costs()
    asked = ("+919812345678", "919812", "9198", "91", "447700900123", "")
    assert [table.cost_of(route, each) for each in asked] == [80, 80, 80, 90, 100, 100]
    assert table.cost_of(10**6, "91") == 0
    assert table.total(route, "91", [("+919812345678", 2), ("+917012345678", 1)]) == 2 * 80 + 90


def test_numbers_are_looked_at_only_where_a_route_tells_those_of_a_destination_apart() -> None:
    route, plain = priced("A", 100, to_91=90, to_9198=80), priced("B", 70)
    table = read_costs()
    asked = ("", "91", "9198", "919812", "44")
    assert [table.common(route, each) for each in asked] == [None, None, 80, 80, 100]
    assert (table.common(plain, "91"), table.common(10**6, "91")) == (70, 0)
    assert table.total(route, "9198", [("+919812345678", 3)]) == 240


def test_ranks_follow_every_change_of_a_cost() -> None:
    a, b, c = priced("A", 100, to_91=90), priced("B", 95, to_9198=70, to_44=95), priced("C", 90, to_44=95)
    assert read_ranks() == read_costs().ranks([a, b, c])
    assert read_ranks()["9198"] == {a: 2, b: 1, c: 2}
    change = RouteDraft("C", "smpp", terms=RouteTerms(cost_micros=60), costs={})
    update_route(route_id=c, draft=change)
    assert read_ranks()["9198"] == {a: 3, b: 2, c: 1}
    restore_route(route_id=c, number=1, now=utc_now())
    assert read_ranks() == read_costs().ranks([a, b, c])


def test_the_cheapest_route_of_the_destination_goes_first() -> None:
    cheap, cheap_to_jio = priced("A", 90), priced("B", 100, to_9198=80)
    save_plan(rules=[RuleDraft([cheap, cheap_to_jio], strategy=Strategy.LEAST_COST)])
    assert first("+919812345678") == cheap_to_jio
    assert first("+917012345678") == cheap


def test_a_tenant_learns_which_is_cheaper_and_not_the_price() -> None:
    dear, cheap = priced("A", 100), priced("B", 90)
    save_plan(rules=[RuleDraft([dear, cheap], strategy=Strategy.LEAST_COST)])
    with tenant_context(uuid7()):
        assert first("+919812345678") == cheap
    with pytest.raises(ProgrammingError, match="permission denied"), tenant_context(uuid7()):
        RouteCost.objects.first()


def test_a_cost_table_without_routes_ranks_nothing() -> None:
    assert CostTable({}).ranks([]) == {"": {}}


def rated(*given: tuple[int, int], final: int = 1000) -> None:
    measured = [Measured(route, "91", delivered * final // 1000, final) for route, delivered in given]
    record_quality(measured=measured, now=utc_now())


def test_a_route_overtakes_when_it_delivers_clearly_better_and_not_before() -> None:
    a, b = make_route("A").pk, make_route("B").pk
    save_plan(rules=[RuleDraft([a, b], strategy=Strategy.BEST_DELIVERY)])
    leaders = []
    for of_a, of_b in [(950, 960), (950, 969), (950, 975), (960, 975), (960, 965), (975, 965)]:
        rated((a, of_a), (b, of_b))
        leaders.append("ab"[first("+919800000001") == b])
    assert "".join(leaders) == "aaaaaa"
    rated((a, 900), (b, 985))
    assert first("+919800000001") == b


def test_rates_that_tremble_turn_nothing_back_and_forth() -> None:
    a, b = make_route("A").pk, make_route("B").pk
    save_plan(rules=[RuleDraft([a, b], strategy=Strategy.BEST_DELIVERY)])
    rated((a, 930), (b, 955))
    leaders = set()
    for shift in (5, -8, 12, -15, 19, -19, 0):
        rated((a, 930 + shift), (b, 955 - shift))
        leaders.add(first("+919800000001"))
    assert leaders == {b}


def test_a_small_sample_says_nothing() -> None:
    a, b = make_route("A").pk, make_route("B").pk
    save_plan(rules=[RuleDraft([a, b], strategy=Strategy.BEST_DELIVERY)])
    rated((a, 100), (b, 1000), final=199)
    assert first("+919800000001") == a


def test_a_route_whose_breaker_is_open_is_asked_last_until_it_may_be_probed() -> None:
    a, b = make_route("A").pk, make_route("B").pk
    save_plan(rules=[RuleDraft([a, b])])
    breaker = Breaker.objects.create(route_id=a, state=BreakerState.OPEN, since=utc_now())
    with tenant_context(uuid7()):
        assert first("+919800000001") == b
    breaker.next_probe_at = utc_now()
    breaker.save()
    assert first("+919800000001") == a
