"""Roll-ups become what plans know of routes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kernel.db.tenancy import platform_context, tenant_context
from kernel.domain.clock import utc_now
from messaging.statuses import Source, Status
from messaging.tests.world import World, make_world
from reporting.models import Rollup
from reporting.quality import measure
from routing.models import RouteQuality

pytestmark = pytest.mark.django_db
NOW = utc_now()


@pytest.fixture
def world() -> World:
    return make_world()


def rollup(world: World, outcome: Status, messages: int, *, hours_ago: float = 0.5, error_code: str = "") -> None:
    with tenant_context(world.tenant_id):
        Rollup.objects.create(
            quarter=NOW - timedelta(hours=hours_ago),
            traffic_class=1,
            source=Source.API,
            destination="91",
            route_id=world.route.pk,
            campaign_id=None,
            outcome=outcome,
            error_code=error_code,
            messages=messages,
            segments=messages,
            charged_micros=0,
            cost_micros=0,
            latency_ms=0,
        )


def measured() -> tuple[int, int, int] | None:
    measure(NOW)
    with platform_context(reason="test"):
        row = RouteQuality.objects.first()
    return (row.delivered, row.final, row.rating) if row else None


def test_the_last_hour_counts_where_it_has_enough(world: World) -> None:
    rollup(world, Status.DELIVERED, 270)
    rollup(world, Status.UNDELIVERED, 30, error_code="absent")
    rollup(world, Status.DELIVERED, 100, hours_ago=5)
    assert measured() == (270, 300, 900)


def test_else_the_day_does(world: World) -> None:
    rollup(world, Status.DELIVERED, 100)
    rollup(world, Status.UNKNOWN, 100, hours_ago=20)
    assert measured() == (100, 200, 500)


def test_too_few_messages_are_no_measure(world: World) -> None:
    rollup(world, Status.DELIVERED, 199)
    assert measured() is None


def test_what_no_operator_had_and_what_is_under_way_is_not_counted(world: World) -> None:
    rollup(world, Status.DELIVERED, 200)
    rollup(world, Status.EXPIRED, 500, error_code="not_after_passed")
    rollup(world, Status.SUBMITTED, 500)
    rollup(world, Status.BLOCKED, 500, error_code="opted_out")
    assert measured() == (200, 200, 1000)


def test_a_route_is_rated_anew_only_when_it_moved_far_enough(world: World) -> None:
    rollup(world, Status.DELIVERED, 950)
    rollup(world, Status.FAILED, 50, error_code="x")
    assert measured() == (950, 1000, 950)
    rollup(world, Status.FAILED, 15, error_code="y")
    assert measured() == (950, 1015, 950)
    rollup(world, Status.FAILED, 100, error_code="z")
    assert measured() == (950, 1115, 852)


def test_what_was_measured_a_day_ago_is_forgotten(world: World) -> None:
    rollup(world, Status.DELIVERED, 300)
    assert measured() is not None
    measure(NOW + timedelta(days=2))
    assert not RouteQuality.objects.exists()
