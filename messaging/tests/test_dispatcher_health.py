"""Health that acts, with a real dispatcher, simulator and database: trip, probe, pass on, adjust, drain, stop."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import Any

import pytest

from kernel.domain.clock import utc_now
from messaging.dispatcher.database import connect
from messaging.services.passing_on import finish_drains, pass_on
from messaging.statuses import BatchState, EventKind, Status
from messaging.tests.dispatching import Scene, numbers, play
from messaging.tests.test_dispatcher_crash import start_process
from messaging.tests.world import make_route
from routing import breaker
from routing.models import Breaker, Route, RouteGauge
from routing.services.draining import start_drain
from routing.services.plans import RuleDraft, save_plan
from routing.services.routes import route_config
from routing.statuses import BreakerState, Lane, RouteState

pytestmark = pytest.mark.django_db(transaction=True)


def second(scene: Scene, name: str = "Second") -> Route:
    """One more route to the same operator, tried after the first."""
    where = {"host": "127.0.0.1", "port": scene.smsc.port, "system_id": "dakiya", "bind_as": "transceiver"}
    route = make_route(name, kind="smpp", settings=where)
    save_plan(rules=[RuleDraft(route_ids=[scene.world.route.pk, route.pk])])
    return route


def submitted_over(scene: Scene, route: Route) -> int:
    return scene.events(EventKind.SUBMITTED, route_id=route.pk)["messages"]


def state() -> str:
    return Breaker.objects.values_list("state", flat=True).first() or BreakerState.CLOSED


def test_the_queue_of_an_open_breaker_goes_to_the_next_route() -> None:
    async def story(scene: Scene) -> None:
        other = second(scene)
        Route.objects.filter(pk=scene.world.route.pk).update(patience_s=0)
        breaker.trip(route_id=scene.world.route.pk, reason="half went wrong", now=utc_now())
        scene.accept(*numbers(20))
        await scene.start()
        await scene.until(lambda: scene.states() == [BatchState.SENT])
        assert submitted_over(scene, other) == 20

    play(story)


def test_errors_open_the_breaker_and_clean_probes_close_it() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(30, "12"))
        await scene.start()
        await scene.until(lambda: state() == BreakerState.OPEN and BatchState.LEASED not in scene.states())
        scene.sql("UPDATE batches SET state = 3, holds = 2 WHERE state = 0")
        await scene.accept_beside(*numbers(60))
        Breaker.objects.update(next_probe_at=utc_now())
        await scene.until(lambda: state() == BreakerState.CLOSED)
        await scene.until(lambda: scene.statuses().get(Status.DELIVERED) == 60)

    play(story, window=30)


def test_a_look_from_before_the_breaker_opened_does_not_close_it() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(30, "12"))
        scene.sql("UPDATE batches SET state = 3, holds = 2")
        dispatcher = await scene.start(refresh_s=1.0)
        desk = dispatcher.routes.desks[scene.world.route.pk]
        async with await connect("test") as other, other.transaction():
            # A look reads breakers, then costs: here it stops between the two.
            await other.execute("LOCK TABLE routing_routecost IN ACCESS EXCLUSIVE MODE")
            await scene.until(lambda: scene.sql("SELECT 1 FROM pg_locks WHERE NOT granted"))
            scene.sql("UPDATE batches SET state = 0, holds = 0")
            await scene.until(lambda: not desk.is_sending)
            released_at, submits = utc_now(), scene.submits()
        await scene.until(lambda: RouteGauge.objects.filter(at__gt=released_at).exists())
        assert (state(), desk.is_sending, scene.submits()) == (BreakerState.OPEN, False, submits)

    play(story, window=30)


def test_probes_that_go_wrong_open_it_again_for_longer() -> None:
    async def story(scene: Scene) -> None:
        breaker.trip(route_id=scene.world.route.pk, reason="half went wrong", now=utc_now())
        scene.accept(*numbers(30, "12"))
        await scene.start()
        Breaker.objects.update(next_probe_at=utc_now())
        await scene.until(lambda: Breaker.objects.get().pause_s == 20)
        assert scene.submits() <= breaker.PROBES
        await scene.until(lambda: BatchState.LEASED not in scene.states())

    play(story, window=30)


def test_a_route_that_nobody_serves_keeps_nothing() -> None:
    async def story(scene: Scene) -> None:
        other = second(scene)
        scene.accept(*numbers(5))
        Route.objects.filter(pk=scene.world.route.pk).update(state=RouteState.DISABLED)
        assert pass_on(utc_now()) == 1
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 5})
        assert submitted_over(scene, other) == 5

    play(story)


def test_a_route_whose_secrets_nobody_can_read_keeps_nothing() -> None:
    async def story(scene: Scene) -> None:
        second(scene)
        Route.objects.filter(pk=scene.world.route.pk).update(secrets_encrypted="nonsense")
        scene.accept(*numbers(5))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 5})
        assert "key" in RouteGauge.objects.get(route=scene.world.route).note

    play(story)


@pytest.mark.parametrize("changes", [{"window": 7}, {"tps": 500}, {"binds": 2}])
def test_changed_terms_take_effect_without_a_new_connection(changes: dict[str, Any]) -> None:
    async def story(scene: Scene) -> None:
        dispatcher = await scene.start()
        counters, route_id = scene.smsc.centre.counters, scene.world.route.pk
        # A connection comes before its bind, and both before the desk is on its list.
        await scene.until(lambda: counters.binds == 1 and route_id in dispatcher.routes.desks)
        desk = dispatcher.routes.desks[route_id]
        Route.objects.update(**changes)
        wanted = route_config(Route.objects.get(pk=route_id), lane=Lane.BULK)
        assert wanted != desk.config
        await scene.until(lambda: desk.config == wanted)
        await scene.until(lambda: counters.binds == changes.get("binds", 1))
        assert dispatcher.routes.desks[route_id] is desk
        assert scene.smsc.status()["connections"] == changes.get("binds", 1)

    play(story)


def test_a_drained_route_is_disabled_when_it_is_dry() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(50))
        await scene.start()
        await scene.until(lambda: scene.submits() > 0)
        start_drain(route_id=scene.world.route.pk, moves_queue=True, then_disables=True, now=utc_now())
        await scene.until(lambda: BatchState.LEASED not in scene.states())
        scene.sql("UPDATE batches SET state = 3 WHERE state = 0")
        scene.sql("UPDATE routing_drain SET started_at = now() - interval '1 min'")
        await scene.until(lambda: finish_drains(utc_now()) == 1)
        assert Route.objects.get(pk=scene.world.route.pk).state == RouteState.DISABLED

    play(story)


def test_a_process_that_is_asked_to_stop_ends_within_ten_seconds_whatever_the_operator_does() -> None:
    async def story(scene: Scene) -> None:
        scene.change(silent=True)
        scene.accept(*numbers(40))
        process = start_process()
        try:
            await scene.until(lambda: scene.submits() == 10)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(asyncio.to_thread(process.wait), 20) == 0
            assert time.monotonic() - began < 10
        finally:
            process.kill()
        assert BatchState.LEASED not in scene.states()

    play(story, window=10)
