"""The doors that exist, as people and programs use them: each takes a case and tells the code of its refusal."""

from __future__ import annotations

from typing import Any, Final, Protocol
from uuid import UUID

from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign
from campaigns.services import composing
from campaigns.services.contacts import Person, create_contacts, create_list
from campaigns.tests.builders import MAYA, NOW, expand_all, start
from compliance.models import Template
from kernel.db.tenancy import tenant_context
from kernel.domain.errors import DomainError
from kernel.telecom.e164 import E164
from kernel.telecom.numbers import NumberRefused, normalise
from messaging.models import Message
from messaging.tests.world import World
from tenants.roles import Role
from tenants.services import add_member
from tenants.tests.builders import make_user, signed_in
from tests.doors.cases import Case


class Door(Protocol):
    """Everything happens in a tenant that may send."""

    takes_texts: bool

    def knock(self, world: World, case: Case, template: Template) -> str:
        """Try to send; the refusal's code, or nothing when it was accepted."""


def body_of(case: Case, template: Template) -> dict[str, Any]:
    said = {"to": case.recipient, "from": template.sender.header}
    if case.text:
        return {**said, "text": case.text}
    return {**said, "template_id": str(template.pk), "variables": list(case.values)}


class ApiSingle:
    takes_texts = True

    def knock(self, world: World, case: Case, template: Template) -> str:
        answer = Client().post(
            "/api/v1/messages", body_of(case, template), content_type="application/json", headers=world.headers()
        )
        return "" if answer.status_code == 202 else str(answer.json()["code"])


class ApiBatch:
    takes_texts = True

    def knock(self, world: World, case: Case, template: Template) -> str:
        body = {"messages": [body_of(case, template)]}
        answer = Client().post("/api/v1/messages/batch", body, content_type="application/json", headers=world.headers())
        (result,) = answer.json()["results"]
        return "" if result["status"] == "accepted" else str(result["code"])


class SendPage:
    """The form asks again for a value that it can judge itself, and offers approved templates alone."""

    takes_texts = False

    def __init__(self) -> None:
        self._browsers: dict[UUID, Client] = {}

    def knock(self, world: World, case: Case, template: Template) -> str:
        values = {f"value_{place}": value for place, value in enumerate(case.values)}
        said = {"template": str(template.pk), "recipient": case.recipient, **values}
        answer = self._browser(world).post(reverse("messaging:message-new"), said)
        if answer.status_code == 302:
            return "asked_again" if answer["Location"] == reverse("messaging:message-new") else ""
        refusal = answer.context.get("refusal")
        return refusal.code if refusal else "asked_again"

    def _browser(self, world: World) -> Client:
        if world.tenant_id not in self._browsers:
            person = make_user()
            with tenant_context(world.tenant_id):
                add_member(user=person, role=Role.OWNER, by=None)
            self._browsers[world.tenant_id] = signed_in(person)
        return self._browsers[world.tenant_id]


class CampaignDoor:
    """A campaign to one person; templates that are not approved cannot be chosen, and a stop puts it on hold."""

    takes_texts = False

    def knock(self, world: World, case: Case, template: Template) -> str:
        with tenant_context(world.tenant_id):
            number = normalise(case.recipient, "IN")
            if isinstance(number, NumberRefused):
                return number.code
            try:
                campaign = self._compose(number, case, template)
            except DomainError as refused:
                return refused.code
            expand_all(start(campaign))
            campaign.refresh_from_db()
            message = Message.objects.filter(campaign_id=campaign.pk).first()
            if message is None:
                return str((campaign.stopped or {})["code"])
            return message.error_code or ""

    def _compose(self, number: E164, case: Case, template: Template) -> Campaign:
        people = create_list(name=case.name, actor=MAYA, now=NOW, columns=["first", "second"])
        first, second = case.values
        person = Person(number, "", {"first": first, "second": second})
        create_contacts(people=[person], list_id=people.pk, now=NOW)
        campaign = composing.create_campaign(name=case.name, zone="Asia/Kolkata", actor=MAYA, now=NOW)
        composing.set_audience(campaign_id=campaign.pk, name=case.name, list_ids=[people.pk])
        mapping = [{"column": "first"}, {"column": "second"}]
        composing.set_message(campaign_id=campaign.pk, template_id=template.pk, mapping=mapping)
        schedule = composing.Schedule(send_at=None, not_after=None, zone="Asia/Kolkata")
        return composing.set_schedule(campaign_id=campaign.pk, schedule=schedule, now=NOW)


DOORS: Final[dict[str, Door]] = {
    "API, one message": ApiSingle(),
    "API, a batch": ApiBatch(),
    "send page": SendPage(),
    "campaign": CampaignDoor(),
}
