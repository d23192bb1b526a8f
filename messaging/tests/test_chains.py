"""The chain of telemarketers goes along by the route that is used, as TLV 0x1402."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from compliance.models import Chain, Entity, Stop
from compliance.services import stops
from compliance.statuses import PortalState
from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from messaging.models import Batch
from messaging.statuses import BatchState, Hold, Status
from messaging.tests.dispatching import Scene, numbers, play
from messaging.tests.test_stops import KIM, STOPPED_WITHIN_S, held

pytestmark = pytest.mark.django_db(transaction=True)
ENDS_HERE = "1702000000000000077"
TO_IT: dict[str, Any] = {"dlt_telemarketer_id": ENDS_HERE, "dlt_chain_required": True}


def add_chain(scene: Scene, delivery_id: str = ENDS_HERE, state: PortalState = PortalState.ACTIVE) -> Chain:
    with tenant_context(scene.world.tenant_id):
        entity, now = Entity.objects.get(), utc_now()
        ids = ["1702000000000000001", delivery_id]
        written = sha256(",".join([entity.dlt_entity_id, *ids]).encode()).hexdigest()
        return Chain.objects.create(
            entity=entity, telemarketer_ids=ids, delivery_id=delivery_id, hash=written, portal_state=state,
            created_at=now, changed_at=now,
        )  # fmt: skip


def chains_at_the_operator(scene: Scene) -> list[bytes | None]:
    return [dict(received.pdu.tlvs).get(0x1402) for received in scene.smsc.centre.received]


def suspend(scene: Scene, chain: Chain) -> None:
    with tenant_context(scene.world.tenant_id):
        Chain.objects.filter(pk=chain.pk).update(portal_state=PortalState.SUSPENDED)
        stops.stop(
            kind=Stop.Kind.CHAIN,
            key=f"{chain.entity.dlt_entity_id}:{chain.delivery_id}",
            object_id=chain.pk,
            label=str(chain),
            reason="The chain was suspended",
            actor=KIM,
            now=utc_now(),
        )


def test_the_active_chain_that_ends_at_the_route_goes_along() -> None:
    async def story(scene: Scene) -> None:
        chain = add_chain(scene)
        add_chain(scene, "1702000000000000099")
        scene.accept(*numbers(3))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 3})
        assert chains_at_the_operator(scene) == [chain.hash.encode()] * 3

    play(story, chain=TO_IT)


def test_without_a_chain_that_the_route_requires_nothing_leaves() -> None:
    async def story(scene: Scene) -> None:
        add_chain(scene, state=PortalState.AWAITING_PE)
        scene.accept(*numbers(3))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.BLOCKED: 3})
        assert scene.submits() == 0
        assert set(scene.sql("SELECT error_code FROM messages")) == {("chain_missing",)}

    play(story, chain=TO_IT)


def test_a_route_that_requires_none_sends_without() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(2))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 2})
        assert chains_at_the_operator(scene) == [None, None]

    play(story, chain={"dlt_telemarketer_id": ENDS_HERE})


def test_suspending_a_chain_stops_what_is_in_stock_and_lifting_it_sends_the_rest() -> None:
    async def story(scene: Scene) -> None:
        chain = add_chain(scene)
        scene.accept(*numbers(400))
        await scene.start()
        await scene.until(lambda: scene.submits() > 40)
        suspend(scene, chain)
        await scene.until(lambda: held(scene.world) == [(BatchState.HELD, Hold.COMPLIANCE)], STOPPED_WITHIN_S)
        sent = scene.submits()
        with tenant_context(scene.world.tenant_id):
            (standing,) = stops.standing_of(chain.pk)
            assert standing.counts.messages == 400 - Batch.objects.get().sent_upto
            Chain.objects.filter(pk=chain.pk).update(portal_state=PortalState.ACTIVE)
            stops.lift(kind=Stop.Kind.CHAIN, object_id=chain.pk, actor=KIM, now=utc_now())
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 400})
        assert (scene.submits(), sent < 400) == (400, True)

    play(story, chain=TO_IT, window=10, tps=200)
