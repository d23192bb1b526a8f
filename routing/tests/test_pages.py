from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse
from pytest_django import DjangoAssertNumQueries, Settings

from kernel.domain.clock import utc_now
from routing import urls
from routing.models import Drain, Plan, Route, RouteGauge
from routing.plan import CompiledPlan
from routing.secrets import unseal
from routing.services.plans import RuleDraft, save_plan
from routing.services.states import record_state, report_gauge
from routing.statuses import Lane, LineState, RouteState
from routing.strategies import Strategy
from routing.tests.builders import make_route
from routing.tests.room import use_own_room
from tenants.tests.builders import make_tenant, make_user, signed_in

pytestmark = pytest.mark.django_db

TERMS = {
    "name": "Operator B",
    "tps": "250",
    "window": "50",
    "binds": "2",
    "otp_binds": "1",
    "cost": "0.125",
    "currency": "inr",
    "validity_cap_hours": "48",
    "patience_s": "90",
}
LINK = {
    "link-host": "smsc.example.com",
    "link-port": "2775",
    "link-system_id": "dakiya",
    "link-password": "postman",
    "link-bind_as": "transceiver",
}


@pytest.fixture(autouse=True)
def _own_room(settings: Settings) -> None:
    use_own_room(settings)


@pytest.fixture
def staff() -> Client:
    return signed_in(make_user(is_staff=True))


def test_the_form_refuses_a_speed_that_two_lanes_cannot_share(staff: Client) -> None:
    page = staff.post("/console/routes/new/smpp/", {**TERMS, "tps": "1", **LINK})
    assert (page.status_code, Route.objects.count()) == (422, 0)
    assert "one part a second cannot be shared" in page.content.decode()


def watched(name: str) -> Route:
    """A route a dispatcher is watching, down for the hour before the last."""
    route, now = make_route(name), utc_now()
    record_state(route_id=route.pk, state=LineState.UP, reason="", now=now - timedelta(hours=30))
    record_state(route_id=route.pk, state=LineState.DOWN, reason="no bind is up", now=now - timedelta(hours=2))
    record_state(route_id=route.pk, state=LineState.UP, reason="", now=now - timedelta(hours=1))
    gauge = RouteGauge(route=route, lane=Lane.BULK, holder="a:1", tps_now=42, binds_up=2, binds_wanted=2, at=now)
    report_gauge(gauge=gauge)
    return route


def test_every_page_is_for_staff_and_does_not_exist_for_others() -> None:
    route = make_route()
    member = signed_in(make_tenant_owner())
    save_plan(rules=[RuleDraft([route.pk])])
    for pattern in urls.urlpatterns:
        kwargs: dict[str, Any] = {"pk": route.pk, "kind": "smpp", "state": "enabled", "number": 1, "version": 1}
        wanted = {name: kwargs[name] for name in pattern.pattern.converters}
        url = reverse(f"routing:{pattern.name}", kwargs=wanted)
        is_post = str(pattern.name).endswith(("-restore", "-forget"))
        ask = member.post if is_post else member.get
        assert ask(url).status_code == 404, url
        assert signed_out(url, is_post=is_post) == 302, url
        assert get_resolver().resolve(url).func.dakiya_access == "staff"  # type: ignore[attr-defined]  # the mark


def make_tenant_owner() -> Any:
    owner = make_user()
    make_tenant(owner=owner)
    return owner


def signed_out(url: str, *, is_post: bool) -> int:
    client = Client()
    return (client.post if is_post else client.get)(url).status_code


def test_the_list_shows_how_lines_are_and_were(staff: Client) -> None:
    watched("Operator A")
    page = staff.get("/console/routes/").content.decode()
    assert "Operator A" in page
    assert "95.83" in page  # an hour of twenty-four
    assert "2 of 2" in page
    assert ">42" in page


def test_the_list_costs_the_same_for_many_routes(
    staff: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    watched("A")
    with CaptureQueriesContext(connection) as few:
        staff.get("/console/routes/")
    for number in range(5):
        watched(f"B{number}")
    with django_assert_num_queries(len(few)):
        staff.get("/console/routes/")


def test_htmx_gets_the_table_alone(staff: Client) -> None:
    watched("Operator A")
    part = staff.get("/console/routes/", headers={"HX-Request": "true"}).content.decode()
    assert part.strip().startswith("<section")
    assert "Operator A" in part


def test_without_routes_or_plan_the_pages_say_what_comes_first(staff: Client) -> None:
    assert "No route yet" in staff.get("/console/routes/").content.decode()
    assert "No route to plan with" in staff.get("/console/plan/").content.decode()


def test_the_detail_shows_settings_and_history_but_no_secret(staff: Client) -> None:
    route = watched("Operator A")
    page = staff.get(f"/console/routes/{route.pk}/").content.decode()
    assert "127.0.0.1" in page
    assert "no bind is up" in page
    assert "postman" not in page
    assert route.secrets_encrypted not in page


def test_a_route_is_made_disabled_with_its_secret_encrypted(staff: Client) -> None:
    answer = staff.post("/console/routes/new/smpp/", {**TERMS, **LINK})
    route = Route.objects.get()
    assert answer.headers["Location"] == f"/console/routes/{route.pk}/"
    assert (route.name, route.state, route.cost_micros, route.currency) == ("Operator B", "disabled", 125_000, "INR")
    assert "password" not in route.settings
    assert unseal(route.secrets_encrypted) == {"password": "postman"}


def test_a_simulator_route_needs_no_address(staff: Client) -> None:
    link = {"link-receipt_delay_ms": "100", "link-delivered_ratio": "0.9", "link-seed": "1"}
    staff.post("/console/routes/new/simulator/", {**TERMS, **link})
    assert Route.objects.get().settings == {"receipt_delay_ms": 100, "delivered_ratio": 0.9, "seed": 1}


def test_editing_keeps_the_secret_that_is_not_entered_again(staff: Client) -> None:
    route = make_route()
    form = staff.get(f"/console/routes/{route.pk}/edit/").content.decode()
    assert "postman" not in form
    staff.post(f"/console/routes/{route.pk}/edit/", {**TERMS, **LINK, "link-password": ""})
    route.refresh_from_db()
    assert (route.name, route.tps) == ("Operator B", 250)
    assert unseal(route.secrets_encrypted) == {"password": "postman"}


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"tps": "fast"}, "whole number"),
        ({"link-port": "99999"}, "65535"),
        ({"link-password": "much-too-long"}, "at most 8"),
        ({"name": "Operator A"}, "Another route"),
    ],
)
def test_a_form_that_cannot_be_stored_comes_back_with_the_reason(
    staff: Client, wrong: dict[str, str], word: str
) -> None:
    make_route("Operator A")
    answer = staff.post("/console/routes/new/smpp/", {**TERMS, **LINK, **wrong})
    assert answer.status_code == 422
    assert word in answer.content.decode()
    assert Route.objects.count() == 1


@pytest.mark.parametrize("state", list(RouteState))
def test_a_route_is_switched_by_a_post(staff: Client, state: RouteState) -> None:
    route = make_route(state=RouteState.ENABLED)
    assert staff.get(f"/console/routes/{route.pk}/{state}/").status_code == 200
    staff.post(f"/console/routes/{route.pk}/{state}/")
    route.refresh_from_db()
    assert route.state == state


def test_a_drain_is_begun_as_its_page_is_filled_in(staff: Client) -> None:
    route = make_route()
    page = staff.get(f"/console/routes/{route.pk}/draining/").content.decode()
    assert "moves_queue" in page
    staff.post(f"/console/routes/{route.pk}/draining/", {"then_disables": "on", "note": "New contract"})
    drain = Drain.objects.get(route=route)
    assert (drain.moves_queue, drain.then_disables) == (False, True)


def test_a_currency_that_a_rule_could_not_compare_is_refused_in_words(staff: Client) -> None:
    route, other = make_route("Operator B"), make_route("Operator C")
    save_plan(rules=[RuleDraft([route.pk, other.pk], strategy=Strategy.LEAST_COST)])
    answer = staff.post(f"/console/routes/{route.pk}/edit/", {**TERMS, **LINK, "currency": "USD"})
    assert answer.status_code == 422
    assert "compares costs in INR and USD" in answer.content.decode()
    route.refresh_from_db()
    assert route.currency == "INR"


def test_the_detail_shows_what_a_line_may_send_and_complains_of(staff: Client) -> None:
    route = watched("Operator A")
    RouteGauge.objects.update(rate=60, ceiling=75, note="ESME_RINVSRCADR on 25% of the answers of five minutes")
    page = staff.get(f"/console/routes/{route.pk}/").content.decode()
    assert "60 a second" in page
    assert "busy at 75" in page
    assert "on 25% of the answers" in page


def rules(*rows: dict[str, object], initial: int = 0) -> dict[str, object]:
    data: dict[str, object] = {"form-TOTAL_FORMS": len(rows), "form-INITIAL_FORMS": initial}
    for number, row in enumerate(rows):
        data |= {f"form-{number}-{name}": value for name, value in row.items()}
    return data


def test_a_plan_is_saved_in_the_order_that_is_asked_for(staff: Client) -> None:
    first, second, tenant = make_route("A"), make_route("B"), make_tenant()
    staff.post(
        "/console/plan/",
        rules(
            {"route_1": first.pk, "ORDER": 2},
            {"route_1": second.pk, "route_2": first.pk, "numbers": "+9198", "tenant": tenant.pk, "ORDER": 1},
            {"route_1": ""},
        ),
    )
    top, bottom = Plan.objects.get(is_active=True).rules.order_by("position")
    assert (top.prefix, top.tenant_id) == ("9198", tenant.pk)
    assert [c.route_id for c in top.candidates.order_by("position")] == [second.pk, first.pk]
    assert (bottom.prefix, bottom.tenant_id) == ("", None)


def test_a_rule_is_deleted_and_the_old_version_stays(staff: Client) -> None:
    route = make_route()
    save_plan(rules=[RuleDraft([route.pk], prefix="91"), RuleDraft([route.pk])])
    kept: dict[str, object] = {"route_1": route.pk, "ORDER": 2}
    staff.post("/console/plan/", rules({"numbers": "91", "route_1": route.pk, "DELETE": "on"}, kept, initial=2))
    assert [plan.rules.count() for plan in Plan.objects.order_by("pk")] == [2, 1]
    assert "91" not in [rule.prefix for rule in CompiledPlan.load().rules]


@pytest.mark.parametrize(
    ("row", "word"), [({"numbers": "india"}, "not a number"), ({"twice": True}, "twice"), ({"route_1": ""}, "required")]
)
def test_a_plan_that_cannot_work_comes_back_with_the_reason(staff: Client, row: dict[str, object], word: str) -> None:
    route = make_route()
    given: dict[str, object] = {"route_1": route.pk, "ORDER": 1, "sender": "DAKIYA", **row}
    if given.pop("twice", False):
        given["route_2"] = route.pk
    answer = staff.post("/console/plan/", rules(given))
    assert answer.status_code == 422
    assert word in answer.content.decode()
    assert not Plan.objects.exists()


def test_a_saved_form_adds_no_setting_that_nobody_touched(staff: Client) -> None:
    route = make_route("Operator B")
    link = {f"link-{name}": value for name, value in route.settings.items()}
    staff.post(
        f"/console/routes/{route.pk}/edit/", {**TERMS, **link, "link-interface_version": "52", "link-joining": "udh8"}
    )
    changed = Route.objects.get(pk=route.pk)
    assert (changed.tps, changed.patience_s, changed.settings) == (250, 90, route.settings)


def test_settings_are_shown_in_the_words_of_their_form(staff: Client) -> None:
    route = make_route()
    Route.objects.update(settings={**route.settings, "interface_version": 0x33, "tls": False})
    page = staff.get(f"/console/routes/{route.pk}/").content.decode()
    assert "3.3, without optional parameters" in page
    assert "False" not in page
