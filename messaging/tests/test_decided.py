"""Why a message was allowed or refused: told from what was known then, whatever came of it since."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.services import Actor
from compliance.consent.statuses import ConsentAction, ConsentSource
from compliance.models import ConsentEvent, DltRegistration, Ruling
from compliance.rules.versions import touch
from compliance.services import opt_out
from compliance.statuses import OptOutSource, PortalState
from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from kernel.telecom.e164 import E164
from messaging.decided import Decided, decided
from messaging.models import Batch, MessageEvent
from messaging.tests.world import ASHA, HEADER, RAVI, World, draft, make_world
from tenants.roles import Role
from tenants.services import add_member
from tenants.tests.builders import make_tenant, make_user, signed_in

pytestmark = pytest.mark.django_db
TESTS = Actor(None, "Tests")


@pytest.fixture
def world() -> World:
    return make_world()


def person(tenant_id: UUID) -> Client:
    user = make_user()
    with tenant_context(tenant_id):
        add_member(user=user, role=Role.COMPLIANCE, by=None)
    return signed_in(user)


def why(world: World, message_id: UUID) -> Decided:
    with tenant_context(world.tenant_id):
        return decided(message_id, now=utc_now())


def rulings(world: World) -> int:
    with tenant_context(world.tenant_id):
        return Ruling.objects.count()


def suspend(world: World) -> None:
    with tenant_context(world.tenant_id):
        DltRegistration.objects.update(portal_state=PortalState.SUSPENDED)
        touch()


def facts(found: Decided) -> dict[str, tuple[str, str]]:
    assert found.explanation is not None
    return {fact.label: (fact.then, fact.today) for fact in found.explanation.facts}


def test_a_ruling_is_written_once_for_what_is_as_it_was(world: World) -> None:
    world.accept(draft(), draft(RAVI))
    world.accept(draft())
    assert rulings(world) == 1
    suspend(world)
    world.accept(draft())
    assert rulings(world) == 2  # refused on the sender alone: nothing that can be sent matches
    with tenant_context(world.tenant_id):
        DltRegistration.objects.update(portal_state=PortalState.ACTIVE)
        touch()
    world.accept(draft())
    assert rulings(world) == 2


def test_what_allowed_a_message_is_told_after_it_changed(world: World) -> None:
    (outcome,) = world.accept(draft())
    found = why(world, outcome.id)
    assert found.refusal is None
    assert found.explanation is not None
    assert found.explanation.is_same
    assert all(opinion.then == "" for opinion in found.explanation.opinions if opinion.level == "refuse")
    suspend(world)
    with tenant_context(world.tenant_id):
        Batch.objects.all().delete()  # as after two weeks
    found = why(world, outcome.id)
    assert facts(found)["Template, on the portal"] == ("active", "suspended")
    assert found.explanation is not None
    objecting = [opinion for opinion in found.explanation.opinions if opinion.today and not opinion.then]
    assert [opinion.about.code for opinion in objecting] == ["template_not_approved"]


def test_why_a_message_was_refused_is_told_after_it_was_mended(world: World) -> None:
    suspend(world)
    (outcome,) = world.accept(draft(template_id=world.template_id))
    with tenant_context(world.tenant_id):
        DltRegistration.objects.update(portal_state=PortalState.ACTIVE)
        touch()
    found = why(world, outcome.id)
    assert found.refusal is not None
    assert found.explanation is not None


def test_what_the_recipient_had_said_is_reconstructed(world: World) -> None:
    now = utc_now()
    with tenant_context(world.tenant_id):
        ConsentEvent.objects.create(
            recipient=ASHA, action=ConsentAction.GIVEN, source=ConsentSource.FORM, actor_label="x",
            at=now - timedelta(days=9), recorded_at=now - timedelta(days=9), evidence="form 7",
        )  # fmt: skip
    (outcome,) = world.accept(draft(), now=now)
    with tenant_context(world.tenant_id):
        opt_out(
            recipient=E164(ASHA),
            sender=None,
            topic=None,
            source=OptOutSource.API,
            actor=TESTS,
            now=now + timedelta(days=1),
        )
    (refused,) = world.accept(draft(), now=now + timedelta(days=2))
    assert ["Consent" in wish.words for wish in why(world, outcome.id).wishes] == [True]
    words = [(wish.words.partition(" ")[0], wish.applied) for wish in why(world, refused.id).wishes]
    assert words == [("Consent", True), ("Opted", True), ("Consent", True)]  # the last one withdraws it
    assert why(world, refused.id).explanation is not None


def test_the_log_names_one_ruling_for_each_batch_and_refusal(world: World) -> None:
    world.accept(draft(), draft(RAVI), draft("12"), draft(RAVI, text="Something else"))
    with tenant_context(world.tenant_id):
        named = {event.error_code: event.ruling_id for event in MessageEvent.objects.all()}
    assert named[""] is not None
    assert named["template_not_matched"] is not None
    assert None in named.values()  # the number nobody can read


def test_the_page_tells_it_and_is_nobody_elses(world: World) -> None:
    (outcome,) = world.accept(draft())
    (refused,) = world.accept(draft(text="Something else"))
    chitra, omar = person(make_tenant("Other").id), person(world.tenant_id)
    page = omar.get(f"/messages/{outcome.id}/decided/").text
    assert "Why was this allowed?" in page
    assert "Nothing of it has changed since" in page
    assert HEADER in page
    assert ASHA not in page or "•" not in page
    assert "Why was this refused?" in omar.get(f"/messages/{refused.id}/decided/").text
    assert f"/messages/{outcome.id}/decided/" in omar.get(f"/messages/{outcome.id}/").text
    assert chitra.get(f"/messages/{outcome.id}/decided/").status_code == 404
    with CaptureQueriesContext(connection) as captured:
        omar.get(f"/messages/{outcome.id}/decided/")
    assert len(captured) < 25


@pytest.mark.parametrize(
    "number", ["+881612345678", "+870773111632", "+979123456789", "+8835100000000", "+80012345678"]
)
def test_a_number_of_no_country_is_refused_and_keeps_nobody_elses_message(world: World, number: str) -> None:
    fine, refused = world.accept(draft(ASHA), draft(number))
    assert fine.refusal is None
    assert refused.refusal is not None
    assert rulings(world) == 1
