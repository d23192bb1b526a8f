"""What submits cost us: booked by route and destination, exactly as a preview counts it."""

from __future__ import annotations

from uuid import UUID

import pytest

from kernel.db.tenancy import platform_context, tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.traffic import TrafficClass
from messaging.models import Batch
from messaging.services.doubt import Doubted, submit_left_over
from messaging.statuses import EventKind, Status
from messaging.tests.dispatching import Scene, play
from routing.costs import read_costs
from routing.models import Route, RouteCost

pytestmark = pytest.mark.django_db(transaction=True)

NEAR, FAR = "+919810000001", "+919912345678"


def price(scene: Scene, **prefixes: int) -> None:
    """Costs of the scene's route by prefix."""
    for prefix, micros in prefixes.items():
        RouteCost.objects.create(route=scene.world.route, prefix=prefix.removeprefix("to_"), cost_micros=micros)


def test_numbers_of_one_batch_are_booked_at_the_cost_of_their_own_prefix() -> None:
    async def story(scene: Scene) -> None:
        price(scene, to_91=80_000, to_91981=50_000)
        scene.accept(NEAR, FAR)
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 2})
        assert scene.events(EventKind.SUBMITTED)["cost_micros"] == 80_000 + 50_000

    play(story)


def test_a_changed_cost_counts_from_the_next_look_at_the_routes() -> None:
    async def story(scene: Scene) -> None:
        desks = (await scene.start()).routes.desks
        price(scene, to_91=70_000)
        Route.objects.update(window=7)
        await scene.until(lambda: desks[scene.world.route.pk].config.window == 7)
        await scene.accept_beside(NEAR)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1})
        assert scene.events(EventKind.SUBMITTED)["cost_micros"] == 70_000

    play(story)


def test_what_is_settled_in_doubt_costs_what_its_destination_costs() -> None:
    async def story(scene: Scene) -> None:
        price(scene, to_91=80_000, to_91981=50_000)
        scene.accept(NEAR, FAR, traffic_class=TrafficClass.PROMOTIONAL)
        with tenant_context(scene.world.tenant_id):
            Batch.objects.update(sent_upto=2)
        with platform_context(reason="test: settle what is in doubt"):
            doubted = Doubted([scene.world.route.pk], utc_now())
            submit_left_over(doubted, after=UUID(int=0), costs=read_costs(), now=utc_now())
        assert scene.events(EventKind.SUBMITTED)["cost_micros"] == 80_000 + 50_000

    play(story)
