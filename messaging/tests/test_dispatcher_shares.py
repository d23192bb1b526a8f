"""Dispatchers of one lane share the binds and the speed of a route, over a real socket."""

from __future__ import annotations

import pytest

from messaging.statuses import Status
from messaging.tests.dispatching import Scene, numbers, play
from routing.models import Route, RouteGauge, RouteShare

pytestmark = pytest.mark.django_db(transaction=True)


def binds() -> list[int]:
    return sorted(RouteShare.objects.values_list("binds", flat=True))


def connections(scene: Scene) -> int:
    found: int = scene.smsc.status()["connections"]
    return found


def test_a_second_dispatcher_gets_half_of_the_binds_and_the_operator_never_sees_more() -> None:
    async def story(scene: Scene) -> None:
        most = 0

        def is_shared(shares: list[int]) -> bool:
            nonlocal most
            most = max(most, connections(scene))
            return binds() == shares and connections(scene) == 4

        await scene.start()
        await scene.until(lambda: is_shared([4]))
        await scene.start()
        await scene.until(lambda: is_shared([2, 2]))
        # A fifth of the speed is that of passcodes.
        assert sorted(RouteShare.objects.values_list("tps", flat=True)) == [40, 40]
        await scene.accept_beside(*numbers(60))
        await scene.until(lambda: is_shared([2, 2]) and scene.statuses() == {Status.DELIVERED: 60})
        assert (most, scene.submits()) == (4, 60)

    play(story, binds=4, tps=100)


def test_a_dead_dispatchers_binds_go_to_the_other_one_at_once() -> None:
    async def story(scene: Scene) -> None:
        await scene.start()
        await scene.start()
        await scene.until(lambda: binds() == [1, 2] and connections(scene) == 3)
        await scene.accept_beside(*numbers(40))
        survivor = scene.dispatchers.pop()
        await scene.crash()
        scene.dispatchers.append(survivor)
        await scene.until(lambda: binds() == [3] and connections(scene) == 3)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 40})

    play(story, binds=3)


def test_a_single_bind_is_one_dispatchers_and_the_other_stands_by() -> None:
    async def story(scene: Scene) -> None:
        await scene.start()
        await scene.start()
        await scene.until(lambda: binds() == [0, 1] and connections(scene) == 1)
        await scene.accept_beside(*numbers(20))
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 20})
        # Who stands by says nothing of the line.
        assert RouteGauge.objects.count() <= 1
        await scene.stop()
        assert not RouteShare.objects.exists()

    play(story)


def test_binds_that_staff_take_away_are_closed_before_they_are_free() -> None:
    async def story(scene: Scene) -> None:
        await scene.start()
        await scene.start()
        await scene.until(lambda: binds() == [2, 2] and connections(scene) == 4)
        Route.objects.filter(pk=scene.world.route.pk).update(binds=2)
        await scene.until(lambda: binds() == [1, 1] and connections(scene) == 2)

    play(story, binds=4)


def test_who_cannot_renew_its_shares_closes_its_connections_and_begins_anew() -> None:
    async def story(scene: Scene) -> None:
        dispatcher = await scene.start(refresh_s=60, lease_s=1.2)
        await scene.until(lambda: connections(scene) == 1)
        await scene.until(lambda: connections(scene) == 0)
        assert not dispatcher.routes.may_send
        await scene.accept_beside(*numbers(3))
        assert scene.submits() == 0

    play(story)
