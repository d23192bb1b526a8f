"""What the first company has already done when somebody opens the demo: a list of people, a campaign on its way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.services import Actor
from campaigns.models import Campaign, ContactList
from campaigns.services.composing import Schedule, create_campaign, launch, set_audience, set_message, set_schedule
from campaigns.services.contacts import Person, create_contacts, create_list
from compliance.models import Template
from compliance.services import opt_out
from compliance.statuses import OptOutSource
from config.demo.cast import FIRST_NAMES
from kernel.telecom.e164 import E164

LIST_NAME: Final = "Customers in Mumbai"
CAMPAIGN_NAME: Final = "Deliveries of today"
PEOPLE: Final = 240
ZONE: Final = "Asia/Kolkata"
# What the simulator does with the last people of the list, so that the demo shows more than success; see
# docs/smsc-simulator.md for the endings.
ENDINGS: Final = ("909001", "909002", "909003", "909010", "909030")


def ensure_story(template_name: str, actor: Actor, now: datetime) -> UUID:
    """The list and the campaign, in the tenant's context; returns the campaign's id."""
    found = Campaign.objects.filter(name=CAMPAIGN_NAME).first()
    if found is not None:
        return found.id
    people = ContactList.objects.filter(name=LIST_NAME).first()
    if people is None:
        people = create_list(name=LIST_NAME, actor=actor, now=now, columns=["order", "time"])
        create_contacts(people=list(_people()), list_id=people.id, now=now)
        # One of them has said no: the campaign's page shows whom it left out, and why.
        opt_out(recipient=E164("+919820040007"), source=OptOutSource.PERSON, actor=actor, now=now)
    template = Template.objects.get(name=template_name, version=1)
    campaign = create_campaign(name=CAMPAIGN_NAME, zone=ZONE, actor=actor, now=now)
    set_audience(campaign_id=campaign.id, name=CAMPAIGN_NAME, list_ids=[people.id])
    mapping = [{"column": "name"}, {"column": "order"}, {"column": "time"}]
    set_message(campaign_id=campaign.id, template_id=template.id, mapping=mapping)
    set_schedule(campaign_id=campaign.id, schedule=Schedule(send_at=None, not_after=None, zone=ZONE), now=now)
    launch(campaign_id=campaign.id, actor=actor, now=now)
    return campaign.id


def _people() -> Iterator[Person]:
    for number in range(PEOPLE):
        is_special = number >= PEOPLE - len(ENDINGS)
        phone = f"+919820{ENDINGS[PEOPLE - number - 1]}" if is_special else f"+91982004{number:04}"
        yield Person(
            phone=E164(phone),
            name=FIRST_NAMES[number % len(FIRST_NAMES)],
            attributes={"order": f"A-{1000 + number}", "time": f"{number % 8 + 1} pm"},
        )
