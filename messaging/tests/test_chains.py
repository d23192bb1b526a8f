"""The chain of telemarketers goes along by the route that is used, as TLV 0x1402."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from compliance.models import Chain, Entity
from compliance.services import stops
from compliance.services.chains import record_chain
from compliance.services.portal import Told
from compliance.statuses import PortalState
from kernel.db.tenancy import platform_context, tenant_context
from kernel.domain.clock import utc_now
from messaging.models import Batch
from messaging.statuses import BatchState, Hold, Status
from messaging.tests.dispatching import Scene, numbers, play
from messaging.tests.test_stops import KIM, STOPPED_WITHIN_S, held
from routing.plan import CompiledPlan
from routing.services.plans import RuleDraft, save_plan
from routing.services.routes import RouteDraft, RouteTerms, create_route
from routing.statuses import RouteState

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


def told(scene: Scene, chain: Chain, state: PortalState) -> None:
    with tenant_context(scene.world.tenant_id):
        record_chain(chain_id=chain.pk, told=Told(state), actor=KIM, now=utc_now())


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


@pytest.mark.parametrize("gone", [PortalState.AWAITING_PE, None])
def test_what_a_dead_dispatcher_may_have_sent_is_not_sent_again_without_its_chain(gone: PortalState | None) -> None:
    async def story(scene: Scene) -> None:
        if gone is not None:
            add_chain(scene, state=gone)
        scene.accept(*numbers(3))
        scene.sql("UPDATE batches SET sent_upto = 1")
        await scene.start()
        await scene.until(lambda: scene.statuses().get(Status.BLOCKED) == 2)
        await scene.stop()
        assert scene.submits() == 0

    play(story, chain=TO_IT)


def test_a_chain_that_had_its_last_day_goes_along_with_nothing() -> None:
    async def story(scene: Scene) -> None:
        chain = add_chain(scene)
        with tenant_context(scene.world.tenant_id):
            Chain.objects.filter(pk=chain.pk).update(valid_to=utc_now().date() - timedelta(days=2))
        scene.accept(*numbers(2))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.BLOCKED: 2})
        assert scene.submits() == 0

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
        told(scene, chain, PortalState.SUSPENDED)
        await scene.until(lambda: held(scene.world) == [(BatchState.HELD, Hold.COMPLIANCE)], STOPPED_WITHIN_S)
        sent = scene.submits()
        with tenant_context(scene.world.tenant_id):
            (standing,) = stops.standing_of(chain.pk)
            assert standing.counts.messages == 400 - Batch.objects.get().sent_upto
        told(scene, chain, PortalState.ACTIVE)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 400})
        assert (scene.submits(), sent < 400) == (400, True)

    play(story, chain=TO_IT, window=10, tps=200)


def test_a_route_without_the_chain_is_passed_over_for_one_that_asks_for_none() -> None:
    async def story(scene: Scene) -> None:
        with platform_context(reason="test: a second route, to the same operator"):
            other = RouteDraft(
                name="Other", kind="smpp", secrets={"password": "secret"}, terms=RouteTerms(window=100),
                settings={k: v for k, v in scene.world.route.settings.items() if not k.startswith("dlt_")},
            )  # fmt: skip
            second = create_route(draft=other, state=RouteState.ENABLED)
            save_plan(rules=[RuleDraft(route_ids=[scene.world.route.pk, second.pk])])
        CompiledPlan.forget()
        scene.accept(*numbers(5))
        await scene.start()
        # Receipts come over either connection: what counts is who took them.
        await scene.until(lambda: scene.submits() == 5)
        assert chains_at_the_operator(scene) == [None] * 5
        with tenant_context(scene.world.tenant_id):
            assert Batch.objects.get().route_id == second.pk

    play(story, chain=TO_IT)
