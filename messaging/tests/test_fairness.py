"""Who goes first: classes in order, tenants in turn, nothing of a stopped campaign, and a dead dispatcher's at once."""

from __future__ import annotations

import asyncio
import signal
from uuid import UUID

import pytest

from kernel.db.tenancy import tenant_context
from kernel.domain.ids import uuid7
from kernel.domain.traffic import TrafficClass
from messaging.dispatcher.flight import Flight, Job
from messaging.dispatcher.stock import Stock
from messaging.models import Batch, CampaignStop
from messaging.services.campaign_control import forget_stop, hold_campaign, resume_campaign
from messaging.statuses import BatchState, EventKind, Hold, Status
from messaging.tests.dispatching import OTP_BODY, OTP_TEXT, Scene, numbers, play
from messaging.tests.flights import make_flight, make_job
from messaging.tests.test_dispatcher_crash import start_process
from messaging.tests.world import UNIT, World, make_world

OTP, TRANSACTIONAL, PROMOTIONAL = map(int, TrafficClass)


def flight_of(tenant: int, count: int, traffic_class: int = PROMOTIONAL, weight: int = 1) -> Flight:
    flight = make_flight(tenant_id=UUID(int=tenant), traffic_class=traffic_class, weight=weight)
    for _ in range(count):
        job = make_job()
        job.flight = flight
        flight.queue.append(job)
    return flight


def take(stock: Stock, parts: int, reserve: int = 0) -> list[int]:
    """Takes so many; returns the tenants they are of."""
    taken: list[Job] = []

    def draw(queue: list[Job], left: int) -> int:
        while queue and left > 0:
            taken.append(queue.popleft())  # type: ignore[attr-defined]  # a deque
            left -= 1
        return left

    stock.take(parts, reserve, draw)  # type: ignore[arg-type]  # as above
    return [job.flight.batch.tenant_id.int for job in taken]


def test_tenants_take_turns_whatever_one_of_them_has_in_stock() -> None:
    stock = Stock()
    stock.add([flight_of(1, 500), flight_of(1, 500), flight_of(2, 30)])
    first = [tenant for _ in range(60) for tenant in take(stock, 1)]
    assert first.count(2) == 30
    assert take(stock, 5) == [1] * 5


def test_a_turn_is_as_long_as_the_tenant_weighs() -> None:
    stock = Stock()
    stock.add([flight_of(1, 500, weight=3), flight_of(2, 500)])
    taken = [tenant for _ in range(200) for tenant in take(stock, 2)]
    assert taken.count(1) == 3 * taken.count(2)


def test_the_urgent_go_first_and_promotions_leave_the_reserve_to_them() -> None:
    stock = Stock()
    stock.add([flight_of(1, 50, PROMOTIONAL), flight_of(2, 5, TRANSACTIONAL), flight_of(3, 5, OTP)])
    assert take(stock, 20, reserve=2) == [3] * 5 + [2] * 5 + [1] * 8
    assert take(stock, 2, reserve=2) == []


def test_messages_that_came_back_go_before_others_of_their_class_only() -> None:
    stock = Stock()
    again = flight_of(9, 1, PROMOTIONAL).queue.popleft()
    stock.put_back(again)
    stock.add([flight_of(1, 1, PROMOTIONAL), flight_of(2, 1, TRANSACTIONAL)])
    assert take(stock, 3) == [2, 9, 1]


def test_dropping_a_campaign_leaves_the_others_in_stock() -> None:
    stock = Stock()
    stopped = make_flight(campaign_id=UUID(int=7))
    stopped.queue.append(flight_of(1, 1).queue.popleft())
    stock.add([stopped, flight_of(1, 2)])
    flights, again = stock.drop(frozenset({stopped.standing}))
    assert (flights, again, len(stock)) == ([stopped], [], 2)


def order(scene: Scene) -> list[str]:
    return [received.pdu.destination_addr for received in scene.smsc.centre.received]


def another(scene: Scene) -> World:
    scene.others.append(make_world())
    return scene.others[-1]


def many(count: int, prefix: str) -> list[str]:
    return [f"+91{prefix}{n:06d}" for n in range(count)]


@pytest.mark.django_db(transaction=True)
def test_one_tenants_queue_does_not_delay_another_tenants_hundred() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*many(2_000, "9811"))
        await scene.start()
        await scene.until(lambda: scene.submits() > 100)
        await scene.accept_beside(*many(100, "9822"), world=another(scene))
        accepted = scene.submits()
        await scene.until(lambda: scene.submits() >= accepted + 300)
        following = order(scene)[: accepted + 300]
        assert sum(destination.startswith("919822") for destination in following) == 100

    play(story, tps=100)


@pytest.mark.django_db(transaction=True)
def test_tenants_with_a_message_each_come_before_the_rest_of_one_tenants_queue() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*many(1_500, "9811"))
        for n in range(40):
            scene.accept(*many(1, f"98{n + 22}"), world=another(scene))
        await scene.start()
        await scene.until(lambda: scene.submits() >= 1_000)
        assert sum(not destination.startswith("919811") for destination in order(scene)[:1_000]) == 40

    play(story, tps=300)


@pytest.mark.django_db(transaction=True)
def test_transactional_messages_pass_promotions_that_are_queued_and_in_stock() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*many(1_000, "9811"), traffic_class=TrafficClass.PROMOTIONAL)
        await scene.start()
        await scene.until(lambda: scene.submits() > 20)
        before = scene.submits()
        await scene.accept_beside(*many(20, "9822"), traffic_class=TrafficClass.TRANSACTIONAL)
        await scene.until(lambda: scene.submits() >= before + 60)
        assert sum(destination.startswith("919822") for destination in order(scene)[before : before + 60]) == 20

    play(story, tps=50)


def make_campaign_of(scene: Scene, campaign_id: UUID) -> None:
    scene.sql("UPDATE batches SET campaign_id = %s", campaign_id)


@pytest.mark.django_db(transaction=True)
def test_a_pause_reaches_what_a_dispatcher_has_in_stock_and_a_resume_sends_it() -> None:
    async def story(scene: Scene) -> None:
        campaign_id = uuid7()
        scene.accept(*numbers(300))
        make_campaign_of(scene, campaign_id)
        await scene.start()
        await scene.until(lambda: scene.submits() > 20)
        with tenant_context(scene.world.tenant_id):
            hold_campaign(campaign_id)
        await scene.until(lambda: scene.states() == [BatchState.HELD])
        assert scene.submits() < 300
        with tenant_context(scene.world.tenant_id):
            assert Batch.objects.get().holds == Hold.CAMPAIGN
            resume_campaign(campaign_id)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 300})
        assert scene.submits() == 300

    play(story, tps=50)


@pytest.mark.django_db(transaction=True)
def test_a_claim_puts_batches_of_a_stopped_campaign_aside() -> None:
    async def story(scene: Scene) -> None:
        campaign_id = uuid7()
        scene.accept(*numbers(3))
        make_campaign_of(scene, campaign_id)
        with tenant_context(scene.world.tenant_id):
            CampaignStop.objects.create(id=campaign_id, state=CampaignStop.State.CANCELLED)
        await scene.start()
        await scene.until(lambda: scene.states() == [BatchState.HELD])
        assert scene.submits() == 0
        with tenant_context(scene.world.tenant_id):
            forget_stop(campaign_id)
            assert not CampaignStop.objects.exists()

    play(story)


@pytest.mark.django_db(transaction=True)
def test_a_tenants_weight_counts_in_claims() -> None:
    async def story(scene: Scene) -> None:
        other = another(scene)
        scene.sql("UPDATE tenants_tenant SET send_weight = 4 WHERE id = %s", other.tenant_id)
        scene.accept(*many(600, "9811"))
        scene.accept(*many(600, "9822"), world=other)
        await scene.start()
        await scene.until(lambda: scene.submits() >= 300)
        heavy = sum(destination.startswith("919822") for destination in order(scene)[:300])
        assert 200 <= heavy <= 270

    play(story, tps=100)


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_process_had_leased_is_sent_by_another_long_before_the_lease_ends() -> None:
    async def story(scene: Scene) -> None:
        scene.change(silent=True)
        scene.accept(*numbers(40))
        process = start_process()
        try:
            await scene.until(lambda: scene.submits() == 20)
        finally:
            process.send_signal(signal.SIGKILL)
            await asyncio.to_thread(process.wait)
        scene.change(silent=False)
        # A lease is 30 s long.
        await scene.start()
        await scene.until(lambda: scene.statuses().get(Status.DELIVERED) == 40, timeout_s=10)

    play(story, window=20)


@pytest.mark.django_db(transaction=True)
def test_passcodes_that_a_receipt_ended_on_another_route_are_charged_though_a_claim_finds_them_ended() -> None:
    async def story(scene: Scene) -> None:
        scene.allow(OTP_BODY, is_otp=True)
        message, _ = scene.accept(*numbers(2), text=OTP_TEXT, traffic_class=TrafficClass.OTP)
        # In doubt on the route before, moved, and delivered after all.
        scene.sql("UPDATE messages SET status = %s, final_at = now() WHERE id = %s", int(Status.DELIVERED), message.pk)
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 2)
        assert scene.submits() == 1
        assert scene.events(EventKind.SUBMITTED)["charged_micros"] == 2 * UNIT
        # What the receipt would have written.
        scene.sql("UPDATE messages SET status = %s, final_at = NULL WHERE id = %s", int(Status.ACCEPTED), message.pk)

    play(story, otp_binds=0)
