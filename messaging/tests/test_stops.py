"""What compliance suspends is not sent any more, and goes on when the suspension ends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from audit.services import Actor
from compliance.models import DltRegistration, Entity, Sender, Stop
from compliance.services import change_entity, register_sender, register_template, stops
from compliance.services.stops import Counts
from compliance.statuses import PortalState
from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from messaging.models import Batch, Message
from messaging.services import sweeping
from messaging.services.stopping import release_unstopped
from messaging.statuses import BatchState, Hold, Status
from messaging.tests.dispatching import Scene, numbers, play
from messaging.tests.world import ASHA, HEADER, RAVI, World, draft, make_world

KIM = Actor(None, "Kim")
STOPPED_WITHIN_S = 5.0


def stop_of(world: World, kind: Stop.Kind = Stop.Kind.TEMPLATE, key: str = "", country: str = "IN") -> Counts:
    with tenant_context(world.tenant_id):
        return stops.stop(
            kind=kind,
            key=key or str(world.template_id),
            object_id=world.template_id,
            label="Order",
            reason="Its portal suspended the template “Order”",
            actor=KIM,
            now=utc_now(),
            country=country,
        )


def lift_of(world: World, kind: Stop.Kind = Stop.Kind.TEMPLATE) -> Counts:
    with tenant_context(world.tenant_id):
        return stops.lift(kind=kind, object_id=world.template_id, actor=KIM, now=utc_now(), country="IN")


def held(world: World) -> list[tuple[int, int]]:
    with tenant_context(world.tenant_id):
        return list(Batch.objects.order_by("pk").values_list("state", "holds"))


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [Stop.Kind.TEMPLATE, Stop.Kind.SENDER, Stop.Kind.ENTITY])
def test_a_stop_keeps_back_what_stands_on_it_and_counts_it(kind: Stop.Kind) -> None:
    world = make_world()
    world.accept(draft(ASHA), draft(RAVI))
    with tenant_context(world.tenant_id):
        entity_id = Batch.objects.get().dlt_entity_id
    key = {Stop.Kind.TEMPLATE: str(world.template_id), Stop.Kind.SENDER: HEADER, Stop.Kind.ENTITY: entity_id}[kind]
    assert stop_of(world, kind, key) == Counts(messages=2)
    assert stop_of(world, kind, key) == Counts()
    assert held(world) == [(BatchState.HELD, Hold.COMPLIANCE)]
    with tenant_context(world.tenant_id):
        assert [each.counts for each in stops.standing_of(world.template_id)] == [Counts(messages=2)]


@pytest.mark.django_db
def test_what_waits_for_its_time_waits_for_it_again_when_a_stop_is_lifted() -> None:
    world = make_world()
    world.accept(draft(ASHA, send_at=utc_now() + timedelta(hours=2)))
    world.accept(draft(RAVI))
    assert stop_of(world).messages == 2
    assert lift_of(world) == Counts(messages=2)
    assert sorted(held(world)) == [(BatchState.READY, 0), (BatchState.WAITING, 0)]


@pytest.mark.django_db
def test_another_country_another_tenant_and_another_key_are_left_alone() -> None:
    world, other = make_world(), make_world()
    world.accept(draft(ASHA))
    other.accept(draft(ASHA))
    assert stop_of(world, country="US") == Counts()
    assert stop_of(world, Stop.Kind.SENDER, "OTHERS") == Counts()
    assert stop_of(world) == Counts(messages=1)
    assert held(other) == [(BatchState.READY, 0)]


@pytest.mark.django_db
def test_of_two_stops_each_keeps_back_until_both_are_lifted() -> None:
    world = make_world()
    world.accept(draft(ASHA))
    assert stop_of(world).messages == 1
    assert stop_of(world, Stop.Kind.SENDER, HEADER).messages == 0
    assert lift_of(world).messages == 0
    assert held(world) == [(BatchState.HELD, Hold.COMPLIANCE)]
    assert release_unstopped() == 0
    assert lift_of(world, Stop.Kind.SENDER).messages == 1
    assert held(world) == [(BatchState.READY, 0)]


@pytest.mark.django_db
def test_what_a_claim_put_aside_after_the_lift_is_found_by_the_sweep() -> None:
    world = make_world()
    world.accept(draft(ASHA))
    with tenant_context(world.tenant_id):
        Batch.objects.update(state=BatchState.HELD, holds=Hold.COMPLIANCE | Hold.STAFF)
    assert release_unstopped() == 1
    assert held(world) == [(BatchState.HELD, Hold.STAFF)]


@pytest.mark.django_db
def test_what_is_stopped_expires_with_its_validity() -> None:
    world = make_world()
    world.accept(draft(ASHA))
    stop_of(world)
    with tenant_context(world.tenant_id):
        later = Batch.objects.get().not_after + timedelta(seconds=1)
    sweeping.expire_overdue(later)
    with tenant_context(world.tenant_id):
        assert Message.objects.get().status == Status.EXPIRED


@pytest.mark.django_db(transaction=True)
def test_a_stop_empties_the_dispatchers_stock_and_a_lift_sends_the_rest() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(400))
        await scene.start()
        await scene.until(lambda: scene.submits() > 40)
        stop_of(scene.world)
        kept = (BatchState.HELD, Hold.COMPLIANCE)
        await scene.until(lambda: set(held(scene.world)) == {kept}, STOPPED_WITHIN_S)
        sent = scene.submits()
        assert sent < 400
        await scene.accept_beside("+919812345678")
        await scene.until(lambda: held(scene.world) == [kept, kept], STOPPED_WITHIN_S)
        assert scene.submits() == sent
        lift_of(scene.world)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 401})
        assert scene.submits() == 401

    play(story, window=10, tps=200)


@pytest.mark.django_db
def test_a_templates_suspension_on_the_portal_stops_and_its_return_lifts() -> None:
    world = make_world()
    world.accept(draft(ASHA))
    with tenant_context(world.tenant_id):
        number = DltRegistration.objects.get().dlt_template_id

        def record(state: PortalState) -> None:
            register_template(
                template_id=world.template_id, dlt_template_id=number, actor=KIM, now=utc_now(), portal_state=state
            )

        record(PortalState.SUSPENDED)
        (standing,) = stops.standing_of(world.template_id)
        assert (standing.stop.prefix, standing.counts) == ("91", Counts(messages=1))
        record(PortalState.BLACKLISTED)
        assert len(stops.standing_of(world.template_id)) == 1
        record(PortalState.ACTIVE)
        assert stops.standing_of(world.template_id) == []
    assert held(world) == [(BatchState.READY, 0)]


@pytest.mark.django_db
def test_an_entitys_and_a_senders_suspension_stop_too() -> None:
    world = make_world()
    world.accept(draft(ASHA))
    with tenant_context(world.tenant_id):
        entity, sender = Entity.objects.get(), Sender.objects.get()
        for state in (PortalState.SUSPENDED, PortalState.ACTIVE):
            register_sender(sender_id=sender.pk, actor=KIM, now=utc_now(), portal_state=state)
            change_entity(
                entity_id=entity.pk, legal_name="Acme", dlt_entity_id=entity.dlt_entity_id, portal_state=state,
                actor=KIM, now=utc_now(),
            )  # fmt: skip
            expected = [] if state is PortalState.ACTIVE else [Stop.Kind.SENDER, Stop.Kind.ENTITY]
            assert list(Stop.objects.order_by("pk").values_list("kind", flat=True)) == expected
    assert held(world) == [(BatchState.READY, 0)]


@pytest.mark.django_db(transaction=True)
def test_a_stop_and_a_killed_dispatcher_lose_nothing() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(300))
        await scene.start()
        await scene.until(lambda: scene.submits() > 40)
        stop_of(scene.world)
        await scene.crash()
        scene.let_leases_end()
        sent = scene.submits()
        ((marked,),) = scene.sql("SELECT sum(sent_upto)::int4 FROM batches")
        # Other tests' ids stay in the table.
        ((written,),) = scene.sql("SELECT count(*) FROM operator_ids WHERE tenant_id = %s", scene.world.tenant_id)
        await scene.start()
        await scene.until(lambda: set(held(scene.world)) == {(BatchState.HELD, Hold.COMPLIANCE)}, STOPPED_WITHIN_S)
        assert scene.submits() == sent
        lift_of(scene.world)
        await scene.until(lambda: sum(scene.statuses().values()) == scene.statuses().get(Status.DELIVERED, 0))
        # What was marked and has no id is in doubt; no more than that goes twice.
        assert 300 <= scene.submits() <= 300 + marked - written

    play(story, window=10, tps=200)
