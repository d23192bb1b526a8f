"""Receipts whose message is not known: kept for seven days, tried again, shown to staff."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import Entry
from kernel.db.tenancy import platform_context
from kernel.domain.clock import utc_now
from messaging.dispatcher.unmatched import pause_s
from messaging.models import UnmatchedReceipt
from messaging.services.unmatched import PAGE_SIZE
from messaging.statuses import EventKind, Status
from messaging.tests.dispatching import Scene, numbers, play
from messaging.tests.world import make_route
from routing.dialects import Count, Habit
from routing.models import Route
from routing.services.dialects import add_counts
from routing.statuses import RouteState
from tests.security.company import staff_browser

PAGE = "/console/queues/unmatched/"
NUMBER = "919812345678"


def keep(route: Route, ident: str = "770001", *, minutes: int = 60, **fields: Any) -> UnmatchedReceipt:
    at = utc_now() - timedelta(minutes=minutes)
    usual = {"recipient": NUMBER, "state": "delivered", "stat": "DELIVRD", "err": "000", "tries": 3}
    given = {**usual, "next_try_at": at + timedelta(hours=2), **fields}
    return UnmatchedReceipt.objects.create(route_id=route.pk, operator_ids=[ident], received_at=at, **given)


def test_tries_come_after_seconds_then_hourly_for_a_day_then_daily() -> None:
    pauses = [pause_s(tries) for tries in range(34)]
    assert pauses[:4] == [5, 30, 300, 3_600]
    assert sum(pauses[3:27]) == 86_400
    assert set(pauses[27:]) == {86_400}


@pytest.mark.django_db(transaction=True)
def test_receipts_of_a_route_that_is_switched_off_are_matched_all_the_same() -> None:
    async def story(scene: Scene) -> None:
        scene.change(receipt_delay_ms=60_000)
        (message,) = scene.accept(*numbers(1))
        await scene.start()
        key = "SELECT operator_key FROM operator_ids WHERE message_id = %s AND operator_key <> ''"
        await scene.until(lambda: scene.sql(key, message.id))
        await scene.stop()
        Route.objects.update(state=RouteState.DISABLED)
        ((ident,), *_) = scene.sql(key, message.id)
        keep(scene.world.route, ident, recipient=message.recipient[1:], next_try_at=utc_now())
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1})
        assert scene.unmatched() == 0

    play(story)


@pytest.mark.django_db(transaction=True)
def test_a_receipt_without_a_message_is_acknowledged_once_it_is_stored_and_not_before() -> None:
    async def story(scene: Scene) -> None:
        await scene.start()
        await scene.until(lambda: scene.smsc.centre.counters.binds)
        with platform_context(reason="test: nothing can be stored"):
            scene.sql("LOCK TABLE unmatched_receipts IN ACCESS EXCLUSIVE MODE")
            scene.receive("77001", numbers(1)[0])
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'unmatched_receipts'::regclass"
            await scene.until(lambda: scene.sql(waiting) == [(1,)])
            assert scene.smsc.centre.counters.receipts_sent == 1
            assert scene.smsc.centre.counters.receipts_acknowledged == 0
        await scene.until(lambda: scene.smsc.centre.counters.receipts_acknowledged == 1)
        assert scene.unmatched() == 1

    play(story)


@pytest.mark.django_db(transaction=True)
def test_a_receipt_of_last_week_is_still_tried_and_finds_its_message() -> None:
    async def story(scene: Scene) -> None:
        (message,) = scene.accept(*numbers(1))
        scene.change(receipts=False)
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 1)
        kept = keep(scene.world.route, "77001", recipient=message.recipient[1:], tries=30, next_try_at=utc_now())
        await scene.until(lambda: UnmatchedReceipt.objects.get().tries == 31)
        kept.refresh_from_db()
        assert kept.next_try_at is not None
        assert kept.next_try_at > utc_now() + timedelta(hours=23)
        values = (scene.world.route.pk, scene.world.tenant_id, message.pk, message.batch_id)
        scene.sql("INSERT INTO operator_ids VALUES (%s, '77001', %s, %s, 1, 1, %s, now())", *values)
        UnmatchedReceipt.objects.update(next_try_at=utc_now())
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1})
        assert scene.unmatched() == 0

    play(story)


@pytest.fixture
def staff(db: None) -> Client:
    return staff_browser()


def test_no_receipts_without_a_message_is_good_news(staff: Client) -> None:
    assert "Every receipt has its message" in staff.get(PAGE).content.decode()


def test_staff_see_ids_ages_and_the_ends_of_numbers(staff: Client) -> None:
    route = make_route()
    keep(route)
    keep(route, minutes=2)
    page = staff.get(PAGE).content.decode()
    assert route.name in page
    assert "770001" in page
    assert "9198…78" in page
    assert NUMBER not in page


@pytest.mark.parametrize(
    ("fields", "guess"),
    [
        ({"minutes": 60}, "no answer on this route had it"),
        ({"minutes": 1}, "the answer to its submit may still come"),
        ({"submitted": "2601011200"}, "submitted on 01 Jan 2026, and ids are kept for 10 days"),
        ({"submitted": "9901011200"}, "no answer on this route had it"),
        ({"ident": "ab12"}, "it has 4 hexadecimal digits, those of this route have 6 digits"),
    ],
)
def test_the_page_guesses_why(staff: Client, fields: dict[str, Any], guess: str) -> None:
    route, now = make_route(), utc_now()
    shapes = [Count(Habit.SHAPE, "6 digits", 90, now, now, ""), Count(Habit.ZONE, "+05:30", 90, now, now, "")]
    add_counts({route.pk: shapes})
    keep(route, **fields)
    assert guess in staff.get(PAGE).content.decode()


def test_pages_follow_one_another_within_a_route(staff: Client) -> None:
    first, second = make_route(), make_route("Other")
    for number in range(PAGE_SIZE + 1):
        keep(first, f"1000{number}")
    keep(second, "2000")
    page = staff.get(f"{PAGE}?route={first.pk}").content.decode()
    assert ("10001" in page, ">10000<" in page, ">2000<" in page) == (True, False, False)
    oldest_shown = UnmatchedReceipt.objects.filter(route_id=first.pk).order_by("pk")[1].pk
    older = f"?route={first.pk}&amp;before={oldest_shown}"
    assert older in page
    assert ">10000<" in staff.get(f"{PAGE}{older.replace('&amp;', '&')}").content.decode()


def test_thirty_receipts_cost_as_many_queries_as_three(staff: Client) -> None:
    asked = []
    for count in (3, 27):
        for number in range(count):
            keep(make_route(f"Route {number % 5}"), str(number))
        staff.get(PAGE)
        with CaptureQueriesContext(connection) as captured:
            staff.get(PAGE)
        asked.append(len(captured.captured_queries))
    assert asked[0] == asked[1]


@pytest.mark.parametrize("place", ["?route=x", "?before=-1", "?route=99999999999999999999", "?before=1"])
def test_a_place_that_no_page_gave_does_no_harm(staff: Client, place: str) -> None:
    assert staff.get(f"{PAGE}{place}").status_code == 200


def test_staff_have_those_of_a_route_tried_again_at_once(staff: Client) -> None:
    route, other = make_route(), make_route("Other")
    keep(route)
    keep(other)
    staff.post(PAGE, {"route": route.pk})
    due = UnmatchedReceipt.objects.filter(next_try_at__lte=utc_now()).values_list("route_id", flat=True)
    assert list(due) == [route.pk]
    with platform_context(reason="test: the platform's trail"):
        assert Entry.objects.filter(action="receipts.try_again").count() == 1


def test_the_page_is_staffs_alone(client: Client, db: None) -> None:
    assert client.get(PAGE).status_code == 302
