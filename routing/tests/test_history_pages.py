"""Undo, histories and overtaken forms, as Omkar of the platform sees them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from audit.queries import platform_entries
from kernel.db.tenancy import platform_context
from kernel.domain.clock import utc_now
from routing.models import Plan, Route, RouteVersion
from routing.plan import RuleDraft, drafts_of
from routing.services.plans import save_plan
from routing.services.routes import RouteDraft, RouteTerms, set_route_state, update_route
from routing.statuses import RouteState
from routing.strategies import Strategy
from routing.tests.builders import make_route
from routing.tests.room import use_own_room
from routing.tests.test_pages import LINK, TERMS, rules
from tenants.tests.builders import make_user, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_room(settings: Settings) -> None:
    use_own_room(settings)


@pytest.fixture
def staff() -> Client:
    return signed_in(make_user(full_name="Omkar Operator", is_staff=True))


def shown_version(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found is not None
    return found[1]


def edit(staff: Client, route: Route, **changes: object) -> Any:
    form: dict[str, Any] = {**TERMS, **LINK, "name": route.name, "link-password": "", **changes}
    return staff.post(f"/console/routes/{route.pk}/edit/", form)


def test_saving_a_route_keeps_who_and_why_and_is_undone_by_one_post(staff: Client) -> None:
    route = make_route(tps=100)
    edit(staff, route, note="Faster", costs="9198 0.12\n+91987: 0.1", version=1)
    page = staff.get(f"/console/routes/{route.pk}/").content.decode()
    assert "Omkar Operator" in page
    assert "Faster" in page
    assert "to +91987" in page
    staff.post(f"/console/routes/{route.pk}/versions/1/restore/", {"version": 2})
    route.refresh_from_db()
    assert (route.tps, route.costs.count(), RouteVersion.objects.filter(route=route).count()) == (100, 0, 3)


def test_an_overtaken_form_comes_back_whole_with_what_changed_and_may_be_saved_then(staff: Client) -> None:
    route = make_route(tps=100)
    update_route(route_id=route.pk, draft=RouteDraft(route.name, "smpp", route.settings, terms=RouteTerms(tps=7)))
    answer = edit(staff, route, tps="250", note="Mine", version=1)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "while you were at it" in page
    assert "Parts a second" in page
    assert ('value="250"' in page, 'value="Mine"' in page, shown_version(page)) == (True, True, "2")
    assert edit(staff, route, tps="250", note="Mine", version=2).status_code == 302


@pytest.mark.parametrize("line", ["9198", "abc 0.1", "9198 -1", "9198 0.1\n9198 0.2"])
def test_costs_that_cannot_be_read_are_named(staff: Client, line: str) -> None:
    answer = edit(staff, make_route(), costs=line)
    assert answer.status_code == 422
    assert re.search("is no cost|stands there twice", answer.content.decode())


def test_an_overtaken_switch_is_not_done(staff: Client) -> None:
    route = make_route(state=RouteState.ENABLED)
    set_route_state(route_id=route.pk, state=RouteState.DRAINING, now=utc_now())
    answer = staff.post(f"/console/routes/{route.pk}/disabled/", {"version": 1})
    assert answer.status_code == 409
    assert "while you were at it" in answer.content.decode()
    route.refresh_from_db()
    assert route.state == RouteState.DRAINING


def test_a_plan_with_weights_is_saved_and_undone(staff: Client) -> None:
    a, b = make_route("A").pk, make_route("B").pk
    save_plan(rules=[RuleDraft([a])])
    row: dict[str, object] = {"route_1": a, "weight_1": 70, "route_2": b, "weight_2": 30, "strategy": "weighted"}
    staff.post("/console/plan/", {**rules({**row, "ORDER": 1}, initial=1), "version": 1})
    assert drafts_of(Plan.objects.get(is_active=True).pk) == [
        RuleDraft([a, b], strategy=Strategy.WEIGHTED, weights=[70, 30])
    ]
    page = staff.get("/console/plan/").content.decode()
    assert "Undo version 2" in page
    assert "A 70 %, B 30 %" in page
    staff.post("/console/plan/versions/1/restore/", {"version": 2})
    assert drafts_of(Plan.objects.get(is_active=True).pk) == [RuleDraft([a], weights=[1])]


def test_an_overtaken_plan_comes_back_with_what_changed(staff: Client) -> None:
    a, b = make_route("A").pk, make_route("B").pk
    save_plan(rules=[RuleDraft([a])])
    save_plan(rules=[RuleDraft([a], prefix="44")])
    answer = staff.post("/console/plan/", {**rules({"route_1": b, "ORDER": 1}, initial=1), "version": 1})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "To +44…: A" in page
    assert shown_version(page) == "2"
    assert f'<option value="{b}" selected>' in page


def test_an_undo_that_somebody_overtook_says_so_and_does_nothing(staff: Client) -> None:
    a, b = make_route("A").pk, make_route("B").pk
    for route in (a, b, a):
        save_plan(rules=[RuleDraft([route])])
    page = staff.post("/console/plan/versions/1/restore/", {"version": 2}, follow=True).content.decode()
    assert "while you were at it" in page
    assert Plan.objects.count() == 3


def test_versions_have_pages_that_compare_them_with_the_present(staff: Client) -> None:
    route = make_route(tps=100)
    save_plan(rules=[RuleDraft([route.pk])])
    save_plan(rules=[RuleDraft([route.pk], prefix="91")])
    update_route(route_id=route.pk, draft=RouteDraft(route.name, "smpp", route.settings, terms=RouteTerms(tps=7)))
    assert "Parts a second" in staff.get(f"/console/routes/{route.pk}/versions/1/").content.decode()
    assert "To +91…: Operator A" in staff.get("/console/plan/versions/1/").content.decode()
    assert "Nothing differs" in staff.get(f"/console/routes/{route.pk}/versions/2/").content.decode()
    assert staff.get(f"/console/routes/{route.pk}/versions/9/").status_code == 404


def test_the_trail_shows_changes_by_kind_and_record(staff: Client) -> None:
    route = make_route()
    save_plan(rules=[RuleDraft([route.pk])])
    edit(staff, route, version=1)
    page = staff.get("/console/trail/").content.decode()
    assert "Changed the route Operator A" in page
    assert "Made version 1 of the plan" in page
    assert "Made version" not in staff.get("/console/trail/?of=route").content.decode()
    assert "Nothing here yet" in staff.get(f"/console/trail/?of=route&number={route.pk + 99}").content.decode()


def test_no_page_shows_a_secret(staff: Client) -> None:
    route = make_route()
    edit(staff, route, **{"link-password": "sesame42"}, version=1)
    paths = ("", "edit/", "versions/", "versions/1/", "versions/2/")
    pages = [staff.get(f"/console/routes/{route.pk}/{path}").content.decode() for path in paths]
    pages.append(staff.get("/console/trail/").content.decode())
    assert not any(secret in page for page in pages for secret in ("sesame42", "postman"))
    with platform_context(reason="test"):
        assert platform_entries(object_type="route").count() == 2


def test_histories_cost_the_same_however_long_they_are(
    staff: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    route, other = make_route("A"), make_route("B")
    paths = ("plan/", "plan/versions/", f"routes/{route.pk}/", f"routes/{route.pk}/versions/", "trail/")

    def change(number: int) -> None:
        save_plan(rules=[RuleDraft([route.pk, other.pk], prefix=str(number + each)) for each in range(number)])
        terms = RouteTerms(tps=number)
        update_route(route_id=route.pk, draft=RouteDraft("A", "smpp", route.settings, terms=terms))

    change(2)
    change(3)
    counts = []
    for path in paths:
        with CaptureQueriesContext(connection) as few:
            staff.get(f"/console/{path}")
        counts.append(len(few))
    for number in range(4, 12):
        change(number)
    for path, count in zip(paths, counts, strict=True):
        with django_assert_num_queries(count):
            staff.get(f"/console/{path}")
