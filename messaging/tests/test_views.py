"""The message pages, for Mohan the marketer, Omar who may see numbers and Chitra of another company."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from kernel.db.tenancy import tenant_context
from kernel.domain.ids import uuid7
from messaging.models import Message
from messaging.statuses import BatchState, EventKind, Status
from messaging.tests.rows import ASHA, TEXT, correct, finish, make_event, make_messages, submit, write_operator_ids
from messaging.tests.world import World, make_world
from tenants.roles import Role
from tenants.services import add_member
from tenants.tests.builders import make_tenant, make_user, signed_in

pytestmark = pytest.mark.django_db
MASKED = "+91 98••• ••210"


@pytest.fixture
def world() -> World:
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
def chitra() -> Client:
    return person(make_tenant("Other").id, Role.OWNER)


def listed(client: Client, query: str = "") -> list[str]:
    """Ids of the messages on the page, in order."""
    response = client.get(reverse("messaging:messages") + query)
    assert response.status_code == 200
    return re.findall(r'href="/messages/([0-9a-f-]{36})/"', response.content.decode())


def test_the_list_shows_the_newest_first_with_masked_numbers(world: World, mohan: Client) -> None:
    with tenant_context(world.tenant_id):
        rows = make_messages(3)
        finish(rows[:1], Status.DELIVERED)
    assert listed(mohan) == [str(row.id) for row in reversed(rows)]
    text = mohan.get(reverse("messaging:messages")).content.decode()
    assert MASKED in text
    assert ASHA not in text
    assert "Delivered" in text


def test_a_reviewer_sees_complete_numbers(world: World) -> None:
    with tenant_context(world.tenant_id):
        (message,) = make_messages(1)
    omar = person(world.tenant_id, Role.COMPLIANCE)
    for url in (reverse("messaging:messages"), reverse("messaging:message", args=[message.id])):
        assert ASHA in omar.get(url).content.decode()


@pytest.mark.parametrize("recipient", ["+", "+12", "not a number", "-", "😀"])
def test_recipients_that_nobody_could_read_are_shown_too(world: World, mohan: Client, recipient: str) -> None:
    with tenant_context(world.tenant_id):
        (message,) = make_messages(1, recipient=recipient)
    assert listed(mohan) == [str(message.id)]
    assert mohan.get(reverse("messaging:message", args=[message.id])).status_code == 200


def test_the_list_is_filtered_by_number_however_it_is_typed(world: World, mohan: Client) -> None:
    with tenant_context(world.tenant_id):
        (wanted,) = make_messages(1, recipient="+919811111111")
        make_messages(2)
    for typed in ("+919811111111", "98111 11111", "09811111111"):
        assert listed(mohan, f"?q={typed.replace('+', '%2B')}") == [str(wanted.id)]


def test_the_list_is_filtered_by_outcome_class_campaign_and_reason(world: World, mohan: Client) -> None:
    campaign = uuid7()
    with tenant_context(world.tenant_id):
        mine = make_messages(4, campaign_id=campaign)
        others = make_messages(2, traffic_class=0)
        submit(mine)
        finish(mine[:1], Status.DELIVERED)
        finish(mine[1:2], Status.UNDELIVERED, "undeliverable")
        finish(others[:1], Status.REJECTED, "invalid_number")
    ids = [str(message.id) for message in (*mine, *others)]
    assert listed(mohan, "?outcome=delivered") == ids[:1]
    assert listed(mohan, "?outcome=failed") == [ids[4], ids[1]]
    assert listed(mohan, "?outcome=failed&code=undeliverable") == [ids[1]]
    assert listed(mohan, "?outcome=failed&traffic_class=otp") == [ids[4]]
    assert listed(mohan, f"?campaign={campaign}") == ids[3::-1]
    assert listed(mohan, f"?campaign={campaign}&outcome=waiting") == [ids[3], ids[2]]
    assert listed(mohan, "?outcome=submitted") == ids[3::-1]
    assert listed(mohan, "?outcome=accepted&traffic_class=otp") == [ids[5], ids[4]]


def test_days_are_those_of_the_tenants_zone(world: World, mohan: Client) -> None:
    midnight_in_india = datetime.now(UTC).replace(hour=18, minute=30, second=0, microsecond=0) - timedelta(days=1)
    with tenant_context(world.tenant_id):
        before = make_messages(1, accepted_at=midnight_in_india - timedelta(milliseconds=1))
        after = make_messages(1, accepted_at=midnight_in_india)
        finish([*before, *after], Status.DELIVERED, cohort_at=midnight_in_india)
    day = f"{midnight_in_india + timedelta(hours=6):%Y-%m-%d}"
    assert listed(mohan, f"?since={day}") == [str(after[0].id)]
    assert listed(mohan, f"?until={midnight_in_india:%Y-%m-%d}") == [str(before[0].id)]
    assert len(listed(mohan, f"?outcome=delivered&since={day}")) == 2


@pytest.mark.parametrize(
    "query",
    [
        "?outcome=lost",
        "?since=yesterday",
        "?campaign=1",
        "?traffic_class=x",
        "?start=x&end=2026-01-01T00:00",
        "?before=z",
    ],
)
def test_unreadable_filters_are_named_and_never_break_the_list(world: World, mohan: Client, query: str) -> None:
    with tenant_context(world.tenant_id):
        make_messages(1)
    assert len(listed(mohan, query)) == 1


def test_pages_follow_each_other_and_keep_the_filters(world: World, mohan: Client) -> None:
    with tenant_context(world.tenant_id):
        rows = make_messages(60)
        finish(rows, Status.DELIVERED)
    first = mohan.get(reverse("messaging:messages") + "?outcome=delivered").content.decode()
    (older,) = re.findall(r'rel="next" href="([^"]+)"', first)
    assert "outcome=delivered" in older
    assert listed(mohan, older.replace("&amp;", "&")) == [str(row.id) for row in reversed(rows[:10])]


@pytest.mark.parametrize("query", ["", "?outcome=delivered"])
def test_a_list_costs_as_many_queries_for_sixty_messages_as_for_one(
    world: World, mohan: Client, django_assert_num_queries: DjangoAssertNumQueries, query: str
) -> None:
    url = reverse("messaging:messages") + query
    with tenant_context(world.tenant_id):
        finish(make_messages(1), Status.DELIVERED)
        make_messages(1)
    with CaptureQueriesContext(connection) as few:
        mohan.get(url)
    with tenant_context(world.tenant_id):
        finish(make_messages(30), Status.DELIVERED)
        make_messages(30)
    with django_assert_num_queries(len(few)):
        mohan.get(url)


def test_a_message_shows_its_journey_text_and_charge(world: World, mohan: Client) -> None:
    with tenant_context(world.tenant_id):
        (message,) = make_messages(1, template_id=world.template_id, route_id=world.route.pk)
        submit([message], route_id=world.route.pk)
        finish([message], Status.UNDELIVERED, "undeliverable")
        Message.objects.update(operator_code="err:027")
    text = mohan.get(reverse("messaging:message", args=[message.id])).content.decode()
    for words in (
        TEXT,
        "Order on its way v1",
        "Operator",
        "Charged ₹0.15",
        "The phone was off",
        "Try later",
        "err:027",
    ):
        assert words in text
    assert "hx-trigger" not in text


def test_a_message_under_way_is_followed_until_it_is_final(world: World, mohan: Client) -> None:
    with tenant_context(world.tenant_id):
        (message,) = make_messages(1, state=BatchState.READY)
    url = reverse("messaging:message", args=[message.id])
    part = mohan.get(url, headers={"HX-Request": "true"}).content.decode()
    assert 'hx-trigger="every 2s"' in part
    assert "held until the outcome is known" in part
    assert "<html" not in part


def test_what_was_never_charged_is_given_back(world: World, mohan: Client) -> None:
    with tenant_context(world.tenant_id):
        (message,) = make_messages(1)
        finish([message], Status.CANCELLED, "cancelled")
    assert "Nothing: ₹0.15 given back" in mohan.get(reverse("messaging:message", args=[message.id])).content.decode()


def test_each_part_of_a_long_message_has_its_own_steps(world: World, mohan: Client) -> None:
    with tenant_context(world.tenant_id):
        (message,) = make_messages(1, segments=2)
        write_operator_ids([message], parts=2, route_id=world.route.pk)
        make_event([message], EventKind.SUBMITTED, Status.SUBMITTED)
    text = mohan.get(reverse("messaging:message", args=[message.id])).content.decode()
    assert "Submitted, part 1 of 2" in text
    assert "Submitted, part 2 of 2" in text


def test_a_corrected_message_tells_its_present_end(world: World, mohan: Client) -> None:
    with tenant_context(world.tenant_id):
        (message,) = make_messages(1)
        submit([message])
        finish([message], Status.UNKNOWN, "outcome_unknown")
        correct([message], Status.DELIVERED)
    text = mohan.get(reverse("messaging:message", args=[message.id])).content.decode()
    assert "Delivered" in text
    assert "never said" not in text


def test_another_company_finds_neither_list_rows_nor_the_message(world: World, chitra: Client) -> None:
    with tenant_context(world.tenant_id):
        (message,) = make_messages(1)
        finish([message], Status.DELIVERED)
    for query in ("", "?outcome=delivered", f"?q={ASHA.replace('+', '%2B')}"):
        assert listed(chitra, query) == []
    assert chitra.get(reverse("messaging:message", args=[message.id])).status_code == 404


def test_finance_may_not_read_messages_and_a_viewer_not_send(world: World) -> None:
    assert person(world.tenant_id, Role.FINANCE).get(reverse("messaging:messages")).status_code == 403
    assert person(world.tenant_id, Role.VIEWER).get(reverse("messaging:message-new")).status_code == 403


def ticket_of(page: str) -> str:
    found = re.search(r'name="ticket" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def send(client: Client, world: World, **changes: str) -> tuple[dict[str, str], str, int]:
    """Open the form and post it; what was posted, where it led or what came back, and the status."""
    page = client.get(reverse("messaging:message-new")).content.decode()
    given = {"template": str(world.template_id), "recipient": "98765 43210", "value_0": "Asha", "value_1": "4711"}
    posted = {**given, "ticket": ticket_of(page), **changes}
    response = client.post(reverse("messaging:message-new"), posted)
    return posted, response.headers.get("Location") or response.content.decode(), response.status_code


def test_one_message_is_sent_on_a_template_and_leads_to_its_journey(world: World, mohan: Client) -> None:
    _, location, status = send(mohan, world)
    with tenant_context(world.tenant_id):
        message = Message.objects.get()
    assert (status, location) == (302, reverse("messaging:message", args=[message.id]))
    assert (message.recipient, message.status, message.get_source_display()) == (ASHA, Status.ACCEPTED, "browser")
    assert "Dear Asha, your order 4711 is on its way" in mohan.get(location).content.decode()


def test_the_same_form_sent_twice_makes_one_message(world: World, mohan: Client) -> None:
    posted, location, _ = send(mohan, world)
    again = mohan.post(reverse("messaging:message-new"), posted)
    assert again.headers["Location"] == location
    with tenant_context(world.tenant_id):
        assert Message.objects.count() == 1


def test_a_refused_message_says_why_and_keeps_what_was_typed(world: World, mohan: Client) -> None:
    _, page, status = send(mohan, world, recipient="12")
    assert status == 422
    assert 'value="12"' in page
    assert "Not sent" in page
    assert "See the refused message" in page
    with tenant_context(world.tenant_id):
        assert Message.objects.get().status == Status.BLOCKED


@pytest.mark.parametrize("missing", ["recipient", "value_0"])
def test_a_form_that_is_not_filled_is_sent_back_and_nothing_is_written(
    world: World, mohan: Client, missing: str
) -> None:
    _, page, status = send(mohan, world, **{missing: ""})
    assert status == 422
    assert "Please correct 1 thing" in page
    with tenant_context(world.tenant_id):
        assert not Message.objects.exists()


def test_a_ticket_that_is_not_ours_cannot_choose_the_id(world: World, mohan: Client) -> None:
    forged = str(uuid7())
    _, location, status = send(mohan, world, ticket=forged)
    assert status == 302
    assert forged not in location


def test_the_form_shows_the_price_at_home_and_for_the_number_typed(world: World, mohan: Client) -> None:
    url = reverse("messaging:message-new")
    assert "₹0.15 a segment to +91, transactional" in mohan.get(url).content.decode()
    part = mohan.get(f"{url}?part=price&recipient=%2B447700900123", headers={"HX-Request": "true"}).content.decode()
    assert "There is no price for this destination" in part
    assert "<form" not in part


def test_without_a_template_the_form_says_where_one_comes_from(chitra: Client) -> None:
    assert "No approved template yet" in chitra.get(reverse("messaging:message-new")).content.decode()


def test_templates_of_another_company_cannot_be_chosen(world: World, chitra: Client) -> None:
    page = chitra.get(f"{reverse('messaging:message-new')}?template={world.template_id}").content.decode()
    assert "No approved template yet" in page


def test_strangers_are_sent_to_sign_in() -> None:
    for name in ("messages", "message-new"):
        assert Client().get(reverse(f"messaging:{name}")).status_code == 302
