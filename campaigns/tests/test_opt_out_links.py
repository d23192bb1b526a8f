"""A campaign's texts carry each person's own opt-out link, and it works once the text is on its way."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.services.estimates import Foreseen, decide_for, filling_of, sample_rows
from campaigns.tests.builders import MAYA, NOW, Cast, expand_all, make_campaign, make_list, start
from compliance import services
from compliance.models import Entity, OptOut, OptOutLink
from compliance.services.portal import Told
from compliance.statuses import LinkKind, PortalState
from kernel.db.tenancy import tenant_context
from messaging.models import Message
from messaging.queries import texts_of
from tenants.tests.builders import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
MAPPING = ({"column": "name"}, {"link": "opt_out"})


@pytest.fixture
def registered(cast: Cast, settings: Any) -> Cast:
    """A tenant whose opt-out page is registered."""
    settings.BASE_URL = "https://sms.example"
    with tenant_context(cast.tenant_id):
        services.record_link(
            entity_id=Entity.objects.get().pk,
            kind=LinkKind.DYNAMIC,
            value="https://sms.example/o?",
            told=Told(PortalState.ACTIVE),
            actor=MAYA,
            now=NOW,
        )
    return cast


def foreseen(campaign: Any, people: Any) -> list[Foreseen]:
    filling = filling_of(campaign)
    assert filling is not None
    return decide_for(filling, sample_rows([people.pk], 2), NOW)


def test_every_person_gets_a_link_of_their_own_that_the_preview_showed(registered: Cast) -> None:
    with tenant_context(registered.tenant_id):
        people = make_list(count=2)
        campaign = make_campaign(registered, people, mapping=MAPPING)
        shown = [each.text for each in foreseen(campaign, people)]
        assert OptOutLink.objects.count() == 0, "a preview makes nothing"
        expand_all(start(campaign))
        texts = texts_of(list(Message.objects.all()))
        assert OptOutLink.objects.count() == len(set(texts.values())) == 2
    assert sorted(text for text in texts.values() if text) == sorted(shown)
    assert all("https://sms.example/o?" in text for text in shown)


def test_the_link_in_the_text_stops_the_person_it_was_sent_to(registered: Cast) -> None:
    with tenant_context(registered.tenant_id):
        expand_all(start(make_campaign(registered, make_list(count=1), mapping=MAPPING)))
        (message,) = Message.objects.all()
        text = texts_of([message])[message.pk] or ""
    Client().post(text.partition("sms.example")[2].split()[0], {"choice": "stop"})
    with tenant_context(registered.tenant_id):
        standing = OptOut.objects.get()
    assert (standing.recipient, standing.sender, standing.source) == (message.recipient, message.sender, "link")


def test_the_composer_offers_the_link_as_what_fills_a_variable(registered: Cast) -> None:
    with tenant_context(registered.tenant_id):
        campaign = make_campaign(registered, make_list())
    browser = signed_in(registered.owner)
    path = reverse("campaigns:campaign-message", args=[campaign.pk])
    browser.post(path, {"template": str(registered.template_id), "source-0": "c:name", "source-1": "l:opt_out"})
    with tenant_context(registered.tenant_id):
        campaign.refresh_from_db()
    assert campaign.mapping == [{"column": "name"}, {"link": "opt_out"}]
    assert '<option value="l:opt_out" selected>' in browser.get(path).content.decode()
