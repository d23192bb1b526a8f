"""The first pages, for Mohan the marketer, Farah of finance, Chitra of another company and Sita of the platform."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.models import Campaign, Run
from campaigns.statuses import CampaignState
from kernel.db.tenancy import platform_context, tenant_context
from kernel.domain.catalogue import explain
from kernel.domain.clock import utc_now
from kernel.domain.ids import uuid7
from messaging.drafts import Refusal
from messaging.models import Message, UnmatchedReceipt
from messaging.queries import explanation_of
from messaging.statuses import BatchState, Status
from messaging.tests.rows import finish, make_messages, submit
from messaging.tests.world import ASHA, RAVI, World, draft, make_world
from reporting.tests.catching_up import fold_everything
from routing.models import RouteGauge
from routing.plan import CompiledPlan, RuleDraft
from routing.services.plans import save_plan
from routing.services.routes import set_route_state
from routing.services.states import report_gauge
from routing.statuses import RouteState
from tenants.roles import Role
from tenants.services import add_member
from tenants.tests.builders import make_tenant, make_user, signed_in


@pytest.fixture
def world(transactional_db: None) -> World:
    """Folding sees committed transactions only, so these tests commit."""
    return make_world()


def person(tenant_id: UUID, role: Role) -> Client:
    user = make_user()
    with tenant_context(tenant_id):
        add_member(user=user, role=role, by=None)
    return signed_in(user)


@pytest.fixture
def mohan(world: World) -> Client:
    return person(world.tenant_id, Role.MARKETER)


@pytest.fixture
def sita(world: World) -> Client:
    return signed_in(make_user(is_staff=True))


def write_day(world: World) -> None:
    """Forty accepted: 36 handed over (33 delivered, 2 undelivered, 1 open), 1 blocked when claimed, 3 in line."""
    with tenant_context(world.tenant_id):
        rows = make_messages(40, route_id=world.route.pk, state=BatchState.READY)
        route = world.route.pk
        submit(rows[:36], route_id=route, cost_micros=36 * 90_000)
        finish(rows[:33], Status.DELIVERED, route_id=route)
        finish(rows[33:35], Status.UNDELIVERED, "undeliverable", route_id=route)
        finish(rows[36:37], Status.BLOCKED, "opted_out", route_id=route)
    fold_everything()


def read(client: Client, name: str, query: str = "", **headers: str) -> str:
    response = client.get(reverse(f"reporting:{name}") + query, headers=headers or None)
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def flat(text: str) -> str:
    """What a reader sees, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).replace("\u00a0", " ").split())


def test_the_overview_says_how_much_how_well_and_for_how_much(world: World) -> None:
    write_day(world)
    text = flat(read(person(world.tenant_id, Role.OWNER), "home"))
    assert "Sent, today 36 40 accepted, 4 waiting, 1 blocked" in text
    assert "Delivered 91.6 % settled 97.2 %, with receipt 100 %" in text
    assert "Failed 2 0 expired, 0 without a receipt" in text
    assert "Cost, today ₹5.40 balance ₹1,000.00, ₹0.1636 per delivered" in text


def test_failures_are_told_with_what_to_do_and_lead_to_their_messages(world: World, mohan: Client) -> None:
    write_day(world)
    text = read(mohan, "home")
    assert "The phone was off, full or out of reach." in text
    assert "Try later, or reach the person another way." in text
    (url,) = re.findall(r'href="(/messages/\?outcome=failed&code=undeliverable[^"]*)"', text)
    assert flat(mohan.get(url).content.decode()).count("Undelivered") == 2


@pytest.mark.parametrize(("label", "count"), [("Sent, today", 36), ("Delivered", 33), ("Failed", 2), ("Waiting", 4)])
def test_every_figure_leads_to_exactly_the_messages_it_counts(
    world: World, mohan: Client, label: str, count: int
) -> None:
    write_day(world)
    (url,) = re.findall(rf'href="([^"]+)">{label}<', read(mohan, "home"))
    page = mohan.get(url).content.decode()
    assert len(re.findall(r'href="/messages/[0-9a-f-]{36}/"', page)) == count


def test_each_cell_of_the_traffic_table_leads_to_its_messages(world: World, mohan: Client) -> None:
    write_day(world)
    for period in ("today", "30d"):
        text = read(mohan, "traffic", f"?range={period}")
        cells = re.findall(r'data-label="([^"]+)"><a href="([^"]+)">(\d+)<', text)
        assert {label for label, _, _ in cells} == {"Accepted", "Handed over", "Delivered", "Failed", "Blocked"}
        for _, url, count in cells:
            assert len(re.findall(r'href="/messages/[0-9a-f-]{36}/"', mohan.get(url).content.decode())) == int(count)


def test_the_chart_gets_the_hours_of_the_day_or_the_days_of_the_month(world: World, mohan: Client) -> None:
    write_day(world)
    for period, points in (("30d", 30), ("lost", None)):
        answer = mohan.get(reverse("reporting:traffic-json") + f"?range={period}").json()
        sums = {series["label"]: sum(series["values"]) for series in answer["series"]}
        assert sums == {"Handed over": 36, "Delivered": 33, "Failed or expired": 2}
        assert points is None or len(answer["labels"]) == points


def test_running_campaigns_show_their_progress(world: World, mohan: Client) -> None:
    with tenant_context(world.tenant_id):
        now = utc_now()
        campaign = Campaign.objects.create(name="Diwali", state=CampaignState.SENDING, created_at=now, started_at=now)
        progress = {"target": 100, "terms": {"delivered": 60, "waiting": 40}, "charged_micros": 1}
        Run.objects.create(campaign=campaign, frozen_at=now, target=100, progress=progress)
        Campaign.objects.create(name="Old one", state=CampaignState.FINISHED, created_at=now)
    text = flat(read(mohan, "home"))
    assert "Diwali Sending 60 of 100 final" in text
    assert "Old one" not in text


def test_a_new_organisation_is_told_its_first_steps(world: World) -> None:
    owner = person(make_tenant("New").id, Role.OWNER)
    text = flat(read(owner, "home"))
    assert "First steps" in text
    assert "Nothing sent" in text
    assert text.count("To do") == 5
    ready = flat(read(person(world.tenant_id, Role.VIEWER), "home"))
    assert (ready.count("To do"), ready.count("Done"), "Open" in ready) == (2, 3, False)


def test_first_steps_go_with_the_first_message(world: World, mohan: Client) -> None:
    write_day(world)
    assert "First steps" not in read(mohan, "home")


def test_the_live_part_comes_alone(world: World, mohan: Client) -> None:
    part = read(mohan, "home", "?range=7d", **{"HX-Request": "true"})
    assert 'id="figures"' in part
    assert "range=7d" in part
    assert "<html" not in part


def test_who_may_not_see_messages_or_money_gets_no_such_figures(world: World, mohan: Client) -> None:
    write_day(world)
    farah = read(person(world.tenant_id, Role.FINANCE), "home")
    assert "₹5.40" in farah
    assert "/messages/" not in farah
    assert "₹" not in read(mohan, "home")


def test_another_company_sees_nothing_of_it(world: World) -> None:
    write_day(world)
    chitra = person(make_tenant("Other").id, Role.OWNER)
    assert "Sent, today 0 0 accepted" in flat(read(chitra, "home"))
    assert "undeliver" not in read(chitra, "home").lower()
    assert '">36<' not in read(chitra, "traffic")
    answer = chitra.get(reverse("reporting:traffic-json")).json()
    assert sum(sum(series["values"]) for series in answer["series"]) == 0


@pytest.mark.parametrize("name", ["home", "traffic", "traffic-json"])
def test_pages_cost_the_same_queries_for_a_month_of_traffic(world: World, mohan: Client, name: str) -> None:
    write_day(world)
    url = reverse(f"reporting:{name}") + "?range=30d"
    with CaptureQueriesContext(connection) as few:
        mohan.get(url)
    with tenant_context(world.tenant_id):
        for days in range(1, 7):
            finish(make_messages(2, accepted_at=utc_now() - timedelta(hours=days)), Status.FAILED, f"code_{days}")
    fold_everything()
    with CaptureQueriesContext(connection) as many:
        mohan.get(url)
    assert len(few) == len(many) <= 14


def test_staff_without_an_organisation_land_on_the_console(sita: Client, mohan: Client) -> None:
    response = sita.get(reverse("reporting:home"))
    assert (response.status_code, response.headers["Location"]) == (302, reverse("reporting:console"))
    assert mohan.get(reverse("reporting:console")).status_code == 404


def test_strangers_are_sent_to_sign_in(db: None) -> None:
    for name in ("home", "traffic", "traffic-json", "console"):
        assert Client().get(reverse(f"reporting:{name}")).status_code == 302


def test_the_console_shows_quality_and_margin_by_route_and_tenant(world: World, sita: Client) -> None:
    write_day(world)
    text = flat(read(sita, "console"))
    figures = "36 91.6 % 100 % ₹5.40 ₹3.24 ₹2.16 40 %"
    assert f"Operator {figures}" in text
    assert f"Aarohi Bank Active {figures}" in text


def test_charges_and_costs_in_two_currencies_are_not_subtracted(world: World, sita: Client) -> None:
    write_day(world)
    with platform_context(reason="test: a route abroad"):
        type(world.route).objects.update(currency="EUR")
    text = flat(read(sita, "console"))
    assert text.count("several currencies") == 2
    assert "₹5.40" not in text


def test_the_console_shows_lines_queues_and_what_is_open(world: World, sita: Client) -> None:
    now = utc_now()
    with tenant_context(world.tenant_id):
        make_messages(5, route_id=world.route.pk, state=BatchState.READY, traffic_class=0)
        make_messages(7, route_id=world.route.pk, state=BatchState.HELD, traffic_class=2)
        doubtful = make_messages(4, route_id=world.route.pk, state=BatchState.READY, sent_upto=3)
        submit(doubtful[:1])
    with platform_context(reason="test: what dispatchers write"):
        gauge = RouteGauge(route=world.route, lane="bulk", holder="a:1", tps_now=512, window_used=20, binds_up=1)
        gauge.binds_wanted, gauge.at = 2, now
        report_gauge(gauge=gauge)
        common = {
            "route_id": world.route.pk,
            "operator_ids": ["1"],
            "state": "delivered",
            "stat": "DELIVRD",
            "err": "0",
        }
        for minutes in (1, 11):
            at = now - timedelta(minutes=minutes)
            UnmatchedReceipt.objects.create(**common, recipient="1", received_at=at, next_try_at=now)
    text = flat(read(sita, "console", **{"HX-Request": "true"}))
    assert "Parts a second, now 512" in text
    assert "Queued 6 0 with dispatchers, 7 held" in text
    assert "In doubt 2 20 unanswered in windows" in text
    assert "Receipts without a message 2 1 for more than 10 minutes" in text
    assert "Degraded 1 of 2 binds up" in text
    assert re.search(
        r"Otp Operator Ready 1 5 .* Transactional Operator Ready 1 1 .* Promotional Operator Held 1 7", text
    )
    assert "By tenant" not in text


@pytest.mark.parametrize(
    ("state", "words"), [(RouteState.DRAINING, "being taken out of service"), (RouteState.DISABLED, "switched off")]
)
def test_what_has_no_route_is_told_why_and_counted_for_staff(
    world: World, sita: Client, state: RouteState, words: str
) -> None:
    set_route_state(route_id=world.route.pk, state=state, now=utc_now())
    CompiledPlan.forget()
    outcomes = world.accept(*[draft(number) for number in (ASHA, RAVI)])
    assert [(each.refusal.code, words in each.refusal.detail) for each in outcomes if each.refusal] == [
        ("no_route", True)
    ] * 2
    fold_everything()
    assert "2 refused without a route in the last day" in flat(read(sita, "console", **{"HX-Request": "true"}))
    page = flat(read(sita, "wayless"))
    assert state.label in page
    assert re.search(r"Transactional \+91… 2 ", page)
    with tenant_context(world.tenant_id):
        assert outcomes[0].refusal == refusal_given(outcomes[0].id)


def refusal_given(message_id: UUID) -> Refusal | None:
    entry = explanation_of(Message.objects.get(id=message_id))
    return Refusal(entry.code, entry.sentence, entry.remedy) if entry else None


def test_a_number_that_no_rule_is_about_has_no_line_open(world: World) -> None:
    save_plan(rules=[RuleDraft([world.route.pk], prefix="44")])
    (outcome,) = world.accept(draft(ASHA))
    assert outcome.refusal is not None
    assert (outcome.refusal.code, outcome.refusal.detail) == ("no_route", explain("no_route").sentence)


def test_the_console_costs_the_same_queries_for_more_tenants(world: World, sita: Client) -> None:
    write_day(world)
    with CaptureQueriesContext(connection) as few:
        read(sita, "console")
    for _ in range(3):
        with tenant_context(make_tenant().id):
            submit(make_messages(2, route_id=world.route.pk, campaign_id=uuid7()), route_id=world.route.pk)
    fold_everything()
    with CaptureQueriesContext(connection) as many:
        read(sita, "console")
    assert len(few) == len(many) <= 20
