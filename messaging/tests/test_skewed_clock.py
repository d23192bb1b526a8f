"""Workers and dispatchers on a machine whose clock is wrong do what is due by the database's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kernel.db.clock import database_now
from kernel.db.tenancy import tenant_context
from kernel.db.tests.test_clock import Skewed
from kernel.domain import clock
from messaging import tasks
from messaging.dispatcher.serving import Fault, look, write_gauges
from messaging.models import Batch, Message
from messaging.statuses import BatchState, Status
from messaging.tests.world import ASHA, World, draft, make_world
from routing import breaker
from routing.breaker import Phase, phase
from routing.models import Breaker, Route, RouteGauge, StateInterval
from routing.statuses import Lane, LineState, RouteState
from routing.tasks import mark_unwatched

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = make_world()
    made.accept(draft(ASHA))
    monkeypatch.setattr(clock, "datetime", Skewed)
    return made


def put(world: World, **fields: object) -> None:
    with tenant_context(world.tenant_id):
        Batch.objects.update(**fields)


def state(world: World) -> tuple[int, int]:
    with tenant_context(world.tenant_id):
        return Batch.objects.get().state, Message.objects.get().status


def test_what_is_due_in_an_hour_is_not_released_by_a_clock_that_is_a_day_ahead(world: World) -> None:
    put(world, state=BatchState.WAITING, due_at=database_now() + timedelta(hours=1))
    tasks.release_due()
    assert state(world)[0] == BatchState.WAITING
    put(world, due_at=database_now())
    tasks.release_due()
    assert state(world)[0] == BatchState.READY


def test_nothing_expires_and_nothing_is_called_silent_before_its_time(world: World) -> None:
    put(world, not_after=database_now() + timedelta(hours=1))
    tasks.sweep()
    assert state(world)[1] == Status.ACCEPTED
    put(world, not_after=database_now() - timedelta(seconds=1))
    tasks.sweep()
    assert state(world)[1] == Status.EXPIRED


def test_a_breaker_pauses_by_the_databases_clock(world: World) -> None:
    breaker.trip(route_id=world.route.pk, reason="test", now=database_now())
    seen = look(Lane.BULK)
    assert phase(seen.breakers[world.route.pk], seen.at) is Phase.OPEN
    Breaker.objects.update(next_probe_at=database_now())
    seen = look(Lane.BULK)
    assert phase(seen.breakers[world.route.pk], seen.at) is Phase.DUE


def test_a_dispatcher_that_writes_now_is_not_taken_for_silent(world: World) -> None:
    write_gauges(Lane.BULK, "test", [], {world.route.pk: Fault("Main", "no key fits", 1)})
    Route.objects.update(state=RouteState.ENABLED)
    mark_unwatched()
    assert LineState.UNKNOWN not in StateInterval.objects.filter(ended_at=None).values_list("state", flat=True)
    assert abs(RouteGauge.objects.get().at - database_now()) < timedelta(seconds=10)
