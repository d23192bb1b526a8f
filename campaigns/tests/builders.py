"""What campaigns need around them: a tenant with credit, an approved template, a route, people on lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.test import Client

from audit.services import Actor
from billing.models import Rate, RateCard
from billing.services import open_wallet, top_up
from campaigns.models import Campaign, Chunk, ContactList, Run
from campaigns.services import composing, running
from campaigns.services.contacts import Person, create_contacts, create_list
from compliance import services as compliance
from compliance.models import Template
from compliance.services.templates import TemplateDraft
from compliance.statuses import Category, SenderKind
from compliance.tags import Variable
from kernel.db.tenancy import platform_context, tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.money import MICROS
from kernel.telecom.e164 import E164
from routing.models import Plan, Route
from routing.plan import CompiledPlan
from routing.services.plans import RuleDraft, save_plan
from tenants.models import Tenant, User
from tenants.roles import Role
from tenants.services import add_member, create_tenant, create_user

NOW: Final = utc_now()
MAYA: Final = Actor(UUID("01900000-0000-7000-8000-000000000011"), "Maya Marketer")
REVIEWER: Final = Actor(UUID("01900000-0000-7000-8000-000000000012"), "Omar Reviewer")
PASSWORD: Final = "correct-horse-9"
PRICE: Final = 150_000
BODY: Final = "Dear {#var#}, your order {#var#} is on its way. -ACME"


@dataclass(frozen=True, slots=True)
class Cast:
    """One tenant, ready to send."""

    tenant_id: UUID
    template_id: UUID
    owner: User


def number(index: int) -> E164:
    """Valid Indian mobiles that end in as many digits as the index has; the simulator alone is ever asked for them."""
    return E164(f"+9198765{index:05d}")


def make_platform() -> None:
    """A route and the plan that leads everything over it."""
    with platform_context(reason="test: routes are the platform's"):
        if not Plan.objects.filter(is_active=True).exists():
            route = Route.objects.create(name=f"Route {uuid4()}", kind="simulator", state="enabled")
            save_plan(rules=[RuleDraft(route_ids=[route.pk])])
    CompiledPlan._cached = None


def make_cast(
    *, rupees: int = 10_000, slug: str = "", body: str = BODY, names: Sequence[str] = ("name", "order")
) -> Cast:
    """A tenant with owner, wallet, rate card and an approved, registered template."""
    make_platform()
    slug = slug or f"t-{uuid4().hex[:12]}"
    owner = create_user(email=f"owner@{slug}.example", password=PASSWORD, full_name="Olga Owner")
    tenant: Tenant = create_tenant(name=f"Acme {slug}", slug=slug, owner=owner, now=NOW)
    with platform_context(reason="test: cards are the platform's"):
        card = RateCard.objects.create(name=f"Card {slug}")
        Rate.objects.create(
            card=card, prefix="91", label="India", price_micros=PRICE, valid_from=NOW - timedelta(days=1)
        )
    with tenant_context(tenant.id):
        open_wallet(rate_card=card, now=NOW)
        if rupees:
            top_up(amount_micros=rupees * MICROS, actor=MAYA, note="", idempotency_key="first", now=NOW)
        template = make_template(body, names)
    return Cast(tenant.id, template.id, owner)


_ids: Iterator[int] = iter(range(1, 99_999))


def make_template(body: str = BODY, names: Sequence[str] = ("name", "order"), header: str = "ACMEIN") -> Template:
    entity = compliance.create_entity(
        legal_name="Acme Retail Ltd", dlt_entity_id=f"11011776601819{next(_ids):05d}", actor=MAYA, now=NOW
    )
    sender = compliance.create_sender(header=header, kind=SenderKind.ALPHA, entity_id=entity.id, actor=MAYA, now=NOW)
    compliance.submit(item=sender, actor=MAYA, now=NOW)
    compliance.approve(item=sender, actor=REVIEWER, now=NOW)
    compliance.register_sender(sender_id=sender.id, actor=MAYA, now=NOW)
    draft = TemplateDraft(body, sender.id, Category.SERVICE, False, [Variable(name) for name in names])
    template = compliance.create_template(name=f"Order {header}", draft=draft, actor=MAYA, now=NOW)
    compliance.submit(item=template, actor=MAYA, now=NOW)
    compliance.approve(item=template, actor=REVIEWER, now=NOW)
    compliance.register_template(
        template_id=template.id, dlt_template_id=f"11071776601819{next(_ids):05d}", actor=MAYA, now=NOW
    )
    return template


def make_list(name: str = "Customers", count: int = 3, *, start: int = 0, **attributes: str) -> ContactList:
    """A list of `count` people with names and an attribute `order`."""
    made = create_list(name=name, actor=MAYA, now=NOW)
    given = attributes or {"order": "A1"}
    people = [Person(number(index), f"Person {index}", dict(given)) for index in range(start, start + count)]
    create_contacts(people=people, list_id=made.id, now=NOW)
    made.refresh_from_db()
    return made


MAPPING: Final = ({"column": "name"}, {"column": "order"})


def make_campaign(cast: Cast, *lists: ContactList, name: str = "Diwali", mapping: Any = MAPPING) -> Campaign:
    """A complete draft that goes out at once. Call in the tenant's context."""
    campaign = composing.create_campaign(name=name, zone="Asia/Kolkata", actor=MAYA, now=NOW)
    composing.set_audience(campaign_id=campaign.id, name=name, list_ids=[each.id for each in lists])
    composing.set_message(campaign_id=campaign.id, template_id=cast.template_id, mapping=mapping)
    schedule = composing.Schedule(send_at=None, not_after=None, zone="Asia/Kolkata")
    return composing.set_schedule(campaign_id=campaign.id, schedule=schedule, now=NOW)


def start(campaign: Campaign) -> Run:
    """Launch, claim and freeze. Call in the tenant's context."""
    composing.launch(campaign_id=campaign.id, actor=MAYA, now=NOW)
    # The claim itself is the platform's and is tested apart: contexts do not nest across roles here.
    Campaign.objects.filter(pk=campaign.pk).update(state="preparing", started_at=NOW)
    run = running.prepare(campaign_id=campaign.id, now=NOW)
    assert run is not None
    return run


def expand_all(run: Run) -> None:
    for chunk_id in Chunk.objects.filter(run=run, state="pending").order_by("number").values_list("id", flat=True):
        running.expand_chunk(chunk_id=chunk_id, now=NOW)


def sign_in(cast: Cast, role: Role | None = None) -> Client:
    """A browser of the owner's, or of a new member with this role."""
    person = cast.owner
    if role is not None:
        person = create_user(
            email=f"{role.value}-{uuid4().hex[:6]}@example.org", password=PASSWORD, full_name="Some One"
        )
        with tenant_context(cast.tenant_id):
            add_member(user=person, role=role, by=cast.owner, now=NOW)
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client
