"""Where people read what others texted to them: the inbox, its resource, and staff's list of what is nobody's."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from messaging.models import InboundMessage
from messaging.services.inbound import Heard, keep_messages
from messaging.tests.world import HEADER, World, make_world
from tenants.roles import Role
from tenants.services import add_member
from tenants.tests.builders import make_user, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
HANDSET = "919812345678"
HOSTILE = "<script>alert(1)</script> \u202egnp"


def say(text: str, *, to: str = HEADER) -> None:
    keep_messages([Heard(1, HANDSET, to, text)], now=utc_now())


def member(world: World, role: Role) -> Client:
    person = make_user()
    with tenant_context(world.tenant_id):
        add_member(user=person, role=role, by=None)
    return signed_in(person)


def test_the_inbox_shows_texts_harmlessly_and_numbers_to_those_who_may_see_them() -> None:
    world = make_world()
    say("STOP")
    say(HOSTILE)
    readers = [member(world, role) for role in (Role.OWNER, Role.VIEWER)]
    pages = [reader.get(reverse("messaging:inbox")).content.decode() for reader in readers]
    for page in pages:
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert" not in page
        assert "Stop" in page
    assert [HANDSET in page for page in pages] == [True, False]


def test_programs_read_texts_newest_first_page_by_page() -> None:
    world = make_world()
    for number in range(5):
        say(f"hello {number}")
    program = Client(headers=world.headers())
    first = program.get("/api/v1/inbound-messages?limit=3").json()
    assert [each["text"] for each in first["results"]] == ["hello 4", "hello 3", "hello 2"]
    second = program.get(first["next"]).json()
    assert [each["text"] for each in second["results"]] == ["hello 1", "hello 0"]
    with tenant_context(world.tenant_id):
        newest = InboundMessage.objects.latest("id")
    told = program.get(reverse("inbound-detail", args=[newest.pk])).json()
    assert (told["from"], told["to"], told["sender"], told["wish"]) == (f"+{HANDSET}", HEADER, HEADER, "")


def test_staff_see_what_is_nobodys_with_the_number_masked() -> None:
    say(HOSTILE, to="99999")
    page = signed_in(make_user(is_staff=True)).get(reverse("console_queues:unmatched-inbound")).content.decode()
    assert ("99999" in page, "&lt;script&gt;" in page, HANDSET in page) == (True, True, False)
