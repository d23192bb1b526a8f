from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from routing.models import Route, RouteGauge, StateInterval
from routing.services.states import judge, mark_unwatched, record_state, report_gauge
from routing.statuses import Lane, LineState, RouteState
from routing.tests.builders import make_route

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def after(**duration: float) -> datetime:
    return NOON + timedelta(**duration)


def record(route: Route, state: LineState, at: datetime) -> StateInterval:
    return record_state(route_id=route.pk, state=state, reason=f"is {state}", now=at)


def history(route: Route) -> list[tuple[str, datetime, datetime | None]]:
    rows = StateInterval.objects.filter(route=route).order_by("started_at")
    return [(row.state, row.started_at, row.ended_at) for row in rows]


def gauge(route: Route, lane: Lane, up: int, wanted: int, at: datetime = NOON) -> RouteGauge:
    return RouteGauge(route=route, lane=lane, holder="test:1", binds_up=up, binds_wanted=wanted, at=at)


def test_a_change_closes_one_interval_and_opens_the_next_without_a_gap() -> None:
    route = make_route()
    record(route, LineState.UP, NOON)
    record(route, LineState.DOWN, after(minutes=5))
    assert history(route) == [("up", NOON, after(minutes=5)), ("down", after(minutes=5), None)]


def test_the_same_state_again_changes_nothing() -> None:
    route = make_route()
    first = record(route, LineState.UP, NOON)
    assert record(route, LineState.UP, after(hours=1)) == first
    assert history(route) == [("up", NOON, None)]


def test_a_recovery_that_does_not_hold_is_taken_back_and_counted() -> None:
    route = make_route()
    record(route, LineState.UP, NOON)
    record(route, LineState.DOWN, after(minutes=1))
    record(route, LineState.UP, after(minutes=2))
    again = record(route, LineState.DOWN, after(minutes=2, seconds=10))
    assert history(route) == [("up", NOON, after(minutes=1)), ("down", after(minutes=1), None)]
    assert again.flaps == 1


def test_a_recovery_that_held_ends_the_outage() -> None:
    route = make_route()
    record(route, LineState.DOWN, NOON)
    record(route, LineState.UP, after(minutes=1))
    record(route, LineState.DOWN, after(minutes=1, seconds=30))
    assert [state for state, _, _ in history(route)] == ["down", "up", "down"]


def test_an_outage_is_kept_however_short() -> None:
    route = make_route()
    record(route, LineState.UP, NOON)
    record(route, LineState.DOWN, after(minutes=1))
    record(route, LineState.UP, after(minutes=1, seconds=1))
    assert [state for state, _, _ in history(route)] == ["up", "down", "up"]


def test_two_changes_in_one_instant_leave_the_later_word() -> None:
    route = make_route()
    record(route, LineState.DOWN, NOON)
    record(route, LineState.UP, NOON)
    assert history(route) == [("up", NOON, None)]


def test_the_database_refuses_intervals_that_overlap() -> None:
    route = make_route()
    StateInterval.objects.create(route=route, state="up", started_at=NOON, ended_at=after(hours=1))
    with pytest.raises(IntegrityError, match="routing_interval_no_overlap"), transaction.atomic():
        StateInterval.objects.create(route=route, state="down", started_at=after(minutes=59), ended_at=after(hours=2))


def test_intervals_that_touch_and_those_of_another_route_are_fine() -> None:
    one, other = make_route("A"), make_route("B")
    StateInterval.objects.create(route=one, state="up", started_at=NOON, ended_at=after(hours=1))
    StateInterval.objects.create(route=one, state="down", started_at=after(hours=1))
    StateInterval.objects.create(route=other, state="up", started_at=NOON)
    assert StateInterval.objects.count() == 3


@pytest.mark.parametrize(
    ("binds", "state"),
    [
        ([(2, 2), (1, 1)], LineState.UP),
        ([(2, 2), (0, 1)], LineState.DEGRADED),
        ([(0, 2), (0, 1)], LineState.DOWN),
        ([], LineState.UNKNOWN),
    ],
)
def test_a_line_is_judged_by_the_binds_of_all_its_dispatchers(binds: list[tuple[int, int]], state: LineState) -> None:
    route = make_route()
    assert judge([gauge(route, Lane.BULK, up, wanted) for up, wanted in binds])[0] == state


def test_lanes_that_disagree_do_not_make_the_line_flap() -> None:
    route = make_route()
    report_gauge(gauge=gauge(route, Lane.OTP, 0, 1, NOON))
    for second in range(2, 12, 2):
        report_gauge(gauge=gauge(route, Lane.BULK, 2, 2, after(seconds=second)))
        report_gauge(gauge=gauge(route, Lane.OTP, 0, 1, after(seconds=second)))
    assert [state for state, _, _ in history(route)] == ["down", "degraded"]
    assert RouteGauge.objects.count() == 2


def test_a_route_nobody_watches_becomes_unknown() -> None:
    route = make_route()
    report_gauge(gauge=gauge(route, Lane.BULK, 1, 1, NOON))
    assert mark_unwatched(now=after(seconds=10)) == 0
    assert mark_unwatched(now=after(seconds=20)) == 1
    assert history(route)[-1] == ("unknown", after(seconds=20), None)
    assert mark_unwatched(now=after(seconds=30)) == 0


def test_no_interval_is_ever_empty_or_backward() -> None:
    route = make_route()
    states = [LineState.UP, LineState.DOWN, LineState.DEGRADED, LineState.DOWN, LineState.UP]
    for number, state in enumerate(states * 4):
        record(route, state, after(seconds=7 * number))
    assert not StateInterval.objects.filter(ended_at__lte=F("started_at")).exists()
    rows = history(route)
    assert all(ends == begins for (_, _, ends), (_, begins, _) in pairwise(rows))


def test_a_dispatcher_that_is_just_parting_does_not_say_that_a_disabled_route_is_up() -> None:
    route = make_route(state=RouteState.DISABLED)
    assert report_gauge(gauge=gauge(route, Lane.OTP, 1, 1)) is None
    assert history(route) == []
    assert not RouteGauge.objects.exists()
