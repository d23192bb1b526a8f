"""A breaker opens on results, is probed after growing pauses, and closes after clean probes."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest

from kernel.domain.clock import utc_now
from kernel.smpp.constants import CommandStatus as S
from kernel.smpp.status_map import action_for
from routing import breaker
from routing.breaker import LAST, PAUSES_S, Phase, Watch, phase
from routing.contract import IN_DOUBT, NOT_SENT, Action, SubmitResult
from routing.models import Breaker, Drain, Route, RouteGauge, StateInterval
from routing.queries import route_overviews
from routing.services.states import record_state, report_gauge
from routing.services.usable import usability
from routing.statuses import BreakerState, Lane, LineState, RouteState
from routing.tests.builders import make_route
from tenants.tests.builders import make_user, signed_in

NOW: Final = utc_now()
GOOD: Final = None
BROKEN: Final = action_for(S.RSYSERR)


def result(action: Action | None, detail: str = "") -> SubmitResult:
    return SubmitResult(None, 0, 0, "", action, detail)


def watch(*actions: Action | None) -> Watch:
    seen = Watch()
    for action in actions:
        seen.note([result(action, "no answer in time")], 0.01)
    return seen


@pytest.fixture
def route(db: None) -> Route:
    route = make_route("Operator")
    Route.objects.filter(pk=route.pk).update(state=RouteState.ENABLED)
    return route


@pytest.mark.parametrize(
    ("action", "opens"),
    [
        (BROKEN, True),
        (IN_DOUBT, True),
        (action_for(S.RINVSRCTON), True),
        (action_for(S.RINVDSTADR), False),
        (action_for(S.RTHROTTLED), False),
        (NOT_SENT, False),
        (GOOD, False),
    ],
)
def test_half_of_the_last_results_against_a_route_are_enough(action: Action | None, opens: bool) -> None:
    assert bool(watch(*[GOOD, action] * (LAST // 2)).complaint()) is opens


def test_less_than_half_is_not_enough_and_what_is_long_past_does_not_count() -> None:
    assert not watch(*[BROKEN] * 24, *[GOOD] * 26).complaint()
    assert not watch(*[BROKEN] * 50, *[GOOD] * 50).complaint()


def test_a_lost_connection_counts_once_however_much_it_took_along() -> None:
    seen = Watch()
    seen.note([result(IN_DOUBT, "connection closed before the answer")] * 100, 0.01)
    assert (seen.against, seen.complaint()) == (1, "")


def test_answers_that_take_too_long_open_it() -> None:
    seen = Watch()
    for _ in range(20):
        seen.note([result(GOOD)], 20.0)
    assert "20 s" in seen.complaint()


def test_the_row_is_shared_and_only_the_first_dispatcher_trips_it(route: Route) -> None:
    assert breaker.trip(route_id=route.pk, reason="half went wrong", now=NOW)
    assert not breaker.trip(route_id=route.pk, reason="half went wrong", now=NOW)
    assert set(breaker.standings()) == {route.pk}
    interval = StateInterval.objects.get(ended_at=None)
    assert (interval.state, interval.reason) == (LineState.DOWN, "circuit breaker: half went wrong")


def test_probes_come_after_growing_pauses_and_one_dispatcher_makes_them(route: Route) -> None:
    breaker.trip(route_id=route.pk, reason="half went wrong", now=NOW)
    now = NOW
    for pause, longer in zip(PAUSES_S, (*PAUSES_S[1:], PAUSES_S[-1]), strict=True):
        assert not breaker.take_probe(route_id=route.pk, holder="a", now=now + timedelta(seconds=pause - 1))
        now += timedelta(seconds=pause)
        assert breaker.take_probe(route_id=route.pk, holder="a", now=now)
        assert not breaker.take_probe(route_id=route.pk, holder="b", now=now)
        breaker.conclude_probe(route_id=route.pk, holder="a", complaint="1 of 5 probes went wrong", now=now)
        assert Breaker.objects.get().pause_s == longer


def test_clean_probes_close_it(route: Route) -> None:
    breaker.trip(route_id=route.pk, reason="half went wrong", now=NOW)
    now = NOW + timedelta(seconds=10)
    breaker.take_probe(route_id=route.pk, holder="a", now=now)
    breaker.conclude_probe(route_id=route.pk, holder="b", complaint="", now=now)
    assert Breaker.objects.get().state == BreakerState.PROBING
    breaker.conclude_probe(route_id=route.pk, holder="a", complaint="", now=now)
    assert breaker.standings() == {}


def test_a_prober_that_falls_silent_leaves_its_place_to_another(route: Route) -> None:
    breaker.trip(route_id=route.pk, reason="half went wrong", now=NOW)
    now = NOW + timedelta(seconds=10)
    breaker.take_probe(route_id=route.pk, holder="a", now=now)
    assert breaker.take_probe(route_id=route.pk, holder="b", now=now + timedelta(minutes=1))


def test_what_staff_open_stays_open_until_they_close_it(route: Route) -> None:
    breaker.open_by_hand(route_id=route.pk, reason="the operator called", now=NOW)
    assert phase(Breaker.objects.get(), NOW + timedelta(days=1)) is Phase.OPEN
    breaker.close_by_hand(route_id=route.pk, reason="closed by staff", now=NOW)
    assert phase(Breaker.objects.get(), NOW) is Phase.CLOSED


def test_what_staff_open_is_maintenance_and_no_outage(route: Route) -> None:
    record_state(route_id=route.pk, state=LineState.UP, reason="1 of 1 binds up", now=NOW)
    begin, end = NOW + timedelta(minutes=1), NOW + timedelta(minutes=2)
    breaker.open_by_hand(route_id=route.pk, reason="opened by staff", now=begin)
    for binds_up in (1, 0):
        row = RouteGauge(route=route, lane=Lane.BULK, holder="a", binds_up=binds_up, binds_wanted=1, at=begin)
        assert report_gauge(gauge=row)
        assert StateInterval.objects.get(ended_at=None).state == LineState.MAINTENANCE
    breaker.close_by_hand(route_id=route.pk, reason="closed by staff", now=end)
    row = RouteGauge(route=route, lane=Lane.BULK, holder="a", binds_up=1, binds_wanted=1, at=end + timedelta(seconds=1))
    assert report_gauge(gauge=row)
    assert StateInterval.objects.get(ended_at=None).state == LineState.UP
    (overview,) = route_overviews(now=end + timedelta(minutes=1), route_id=route.pk)
    assert (overview.day.outages, overview.day.availability) == (0, 1.0)


def test_pages_of_a_route_say_that_staff_keep_messages_away(route: Route) -> None:
    row = RouteGauge(route=route, lane=Lane.BULK, holder="a", binds_up=1, binds_wanted=1, at=utc_now())
    breaker.open_by_hand(route_id=route.pk, reason="opened by staff", now=utc_now())
    report_gauge(gauge=row)
    staff = signed_in(make_user(is_staff=True))
    page = " ".join(staff.get(f"/console/routes/{route.pk}/").content.decode().split())
    assert "circuit breaker: opened by staff" in page
    assert "not counted as an outage" in page


# -- which routes take messages


def gauge(route: Route, *, holder: str = "a", **fields: object) -> None:
    given = {"lane": Lane.BULK, "binds_up": 1, "binds_wanted": 1, "at": NOW, **fields}
    RouteGauge.objects.create(route=route, holder=holder, **given)


def reasons(seconds: float = 0) -> dict[int, str]:
    """Why transactional and promotional batches should leave their routes."""
    found = usability(NOW + timedelta(seconds=seconds))
    return {each.route_id: each.reason for each in found.stranded if each.low > 0}


def test_a_route_with_a_line_takes_messages(route: Route) -> None:
    gauge(route)
    found = usability(NOW)
    assert not found.stranded
    assert found.open[Lane.BULK] == {route.pk}


@pytest.mark.parametrize("state", [RouteState.DISABLED, RouteState.DRAINING])
def test_the_queue_of_a_route_that_is_switched_off_goes_on_at_once(route: Route, state: RouteState) -> None:
    Route.objects.update(state=state)
    assert reasons() == {route.pk: f"the route is {state}"}


def test_the_queue_of_a_draining_route_stays_where_staff_chose_that(route: Route) -> None:
    Route.objects.update(state=RouteState.DRAINING)
    Drain.objects.create(route=route, started_at=NOW, moves_queue=False)
    assert reasons() == {}


def test_a_route_that_nobody_can_open_is_left_at_once(route: Route) -> None:
    gauge(route, binds_up=0, is_unopenable=True)
    assert reasons() == {route.pk: "the route cannot be opened"}


def test_a_line_that_is_down_keeps_its_queue_for_the_routes_patience(route: Route) -> None:
    gauge(route, binds_up=0, down_since=NOW - timedelta(seconds=20))
    assert reasons() == {}
    Route.objects.update(patience_s=20)
    assert reasons() == {route.pk: "the line is down"}


def test_a_dispatcher_without_line_leaves_the_queue_to_one_that_has_one(route: Route) -> None:
    gauge(route, binds_up=0, down_since=NOW - timedelta(minutes=5))
    gauge(route, holder="b")
    assert reasons() == {}


def test_an_open_breaker_lets_passcodes_go_at_once_and_the_rest_after_the_patience(route: Route) -> None:
    Route.objects.update(patience_s=5)
    breaker.trip(route_id=route.pk, reason="half went wrong", now=NOW)
    assert [each.high for each in usability(NOW).stranded] == [0]
    assert reasons(6) == {route.pk: "the circuit breaker is open"}
