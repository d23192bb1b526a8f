from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.domain.traffic import TrafficClass
from routing.plan import CompiledPlan, CompiledRule
from routing.strategies import SLOTS, Knowledge, Strategy, by_rating, by_weight, slot_of, spread

A, B, C = 1, 2, 3
ANNA = UUID(int=1)
NUMBERS = [f"+9198{number:08d}" for number in range(100_000)]


def plan(strategy: Strategy, routes: tuple[int, ...], knowledge: dict[str, Any], **rule: Any) -> CompiledPlan:
    weights = rule.pop("weights", (1,) * len(routes))
    given: dict[str, Any] = {"ranks": {}, "ratings": {}, **knowledge}
    compiled = CompiledRule(rule.pop("prefix", ""), None, None, "", routes, strategy, weights)
    return CompiledPlan(1, [compiled, *rule.pop("others", [])], Knowledge(**given))


def ask(asked: CompiledPlan, recipient: str = "+919812345678", kind: TrafficClass = TrafficClass.TRANSACTIONAL) -> Any:
    return asked.candidates(recipient=recipient, traffic_class=kind, tenant_id=ANNA, sender="")


def test_priority_keeps_the_order_given() -> None:
    assert ask(plan(Strategy.PRIORITY, (B, A, C), {"ranks": {"": {A: 1, B: 2, C: 3}}})) == (B, A, C)


def test_least_cost_asks_the_cheapest_route_of_the_destination_first() -> None:
    cheap_to_jio = {"": {A: 1, B: 2, C: 3}, "9198": {A: 3, B: 2, C: 1}}
    asked = plan(Strategy.LEAST_COST, (A, B, C), {"ranks": cheap_to_jio})
    assert ask(asked, "+919812345678") == (C, B, A)
    assert ask(asked, "+447700900123") == (A, B, C)


def test_routes_that_cost_the_same_keep_their_order() -> None:
    assert ask(plan(Strategy.LEAST_COST, (C, A, B), {"ranks": {"": {A: 1, B: 1, C: 1}}})) == (C, A, B)


def test_weights_share_out_a_large_batch_and_leave_a_way_out() -> None:
    asked = plan(Strategy.WEIGHTED, (A, B, C), {}, weights=(70, 25, 5))
    orders = asked.routes_for(NUMBERS, traffic_class=1, tenant_id=ANNA, sender="")
    first = Counter(order[0] for order in orders)
    assert [round(100 * first[route] / len(NUMBERS)) for route in (A, B, C)] == [70, 25, 5]
    assert {tuple(sorted(order)) for order in orders} == {(A, B, C)}


def test_a_number_always_goes_the_same_way() -> None:
    asked = [plan(Strategy.WEIGHTED, (A, B), {}, weights=(50, 50)) for _ in range(2)]
    assert [ask(asked[0], number) for number in NUMBERS[:500]] == [ask(asked[1], number) for number in NUMBERS[:500]]


def test_what_a_failing_route_leaves_is_shared_and_nobody_else_moves() -> None:
    whole = by_weight(((A, 50), (B, 30), (C, 20)))
    without = spread(
        Strategy.WEIGHTED,
        (A, B, C),
        (50, 30, 20),
        digits="",
        explores=True,
        knowledge=Knowledge({}, {}, frozenset({A})),
    )
    left = Counter(new[0] for old, new in zip(whole, without, strict=True) if old[0] == A)
    assert left == {B: 300, C: 200}
    assert all(new[0] == old[0] for old, new in zip(whole, without, strict=True) if old[0] != A)
    assert all(order[-1] == A for order in without)


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=5).filter(any))
def test_first_places_are_as_many_as_weights_ask_for(weights: list[int]) -> None:
    orders = by_weight(tuple(enumerate(weights)))
    first = Counter(order[0] for order in orders)
    scale = SLOTS // len(orders)
    assert all(abs(scale * first[route] - SLOTS * weight / sum(weights)) <= 1 for route, weight in enumerate(weights))
    assert all(sorted(order) == list(range(len(weights))) for order in orders)


def test_a_weight_of_nothing_is_only_tried_after_the_others() -> None:
    assert by_weight(((A, 0), (B, 1))) == ((B, A),) * SLOTS


def test_slots_are_evenly_filled() -> None:
    filled = Counter(map(slot_of, NUMBERS))
    assert len(filled) == SLOTS
    assert 60 < min(filled.values()) <= max(filled.values()) < 145


def test_best_delivery_asks_the_best_first_where_it_is_clearly_better() -> None:
    assert by_rating((A, B, C), {A: 900, B: 970, C: 950}) == (B, C, A)


def test_a_small_lead_does_not_beat_the_plan() -> None:
    assert by_rating((A, B), {A: 950, B: 969}) == (A, B)


def test_a_route_without_enough_traffic_keeps_its_place() -> None:
    assert by_rating((A, B, C), {B: 900}) == (A, B, C)
    assert by_rating((A, B, C), {A: 900, C: 950}) == (B, C, A)


def test_two_of_a_hundred_try_another_route_but_no_passcode_does() -> None:
    asked = plan(Strategy.BEST_DELIVERY, (A, B, C), {"ratings": {"91": {A: 970, B: 900, C: 900}}})
    first = Counter(order[0] for order in asked.routes_for(NUMBERS, traffic_class=1, tenant_id=ANNA, sender=""))
    assert 0.018 < (first[B] + first[C]) / len(NUMBERS) < 0.022
    assert {ask(asked, number, TrafficClass.OTP)[0] for number in NUMBERS[:2000]} == {A}


def test_nothing_is_tried_on_a_route_whose_breaker_is_open() -> None:
    asked = plan(Strategy.BEST_DELIVERY, (A, B), {"ratings": {"": {A: 970, B: 900}}, "shunned": frozenset({B})})
    assert {ask(asked, number) for number in NUMBERS[:2000]} == {(A, B)}


@pytest.mark.parametrize("strategy", list(Strategy))
def test_a_route_whose_breaker_is_open_comes_last(strategy: Strategy) -> None:
    known = {"ranks": {"": {A: 1, B: 2}}, "ratings": {"": {A: 990, B: 500}}, "shunned": frozenset({A})}
    asked = plan(strategy, (A, B), known, weights=(99, 1))
    assert {ask(asked, number) for number in NUMBERS[:500]} == {(B, A)}


@pytest.mark.parametrize("strategy", list(Strategy))
def test_a_column_of_numbers_gets_the_answers_of_single_ones(strategy: Strategy) -> None:
    known = {"ranks": {"": {A: 1, B: 2}, "91980": {A: 2, B: 1}}, "ratings": {"9198": {A: 900, B: 990}}}
    other = CompiledRule("", None, None, "", (C,))
    asked = plan(strategy, (A, B), known, prefix="91", others=[other], weights=(3, 1))
    numbers = [*NUMBERS[:300], "+447700900123", "+919912345678"]
    found = asked.routes_for(numbers, traffic_class=1, tenant_id=ANNA, sender="")
    assert found == [ask(asked, number) for number in numbers]
    assert asked.routes_for([], traffic_class=1, tenant_id=ANNA, sender="") == []


def test_prefixes_of_a_rule_that_does_not_look_at_them_share_one_spread() -> None:
    other = CompiledRule("919777777", None, None, "", (C,))
    asked = plan(Strategy.WEIGHTED, (A, B), {}, others=[other], weights=(3, 1))
    asked.routes_for(NUMBERS, traffic_class=1, tenant_id=ANNA, sender="")
    (part,) = asked._parts.values()
    assert len(part.spreads) == 100
    assert len({id(orders) for orders in part.spreads.values()}) == 1
