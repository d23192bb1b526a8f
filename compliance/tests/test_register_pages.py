"""Pages of the register: entities with telemarketers and chains, links, consent templates."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from compliance.models import Chain, ConsentTemplate, Link, Telemarketer
from compliance.services.portal import Told
from compliance.services.validity import note_use
from compliance.statuses import PortalState
from compliance.tests.builders import NOW, dlt_id, make_entity, make_sender, make_template
from compliance.tests.company import Company
from compliance.tests.register import make_chain, make_link, make_telemarketer

pytestmark = pytest.mark.django_db


def post(client: Client, view: str, pk: object = None, /, **data: Any) -> Any:
    return client.post(reverse(f"compliance:{view}", args=[pk] if pk else []), data, follow=True)


def get(client: Client, view: str, pk: object = None) -> str:
    return str(client.get(reverse(f"compliance:{view}", args=[pk] if pk else [])).content.decode())


def test_a_chain_goes_from_its_telemarketer_to_active_in_the_browser(company: Company) -> None:
    with company.inside():
        entity = make_entity()
    number = dlt_id("02")
    answer = post(
        company.maya,
        "telemarketer-record",
        entity.pk,
        telemarketer_id=number,
        name="Swift",
        role="delivery",
        portal_state="active",
    )
    assert b"Swift" in answer.content
    answer = post(company.maya, "chain-new", entity.pk, telemarketers=number)
    with company.inside():
        chain = Chain.objects.get()
    assert chain.hash in answer.content.decode()
    for step in ("submit", "accept", "approve"):
        post(company.maya, "chain-move", chain.pk, step=step)
    with company.inside():
        chain.refresh_from_db()
    assert chain.portal_state == PortalState.ACTIVE
    assert "Revoke" in get(company.maya, "chain", chain.pk)
    assert "Revoke" not in get(company.viola, "chain", chain.pk)


def test_what_is_refused_is_told_on_the_entitys_page(company: Company) -> None:
    with company.inside():
        entity = make_entity()
    fields = {"telemarketer_id": "1.10716E+18", "name": "Swift", "role": "delivery", "portal_state": "active"}
    answer = post(company.maya, "telemarketer-record", entity.pk, **fields)
    assert (answer.status_code, b"rounded" in answer.content) == (422, True)
    answer = post(company.maya, "chain-new", entity.pk, telemarketers=dlt_id("02"))
    assert (answer.status_code, b"No active telemarketer" in answer.content) == (422, True)
    with company.inside():
        assert not Telemarketer.objects.exists()


def test_a_step_out_of_turn_and_a_portals_word(company: Company) -> None:
    with company.inside():
        chain = make_chain(told=None)
    assert b"not possible now" in post(company.maya, "chain-move", chain.pk, step="approve").content
    fields = {"portal_state": "suspended", "suspended_for": "misuse", "state_reason": "Complaints"}
    answer = post(company.maya, "chain-record", chain.pk, **fields, valid_to="2026-12-31")
    assert b"Complaints" in answer.content
    assert b"31 Dec 2026" in answer.content
    answer = post(
        company.maya, "chain-record", chain.pk, portal_state="active", valid_from="2026-2-2", valid_to="2026-1-1"
    )
    assert answer.status_code == 422


def test_a_link_is_added_changed_and_refused_in_the_wrong_form(company: Company) -> None:
    with company.inside():
        entity = make_entity()
    fields = {"entity": str(entity.pk), "kind": "static", "value": "https://acme.example/?a", "portal_state": "active"}
    answer = post(company.maya, "link-new", **fields)
    assert (answer.status_code, b"dynamic link" in answer.content) == (422, True)
    post(company.maya, "link-new", **{**fields, "kind": "dynamic", "value": "https://acme.example/o?"})
    with company.inside():
        link = Link.objects.get()
    assert "https://acme.example/o?" in get(company.viola, "links")
    post(company.maya, "link-edit", link.pk, portal_state="blacklisted", value="https://other.example")
    with company.inside():
        assert Link.objects.get().portal_state == PortalState.BLACKLISTED


def test_a_consent_template_is_added_and_changed(company: Company) -> None:
    with company.inside():
        entity = make_entity()
    fields = {"entity": str(entity.pk), "name": "Offers", "brand": "Acme", "scope": "Weekly", "portal_state": "active"}
    post(company.maya, "consent-template-new", **fields)
    with company.inside():
        template = ConsentTemplate.objects.get()
    assert "Weekly" in get(company.viola, "consent-templates")
    post(company.maya, "consent-template-edit", template.pk, **{**fields, "scope": "Monthly", "name": "Other"})
    with company.inside():
        assert [(each.name, each.scope) for each in ConsentTemplate.objects.all()] == [("Offers", "Monthly")]
    answer = post(company.maya, "consent-template-edit", template.pk, **{**fields, "dlt_consent_id": "12"})
    assert answer.status_code == 422


def test_programs_read_entities_chains_and_links(company: Company) -> None:
    with company.inside():
        entity = make_entity()
        bound = make_telemarketer(entity)
        chain = make_chain(entity, ids=[bound.telemarketer_id])
        link = make_link(entity=entity, told=Told(PortalState.RETIRED))
    headers = {"authorization": f"Token {company.token}"}
    for kind, pk in (("entities", entity.pk), ("chains", chain.pk), ("links", link.pk)):
        listed = Client().get(f"/api/v1/{kind}", headers=headers).json()
        assert [row["id"] for row in listed["results"]] == [str(pk)]
        assert Client().get(f"/api/v1/{kind}/{pk}", headers=headers).json() == listed["results"][0]
    assert Client().get(f"/api/v1/chains/{chain.pk}", headers=headers).json()["hash"] == chain.hash
    assert listed["results"][0]["state"] == "revoked"


def test_a_word_that_is_odd_is_taken_down_and_remarked_on(company: Company) -> None:
    with company.inside():
        sender, chain = make_sender(portal_state=PortalState.RETIRED), make_chain(told=Told(PortalState.REVOKED))
    page = post(company.maya, "sender-register", sender.pk, country="IN", portal_state="active").content
    assert b"A header that is retired does not usually become active" in page
    page = post(company.maya, "chain-record", chain.pk, portal_state="active").content
    assert b"does not usually become active" in page


def test_pages_of_headers_and_templates_tell_when_they_idle_out(company: Company) -> None:
    with company.inside():
        template = make_template()
        suspended = make_sender("BETAIN", portal_state=PortalState.SUSPENDED)
    assert "counts as unused on 25 Dec 2026" in get(company.viola, "sender", template.sender_id)
    page = get(company.viola, "template", template.pk)
    assert "no use counted yet (uses are counted every hour); counts as unused on 23 Feb 2027" in page
    with company.inside():
        note_use(headers={"ACMEIN": NOW + timedelta(days=2)}, templates={})
    assert "counts as unused on 27 Dec 2026, unless" in get(company.viola, "sender", template.sender_id)
    assert "counts as unused" not in get(company.viola, "sender", suspended.pk)
