"""A change of plan or route is tried on the last hour's traffic, and then does to it what the preview said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from kernel.db.tenancy import platform_context
from kernel.domain.clock import utc_now
from messaging.models import Batch
from messaging.tests.world import World, draft, make_route, make_world
from reporting.plan_preview import Preview, last_hour, preview
from routing import breaker
from routing.models import Plan, Route, RouteGauge
from routing.obstacles import obstacles
from routing.plan import CompiledPlan, RuleDraft
from routing.scene import Scene, present
from routing.services.plans import save_plan
from routing.services.routes import RouteDraft, RouteTerms, set_route_state, update_route
from routing.statuses import Lane, RouteState
from routing.strategies import Strategy
from routing.tests.test_pages import rules
from tenants.tests.builders import make_user, signed_in

pytestmark = pytest.mark.django_db

NUMBERS = [f"+9198{number:08d}" for number in range(10_000_000, 10_000_120)]
PASSWORD = "sesame42"
PREVIEW = {"HX-Request": "true"}


@pytest.fixture
def world() -> World:
    CompiledPlan.forget()
    made = make_world()
    made.accept(*map(draft, NUMBERS))
    return made


@pytest.fixture
def staff(world: World) -> Client:
    return signed_in(make_user(is_staff=True))


def second() -> Route:
    return make_route("Second", cost_micros=60_000)


def seen(change: Callable[[Scene], Scene] = lambda scene: scene, **kwargs: Any) -> Preview:
    with platform_context(reason="test"):
        scene = present()
        return preview(last_hour(utc_now(), **kwargs), scene, change(scene))


def test_what_the_preview_says_is_what_happens_after_saving(world: World) -> None:
    a, b = world.route.pk, second().pk
    save_plan(rules=[RuleDraft([a])])
    split = RuleDraft([a, b], strategy=Strategy.WEIGHTED, weights=[60, 40])
    said = {share.route_id: share.then for share in seen(lambda scene: scene.with_rules([split])).shares}
    save_plan(rules=[split])
    world.accept(*map(draft, NUMBERS))
    with platform_context(reason="test"):
        went: Counter[int] = Counter()
        for batch in Batch.objects.filter(accepted_at__gt=utc_now() - timedelta(hours=1)).order_by("-id"):
            went[batch.route_id] += batch.messages
    assert went == {a: len(NUMBERS) + said[a], b: said[b]}
    assert 0 < said[b] < len(NUMBERS)


def test_costs_before_and_after_are_those_of_the_routes(world: World) -> None:
    b = second().pk
    save_plan(rules=[RuleDraft([world.route.pk])])
    found = seen(lambda scene: scene.with_rules([RuleDraft([b])]))
    (cost,) = found.costs
    assert (cost.now, cost.then) == (len(NUMBERS) * 90_000, len(NUMBERS) * 60_000)
    assert (found.total, found.moved, found.lost, found.moved_share) == (len(NUMBERS), len(NUMBERS), 0, 1.0)


def test_messages_that_would_have_no_route_are_counted(world: World) -> None:
    found = seen(lambda scene: scene.with_state(world.route.pk, RouteState.DISABLED))
    assert (found.lost, found.stranded) == (len(NUMBERS), 0)
    assert found.moves[0].then_text == "No route"


def test_a_cheaper_destination_moves_what_goes_there_and_nothing_else(world: World) -> None:
    b = make_route("Second", cost_micros=95_000).pk
    save_plan(rules=[RuleDraft([world.route.pk, b], strategy=Strategy.LEAST_COST)])
    few = len([number for number in NUMBERS if number.startswith("+91981000001")])
    found = seen(lambda scene: scene.with_costs(b, 95_000, {"91981000001": 10_000}))
    assert found.moved == few > 0
    terms = RouteTerms(cost_micros=95_000)
    update_route(route_id=b, draft=RouteDraft("Second", "simulator", terms=terms, costs={"91981000001": 10_000}))
    assert seen(lambda scene: scene).moved == 0
    assert {share.route_id: share.now for share in seen().shares}[b] == few


def test_in_a_busy_hour_every_nth_message_stands_for_n(world: World) -> None:
    found = seen(lambda scene: scene.with_state(world.route.pk, RouteState.DISABLED), sample=40)
    assert (found.step, found.total, found.lost) == (3, len(NUMBERS), len(NUMBERS))


def test_what_is_older_than_an_hour_is_left_out(world: World) -> None:
    with platform_context(reason="test"):
        assert last_hour(utc_now() + timedelta(hours=1, minutes=1)).total == 0


def test_a_preview_costs_the_same_for_many_messages(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with CaptureQueriesContext(connection) as few:
        seen()
    world.accept(*(draft(f"+9197{number:08d}") for number in range(10_000_000, 10_000_600)))
    with django_assert_num_queries(len(few)):
        seen()


def given(world: World, **changes: object) -> dict[str, object]:
    return {**rules({"route_1": world.route.pk, "ORDER": 1, **changes}, initial=1), "version": 1}


def test_what_speaks_against_routes_is_said_beside_the_preview(world: World) -> None:
    now = utc_now()
    names = ["Draining", "Disabled", "Tripped", "Opened", "Down", "Free"]
    made = {name: make_route(name, cost_micros=0 if name == "Free" else 10_000) for name in names}
    for name, state in (("Draining", RouteState.DRAINING), ("Disabled", RouteState.DISABLED)):
        set_route_state(route_id=made[name].pk, state=state, now=now)
    breaker.trip(route_id=made["Tripped"].pk, reason="half went wrong", now=now)
    breaker.open_by_hand(route_id=made["Opened"].pk, reason="opened by staff", now=now)
    RouteGauge.objects.create(route=made["Down"], lane=Lane.BULK, holder="a", binds_up=0, binds_wanted=1, at=now)
    scene = present().with_rules([RuleDraft([world.route.pk, *(route.pk for route in made.values())])])
    assert obstacles(scene, now=now) == [
        "Draining is draining and takes no messages until it is enabled.",
        "Disabled is disabled and takes no messages until it is enabled.",
        "The circuit breaker of Tripped is open until probes are answered well: half went wrong.",
        "The circuit breaker of Opened is open until staff close it: opened by staff.",
        "The line of Down is down: no bind is up.",
        "A segment over Free costs ₹0.00: reports count it as free, and the cheapest first.",
    ]
    gone = scene.with_state(world.route.pk, RouteState.DISABLED)
    assert obstacles(gone, now=now)[0] == f"{world.route.name} would take no messages."


def test_the_page_of_a_preview_says_what_speaks_against_its_routes(world: World, staff: Client) -> None:
    breaker.open_by_hand(route_id=world.route.pk, reason="opened by staff", now=utc_now())
    page = staff.post("/console/plan/preview/", given(world), headers=PREVIEW).content.decode()
    assert f"The circuit breaker of {world.route.name} is open until staff close it" in page
    assert "counted as free" in staff.get(f"/console/routes/{make_route('Free', cost_micros=0).pk}/").content.decode()


def test_the_plan_is_edited_previewed_and_saved_from_the_same_form(world: World, staff: Client) -> None:
    b = second().pk
    save_plan(rules=[RuleDraft([world.route.pk])])
    form = {**given(world, route_1=b), "note": "Cheaper", "version": Plan.objects.get(is_active=True).version}
    part = staff.post("/console/plan/preview/", form, headers=PREVIEW).content.decode()
    assert "Second" in part
    assert "(100%)" in part.replace("\xa0", "").replace(" ", "")
    assert "<html" not in part
    assert staff.post("/console/plan/", form).status_code == 302
    assert Plan.objects.get(is_active=True).note == "Cheaper"


def test_without_scripts_the_preview_carries_the_form_along(world: World, staff: Client) -> None:
    page = staff.post("/console/plan/preview/", {**given(world), "note": "Why & how"}).content.decode()
    assert 'name="note" value="Why &amp; how"' in page
    assert 'name="form-0-route_1"' in page


def test_rules_that_cannot_work_are_refused_before_any_preview(world: World, staff: Client) -> None:
    answer = staff.post("/console/plan/preview/", given(world, route_2=world.route.pk), headers=PREVIEW)
    assert answer.status_code == 422
    assert "names a route twice" in answer.content.decode()
    answer = staff.post("/console/plan/preview/", given(world, route_1=""), headers=PREVIEW)
    assert "required" in answer.content.decode()


def test_a_secret_that_was_typed_is_in_no_preview(world: World, staff: Client) -> None:
    terms = {"name": "X", "tps": 2, "window": 1, "binds": 1, "otp_binds": 1, "cost": "0.1", "currency": "INR"}
    smpp = make_route("Smpp", kind="smpp", settings={"host": "127.0.0.1", "port": 1, "system_id": "x"})
    link = {"link-host": "h.example", "link-port": 1, "link-system_id": "x", "link-bind_as": "transceiver"}
    form = {**terms, **link, "link-password": PASSWORD}
    page = staff.post(f"/console/routes/{smpp.pk}/preview/", form).content.decode()
    assert PASSWORD not in page
    assert "go back, and save from there" in page


@pytest.mark.parametrize("path", ["disabled/preview/", "versions/1/preview/", "versions/1/", "versions/", "disabled/"])
def test_what_a_switch_or_an_earlier_version_would_do_has_a_page(world: World, staff: Client, path: str) -> None:
    set_route_state(route_id=world.route.pk, state=RouteState.DRAINING, now=utc_now())
    assert staff.get(f"/console/routes/{world.route.pk}/{path}").status_code == 200


def test_previews_are_for_staff(world: World) -> None:
    outsider = signed_in(make_user())
    assert outsider.get(f"/console/routes/{world.route.pk}/disabled/preview/").status_code == 404
    assert outsider.post("/console/plan/preview/", given(world)).status_code == 404
