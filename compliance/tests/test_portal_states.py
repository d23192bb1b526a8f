"""Portal states: total tables, recorded as told, and what is odd about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial

import pytest

from compliance import services
from compliance.models import Entity, Sender, SenderRegistration, Template
from compliance.portal_moves import MOVES, STATES, Step, as_told, is_expected
from compliance.services.portal import Told, take_down, told_of
from compliance.statuses import Portal, PortalKind, PortalState, SenderKind, StateSource, Suspension, Tenure
from compliance.tests.builders import NOW, WRITER, dlt_id, make_entity, make_sender, make_template
from compliance.tests.register import make_link

S = PortalState


def test_every_kind_has_a_table_and_can_be_blacklisted() -> None:
    assert set(MOVES) == set(PortalKind)
    assert all(machine.next(S.ACTIVE, Step.BLACKLIST) is S.BLACKLISTED for machine in MOVES.values())


@pytest.mark.parametrize(
    ("kind", "word", "state"),
    [
        (PortalKind.ENTITY, S.RETIRED, S.CLOSED),
        (PortalKind.HEADER, S.CLOSED, S.RETIRED),
        (PortalKind.LINK, S.RETIRED, S.REVOKED),
        (PortalKind.CHAIN, S.REJECTED, S.DECLINED),
        (PortalKind.CHAIN, S.PENDING, S.AWAITING_TM),
        (PortalKind.LINK, S.DRAFT, S.PENDING),
        (PortalKind.TEMPLATE, S.SUSPENDED, S.SUSPENDED),
    ],
)
def test_a_portals_word_becomes_the_state_of_its_kind(kind: PortalKind, word: PortalState, state: PortalState) -> None:
    assert as_told(kind, word) is state


@pytest.mark.parametrize("kind", PortalKind)
def test_every_word_becomes_a_state_of_every_kind(kind: PortalKind) -> None:
    assert {as_told(kind, word) for word in PortalState} == set(STATES[kind])


def test_one_step_is_expected_and_a_leap_is_not() -> None:
    assert is_expected(PortalKind.HEADER, S.ACTIVE, S.SUSPENDED)
    assert is_expected(PortalKind.HEADER, S.RETIRED, S.RETIRED)
    assert not is_expected(PortalKind.HEADER, S.RETIRED, S.ACTIVE)


@pytest.mark.usefixtures("tenant_id")
def test_a_portal_is_recorded_as_told_even_against_the_table() -> None:
    link = make_link(told=Told(S.REVOKED))
    take_down(link, Told(S.ACTIVE, source=StateSource.IMPORT), NOW)
    assert (link.portal_state, link.synced_at) == (S.ACTIVE, NOW)
    assert list(link.remarks) == ["A link that is revoked does not usually become active: compare it with the portal."]


@pytest.mark.usefixtures("tenant_id")
def test_what_a_member_does_not_mention_stays() -> None:
    sender = make_sender()
    told = Told(S.SUSPENDED, "Idle", StateSource.PORTAL, Suspension.USAGE, date(2026, 1, 1), date(2026, 12, 31))
    record = partial(services.register_sender, sender_id=sender.pk, actor=WRITER, now=NOW)
    record(told=told, tenure=Tenure.TEMPORARY)
    record(portal_state=S.SUSPENDED)
    standing = SenderRegistration.objects.get()
    assert (told_of(standing), standing.tenure) == (told, Tenure.TEMPORARY)
    record(portal_state=S.ACTIVE)
    standing.refresh_from_db()
    assert told_of(standing) == replace(
        told, state=S.ACTIVE, reason="", source=StateSource.USER, suspended_for=Suspension.NONE
    )


@pytest.mark.usefixtures("tenant_id")
def test_an_entitys_portal_is_taken_from_its_id() -> None:
    assert make_entity().portal == Portal.VI
    assert make_entity(dlt_entity_id="").portal == Portal.UNKNOWN
    closed = services.create_entity(legal_name="Old", dlt_entity_id="", told=Told(S.RETIRED), actor=WRITER, now=NOW)
    assert Entity.objects.get(pk=closed.pk).portal_state == S.CLOSED


@pytest.mark.usefixtures("tenant_id")
def test_headers_that_readers_take_for_each_other_are_told() -> None:
    entity = make_entity()
    make_sender("MODERN", entity=entity)
    look_alike = make_sender("M0DEM", entity=entity)
    far = make_sender("BANKIN", entity=entity)
    assert [each.header for each in Sender.objects.looking_like("modern")] == ["M0DEM", "MODERN"]
    assert any("MODERN" in warning for warning in services.header_warnings(look_alike))
    assert services.header_warnings(far) == []


@pytest.mark.usefixtures("tenant_id")
def test_a_promotional_headers_first_digit_tells_its_content() -> None:
    assert "Education" in make_sender("312345", kind=SenderKind.NUMERIC).category
    assert make_sender("ACMEIN").category == ""


@pytest.mark.usefixtures("tenant_id")
def test_a_template_needs_tagging_while_an_untyped_variable_remains() -> None:
    sender = make_sender()
    untyped = make_template(sender=sender, name="Old")
    typed = make_template("Hello {#numeric#}, welcome. -ACME", sender=sender, name="New")
    assert (untyped.needs_tagging, typed.needs_tagging) == (True, False)
    assert list(Template.objects.needing_tags()) == [untyped]


@pytest.mark.usefixtures("tenant_id")
def test_a_registration_remembers_its_consent_template_and_takes_delivered_headers() -> None:
    template, number = make_template(portal_state=None), dlt_id("04")
    registration = services.register_template(
        template_id=template.pk,
        dlt_template_id=dlt_id(),
        header="VM-ACMEIN-S",
        dlt_consent_id=number,
        actor=WRITER,
        now=NOW,
    )
    assert (registration.header, registration.dlt_consent_id) == ("ACMEIN", number)
