"""The console's pages about queues, as staff use them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from audit.models import Entry
from kernel.db.tenancy import platform_context, tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.traffic import TrafficClass
from messaging.models import Batch, Operation
from messaging.services.surgery import carry_out
from messaging.statuses import BatchState
from messaging.tasks import operate
from messaging.tests.test_doubt import crashed
from messaging.tests.world import World, draft, make_route, make_world
from routing.models import Breaker
from routing.services.plans import RuleDraft, save_plan
from routing.statuses import BreakerState
from tests.security.company import staff_browser

pytestmark = pytest.mark.django_db
QUEUES = "/console/queues/"


@pytest.fixture
def world() -> World:
    world = make_world()
    world.accept(draft())
    return world


@pytest.fixture
def staff() -> Client:
    return staff_browser()


def test_what_waits_stands_by_route_and_class(staff: Client, world: World) -> None:
    page = staff.get(QUEUES).content.decode()
    assert world.route.name in page
    assert "Transactional" in page


def test_counting_changes_nothing_and_shows_what_it_would_come_to(staff: Client, world: World) -> None:
    answer = staff.post(QUEUES, {"action": "expire", "route": world.route.pk}, follow=True)
    page = answer.content.decode()
    assert "1 counted" in page
    assert "₹0.15" in page
    with tenant_context(world.tenant_id):
        assert Batch.objects.get().state == BatchState.READY


def test_a_confirmed_operation_is_given_to_a_worker_once(
    staff: Client, world: World, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: object
) -> None:
    given: list[str] = []
    monkeypatch.setattr(operate, "delay", given.append)
    url = staff.post(QUEUES, {"action": "hold"}).headers["Location"]
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]  # pytest-django's fixture
        staff.post(f"{url}start/")
        staff.post(f"{url}start/")
    operation = Operation.objects.get()
    assert given == [str(operation.pk)]
    carry_out(operation_id=operation.pk, now=utc_now())
    assert "1 done" in staff.get(url).content.decode()


def test_moving_needs_a_sensible_target(staff: Client, world: World) -> None:
    assert staff.post(QUEUES, {"action": "move"}).status_code == 422
    where = {"route": world.route.pk, "target": world.route.pk}
    refused = staff.post(QUEUES, {"action": "move", **where})
    assert (refused.status_code, "already" in refused.content.decode()) == (422, True)


def test_a_dry_run_says_what_the_plan_lets_nobody_move(staff: Client, world: World) -> None:
    target = make_route("Second")
    with platform_context(reason="test: a plan without it"):
        save_plan(rules=[RuleDraft([world.route.pk])])
    page = staff.post(QUEUES, {"action": "move", "target": target.pk}, follow=True).content.decode()
    assert "1 batch, 1 message: the plan knows no such way" in page
    assert "There is nothing to do" in page


def test_what_is_in_doubt_is_listed_and_can_be_settled(staff: Client) -> None:
    world = crashed(TrafficClass.PROMOTIONAL)
    assert "goes with the next claim" in staff.get(f"{QUEUES}in-doubt/").content.decode()
    with tenant_context(world.tenant_id):
        Batch.objects.update(accepted_at=utc_now() - timedelta(hours=2))
    answer = staff.post(f"{QUEUES}in-doubt/", {"minutes": 60, "ending": "unknown"}, follow=True)
    assert "3 counted" in answer.content.decode()


@pytest.mark.parametrize("key", ["?at=never&id=x", "?at=2026-01-01T00:00:00&id=x", "?at=2026-13-01T00:00Z"])
def test_a_page_key_that_no_page_gave_shows_the_first_page(staff: Client, world: World, key: str) -> None:
    assert staff.get(f"{QUEUES}in-doubt/{key}").status_code == 200


def test_staff_open_and_close_a_breaker_and_the_trail_says_who(staff: Client, world: World) -> None:
    url = f"{QUEUES}routes/{world.route.pk}/"
    staff.post(url, {"action": "open"})
    assert "stays open until staff close it" in staff.get(url).content.decode()
    staff.post(url, {"action": "close"})
    assert Breaker.objects.get().state == BreakerState.CLOSED
    with platform_context(reason="test: the platform's trail"):
        assert Entry.objects.filter(action__startswith="breaker.").count() == 2


def test_a_routes_health_says_how_its_line_is_and_leads_to_its_drain(staff: Client, world: World) -> None:
    page = staff.get(f"{QUEUES}routes/{world.route.pk}/").content.decode()
    assert f"/console/routes/{world.route.pk}/draining/" in page
    assert "Unknown" in page


@pytest.mark.parametrize("path", ["", "in-doubt/"])
def test_the_pages_are_staffs_alone(client: Client, path: str) -> None:
    assert client.get(f"{QUEUES}{path}").status_code == 302
