"""Operators that throttle, fall silent, repeat themselves or hang up: nothing is lost, nothing is charged twice."""

from __future__ import annotations

import pytest
from django.db import connection

from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.traffic import TrafficClass
from messaging.dispatcher import process, writer
from messaging.dispatcher.database import connect, platform
from messaging.models import Message
from messaging.services.finishing import finish
from messaging.statuses import BatchState, EventKind, Status
from messaging.tests.dispatching import LONG_TEXT, OTP_BODY, OTP_TEXT, Scene, numbers, play
from messaging.tests.world import UNIT, make_world
from routing.models import Route
from routing.smsc.settings import Settings
from routing.statuses import Lane, RouteState

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("ending", ["30", "31", "32"])
def test_receipts_that_repeat_or_come_before_the_answer_change_nothing(ending: str) -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(3, ending))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 3})
        await scene.until(lambda: scene.smsc.status()["receipts_waiting"] == 0)
        counters = scene.smsc.centre.counters
        await scene.until(lambda: counters.receipts_acknowledged == counters.receipts_sent)
        assert scene.events(EventKind.FINAL)["messages"] == 3
        assert scene.unmatched() == 0

    play(story)


@pytest.mark.parametrize("notation", ["hex", "hex_in_response"])
def test_receipts_are_matched_whatever_the_notation_of_their_ids(notation: str) -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(20))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 20})

    play(story, settings=Settings(receipt_delay_ms=0, id_notation=notation))


@pytest.mark.parametrize("ending", ["40", "41", "43"])
def test_a_temporary_refusal_is_tried_again_on_the_same_route(ending: str) -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(2, ending))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 2})
        assert scene.submits() == 4
        assert scene.events(EventKind.SUBMITTED)["charged_micros"] == 2 * UNIT

    play(story)


def test_of_a_long_message_only_the_refused_part_goes_again_joined_with_the_others() -> None:
    async def story(scene: Scene) -> None:
        scene.allow(LONG_TEXT)
        (message,) = scene.accept(*numbers(1, "40"), text=LONG_TEXT)
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1})
        assert scene.submits() == message.segments + 1
        assert len({item.pdu.short_message[3] for item in scene.smsc.centre.received}) == 1
        assert scene.events(EventKind.SUBMITTED)["messages"] == 1

    play(story)


def test_a_throttling_operator_gets_everything_in_the_end() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(35))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 35})
        assert scene.smsc.centre.counters.throttled > 0
        assert scene.events(EventKind.SUBMITTED)["messages"] == 35

    play(story, settings=Settings(receipt_delay_ms=0, throttle_rate=100))


def test_a_connection_lost_in_the_middle_of_a_window_loses_no_message() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(300))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 300})
        await scene.until(lambda: scene.states() == [BatchState.SENT])
        assert scene.smsc.centre.counters.disconnects >= 3
        assert scene.events(EventKind.SUBMITTED)["messages"] == 300
        assert scene.held() == 0

    play(story, settings=Settings(receipt_delay_ms=0, disconnect_every=70), window=20)


def test_an_unanswered_transactional_message_goes_once_more_and_then_counts_as_submitted() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(2, "21"))
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 2)
        assert scene.submits() == 4
        assert (scene.statuses(), scene.held()) == ({Status.ACCEPTED: 2}, 0)

    play(story, answers_are_fast=True)


def test_an_unanswered_promotion_is_not_repeated_and_counts_as_submitted() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(2, "21"), traffic_class=TrafficClass.PROMOTIONAL)
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 2)
        assert scene.submits() == 2
        await scene.until(lambda: scene.states() == [BatchState.SENT])

    play(story, answers_are_fast=True)


def test_a_receipt_nobody_knows_is_kept_answered_and_matched_when_its_message_is_known() -> None:
    async def story(scene: Scene) -> None:
        (message,) = scene.accept(*numbers(1))
        scene.change(receipts=False)
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 1)
        scene.receive("77001", message.recipient)
        await scene.until(lambda: scene.unmatched() == 1)
        await scene.until(lambda: scene.smsc.centre.counters.receipts_acknowledged == 1)
        values = (scene.world.route.pk, scene.world.tenant_id, message.pk, message.batch_id)
        scene.sql("INSERT INTO operator_ids VALUES (%s, '77001', %s, %s, 1, 1, %s, now())", *values)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1})
        assert scene.unmatched() == 0

    play(story)


@pytest.mark.parametrize("is_newer_anothers", [False, True])
def test_a_receipt_of_days_later_is_matched_even_if_its_id_was_given_again_since(is_newer_anothers: bool) -> None:
    async def story(scene: Scene) -> None:
        scene.change(receipts=False)
        message, other = scene.accept(*numbers(2))
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 2)
        give = "INSERT INTO operator_ids VALUES (%s, '77001', %s, %s, 1, 1, %s, now() - %s::interval)"
        whose = (scene.world.route.pk, scene.world.tenant_id)
        scene.sql(give, *whose, message.pk, message.batch_id, "1 day 1 second")
        if is_newer_anothers:
            scene.sql(give, *whose, other.pk, other.batch_id, "1 hour")
        scene.receive("77001", message.recipient)
        await scene.until(lambda: scene.statuses() == {Status.ACCEPTED: 1, Status.DELIVERED: 1})
        with tenant_context(scene.world.tenant_id):
            assert Message.objects.get(status=Status.DELIVERED) == message

    play(story)


def test_a_late_receipt_corrects_unknown_and_moves_no_money() -> None:
    async def story(scene: Scene) -> None:
        scene.change(receipts=False)
        (message,) = scene.accept(*numbers(1))
        await scene.start()
        await scene.until(lambda: scene.states() == [BatchState.SENT])
        with tenant_context(scene.world.tenant_id):
            finish(
                ids=[message.pk],
                status=Status.UNKNOWN,
                error_code="outcome_unknown",
                was_submitted=True,
                route_id=1,
                now=utc_now(),
            )
        (key,) = scene.sql("SELECT operator_key FROM operator_ids WHERE message_id = %s", message.pk)
        scene.receive(key[0], message.recipient)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1})
        assert scene.events(EventKind.CORRECTED, previous=Status.UNKNOWN)["messages"] == 1
        scene.receive(key[0], message.recipient, "UNDELIV")
        await scene.until(lambda: scene.smsc.centre.counters.receipts_acknowledged == 2)
        assert scene.statuses() == {Status.DELIVERED: 1}

    play(story)


def test_receipts_of_an_earlier_process_are_matched_in_the_database() -> None:
    async def story(scene: Scene) -> None:
        scene.change(receipt_delay_ms=1_500)
        scene.accept(*numbers(10))
        await scene.start()
        await scene.until(lambda: scene.states() == [BatchState.SENT])
        await scene.crash()
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 10})
        assert scene.events(EventKind.FINAL)["messages"] == 10

    play(story)


def test_routes_are_switched_without_a_restart() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(2))
        Route.objects.update(state=RouteState.DISABLED)
        await scene.start()
        await scene.until(lambda: not scene.dispatchers[0][0].routes.desks)
        assert scene.submits() == 0
        Route.objects.update(state=RouteState.ENABLED)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 2})
        Route.objects.update(window=7)
        await scene.accept_beside(*numbers(3))
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 5})
        Route.objects.update(state=RouteState.DISABLED)
        await scene.until(lambda: scene.smsc.status()["connections"] == 0)

    play(story)


def test_a_draining_route_takes_receipts_and_sends_nothing() -> None:
    async def story(scene: Scene) -> None:
        scene.change(receipt_delay_ms=800)
        scene.accept(*numbers(200))
        await scene.start()
        await scene.until(lambda: scene.submits() > 0)
        Route.objects.update(state=RouteState.DRAINING)
        await scene.until(lambda: BatchState.READY in scene.states() and BatchState.LEASED not in scene.states())
        sent = scene.submits()
        await scene.until(lambda: scene.statuses().get(Status.DELIVERED) == sent)
        assert 0 < sent < 200
        assert scene.submits() == sent
        Route.objects.update(state=RouteState.ENABLED)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 200})

    play(story, tps=100)


@pytest.mark.parametrize(
    ("lane", "traffic_class"), [(Lane.BULK, TrafficClass.TRANSACTIONAL), (Lane.OTP, TrafficClass.OTP)]
)
def test_a_batch_claimed_while_its_route_is_switched_off_goes_back_undoubted(
    lane: Lane, traffic_class: TrafficClass
) -> None:
    async def story(scene: Scene) -> None:
        scene.allow(OTP_BODY, is_otp=True)
        scene.accept(*numbers(3), text=OTP_TEXT, traffic_class=traffic_class)
        beside = connection.copy()
        beside.set_autocommit(False)
        with beside.cursor() as cursor:
            # The claim has its batch, and waits for the messages.
            cursor.execute("SET LOCAL ROLE dakiya_platform")
            cursor.execute("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE")
        dispatcher = await scene.start(lane)
        waiting = "SELECT 1 FROM pg_locks WHERE relation = 'messages'::regclass AND NOT granted"
        await scene.until(lambda: scene.sql(waiting))
        Route.objects.update(state=RouteState.DISABLED)
        await scene.until(lambda: not dispatcher.routes.desks)
        beside.rollback()
        beside.close()
        claimed = "SELECT state, sent_upto FROM batches WHERE lease_owner <> ''"
        await scene.until(lambda: [state for state, _ in scene.sql(claimed)] == [BatchState.READY])
        assert (scene.submits(), scene.sql(claimed)) == (0, [(BatchState.READY, 0)])

    play(story)


def test_what_a_lost_connection_left_in_doubt_does_not_wait_for_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "FAIL_OVER_S", {True: 0.0, False: 0.0})

    async def story(scene: Scene) -> None:
        scene.change(silent=True)
        scene.accept(*numbers(3))
        await scene.start()
        await scene.until(lambda: scene.submits() == 3)
        await scene.smsc.stop()
        # In a batch of its own, which passes to the next route like any other.
        await scene.until(lambda: scene.states() == [BatchState.SENT, BatchState.READY])

    play(story)


async def set_held(scene: Scene, micros: int) -> None:
    """By a connection of its own, for the dispatcher may hold the row while it waits for this very loop."""
    db = await connect("test")
    async with platform(db):
        await db.execute(
            "UPDATE billing_wallet SET held_micros = %s WHERE tenant_id = %s", [micros, scene.world.tenant_id]
        )
    await db.close()


def test_a_wallet_that_refuses_its_books_keeps_only_its_own_tenant_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "BLOCKED_S", 0.3)

    async def story(scene: Scene) -> None:
        other = make_world()
        scene.others.append(other)
        scene.accept(*numbers(3))
        scene.accept(*numbers(3), world=other)
        await set_held(scene, UNIT)
        await scene.start()
        await scene.until(lambda: scene.statuses(other) == {Status.DELIVERED: 3})
        assert scene.statuses() == {Status.ACCEPTED: 3}
        await set_held(scene, 3 * UNIT)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 3})
        await scene.until(lambda: scene.smsc.centre.counters.receipts_acknowledged == 6)
        assert scene.submits() == 6

    play(story)


def test_a_tenant_whose_wallet_refuses_its_books_sends_nothing_more_until_it_holds(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(writer, "BLOCKED_S", 0.1)

    async def story(scene: Scene) -> None:
        other = make_world()
        scene.others.append(other)
        scene.accept(*numbers(2))
        scene.sql("UPDATE batches SET state = %s", int(BatchState.HELD))
        scene.accept(*numbers(3))
        await set_held(scene, UNIT)
        await scene.start()
        # Tried again and again, and refused each time.
        await scene.until(lambda: caplog.text.count("does not hold what its messages cost") > 2)
        scene.sql("UPDATE batches SET state = %s WHERE state = %s", int(BatchState.READY), int(BatchState.HELD))
        await scene.accept_beside(*numbers(4), world=other, traffic_class=TrafficClass.PROMOTIONAL)
        await scene.until(lambda: scene.statuses(other) == {Status.DELIVERED: 4})
        await scene.until(lambda: caplog.text.count("does not hold what its messages cost") > 9)
        assert scene.submits() == 7
        await set_held(scene, 5 * UNIT)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 5})

    play(story)
