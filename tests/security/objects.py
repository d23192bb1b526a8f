"""One maker for everything that an address of the product can name, for the tests that walk all addresses.

The key is the route up to and including the parameter, so that all pages of one object share one maker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from itertools import count, product
from string import ascii_uppercase
from typing import Final
from uuid import UUID

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.exports import build_export as build_trail
from audit.exports import request_export as request_trail
from audit.models import TrailExport
from audit.queries import Search
from audit.services import Actor
from billing.exports import build_export, request_export
from billing.services import top_up
from campaigns.hygiene.statuses import RemovalKind
from campaigns.models import Campaign, Contact, NumberFailure
from campaigns.services.failures import settle
from campaigns.tests.builders import Cast, expand_all, make_campaign, make_list, make_platform, start
from campaigns.tests.builders import number as number_of
from campaigns.tests.files import csv_of, take_in
from compliance.models import ConsentEvent, PortalImportRow
from compliance.services import opt_out, submit
from compliance.services.recipients import close_destination
from compliance.tests.builders import WRITER, make_entity, make_sender, make_template
from compliance.tests.exports import csv_of as csv_of_export
from compliance.tests.exports import upload as upload_export
from compliance.tests.register import make_chain, make_consent_template, make_link
from kernel.db.tenancy import platform_context, tenant_context
from kernel.domain.ids import uuid7
from kernel.domain.money import MICROS
from kernel.telecom.e164 import E164
from messaging.models import InboundMessage, UnmatchedInbound
from messaging.services.selecting import Selection
from messaging.services.surgery import Action, Order, prepare
from messaging.tests.rows import make_messages
from routing.callback_addresses import callback_url
from routing.models import Probe, SeedNumber
from routing.services.lookups import LookupDraft, save_source
from routing.services.plans import RuleDraft, save_plan
from routing.services.probes import add_seed, note_probe
from routing.services.routes import RouteDraft, create_route
from routing.tests.builders import make_route
from tenants.models import Notification
from tenants.queries import tenant_info
from tenants.roles import Role
from tenants.services import News, add_member, create_token, invite_member, link_token, notify
from tenants.tests.builders import make_user
from tests.addresses import Address
from tests.security.company import Company, make_company

TESTS: Final = Actor(None, "Tests")
Maker = Callable[[Company], object]
_numbers = count(1)
_headers: Iterator[str] = ("".join(letters) for letters in product(ascii_uppercase, repeat=6))


def url_of(address: Address, company: Company) -> str:
    """The address with fresh objects of `company`; fails in words when nobody can make one of them."""
    return reverse(address.name, kwargs={name: _maker(key)(company) for name, key in address.parameters.items()})


def _maker(key: str) -> Maker:
    if key not in OBJECTS:
        pytest.fail(
            f"{key!r} is an address that no test can ask for: add a maker for it to OBJECTS in {__name__}, a function "
            "that makes one such object in the company it is given and returns what stands in the address.",
            pytrace=False,
        )
    return OBJECTS[key]


def inside(make: Callable[[Company], object]) -> Maker:
    @wraps(make)
    def made(company: Company) -> object:
        with tenant_context(company.tenant.id):
            return make(company)

    return made


def member(company: Company) -> object:
    person = make_user()
    with tenant_context(company.tenant.id):
        return add_member(user=person, role=Role.VIEWER, by=company.owner).pk


@inside
def invitation(company: Company) -> object:
    return invite_member(email=f"guest{next(_numbers)}@example.com", role=Role.VIEWER, by=company.owner).pk


@inside
def invitation_link(company: Company) -> object:
    return link_token(invite_member(email=f"guest{next(_numbers)}@example.com", role=Role.VIEWER, by=company.owner))


@inside
def token(company: Company) -> object:
    return create_token(name="Another", by=company.owner)[0].pk


@inside
def notification(company: Company) -> object:
    key = f"news {next(_numbers)}"
    notify(user_ids=[company.owner.pk], news=News("Something happened", "/", key=key), now=timezone.now())
    return Notification.objects.get(key=key).pk


@inside
def entity(company: Company) -> object:
    return make_entity().pk


@inside
def chain(company: Company) -> object:
    return make_chain().pk


@inside
def link(company: Company) -> object:
    return make_link(f"https://acme.example/{next(_numbers)}").pk


@inside
def destination(company: Company) -> object:
    made = close_destination(prefix=f"+{next(_numbers) % 900_000 + 100_000}", actor=WRITER, now=timezone.now())
    return made.pk


@inside
def consent_template(company: Company) -> object:
    return make_consent_template(f"Offers {next(_numbers)}").pk


@inside
def sender(company: Company) -> object:
    return make_sender(next(_headers)).pk


@inside
def template(company: Company) -> object:
    return make_template(sender=make_sender(next(_headers)), name=f"Template {next(_numbers)}", is_approved=False).pk


@inside
def standing_opt_out(company: Company) -> object:
    return opt_out(recipient=E164(f"+9198765{next(_numbers):05d}"), now=timezone.now()).pk


@inside
def consent_event(company: Company) -> object:
    opt_out(recipient=E164(f"+9198765{next(_numbers):05d}"), now=timezone.now())
    return ConsentEvent.objects.latest("id").pk


def portal_import(company: Company) -> object:
    with tenant_context(company.tenant.id):
        make_sender(next(_headers))
    header = ["Template ID", "Template Content", "Template Type", "Header"]
    return upload_export(company.tenant.id, csv_of_export([["1107177660181980000", "Hi", "Service", "X"]], header)).pk


def portal_row(company: Company) -> object:
    """Its parent is made beside it, so no address finds the two together; a POST is what it takes anyway."""
    made = portal_import(company)
    with tenant_context(company.tenant.id):
        return PortalImportRow.objects.get(number__isnull=False, portal_import__pk=str(made)).pk


@inside
def message(company: Company) -> object:
    return make_messages()[0].pk


@inside
def inbound(company: Company) -> object:
    row = InboundMessage(route_id=1, number="+919876543210", destination="ACMEIN", sender="ACMEIN", text="Hi")
    row.received_at = timezone.now()
    row.save()
    return row.pk


def unmatched_inbound(company: Company) -> object:
    with platform_context(reason="test: a text that is nobody's"):
        return UnmatchedInbound.objects.create(
            route_id=1, number="1", destination="2", text="Hi", received_at=timezone.now()
        ).pk


def contact(company: Company) -> object:
    number = next(_numbers)
    with tenant_context(company.tenant.id):
        make_list(f"List {number}", 1, start=number)
        return Contact.objects.get(phone=number_of(number)).pk


@inside
def contact_list(company: Company) -> object:
    number = next(_numbers)
    return make_list(f"List {number}", 2, start=number).pk


def finished_import(company: Company) -> object:
    """With a row that was rejected."""
    number = next(_numbers)
    content = csv_of(2, start=number) + b"\n12,Nobody,A1"
    return take_in(company.tenant.id, content, name=f"List {number}").pk


@inside
def removal(company: Company) -> object:
    """Of one number; another one stays suggested."""
    failed = [
        NumberFailure.objects.create(
            phone=number_of(next(_numbers)),
            failures=3,
            last_code="invalid_number",
            last_message_id=uuid7(),
            last_at=timezone.now(),
        )
        for _ in range(2)
    ]
    ids = [failed[0].pk]
    return settle(kind=RemovalKind.REMOVE, failure_ids=ids, actor=TESTS, now=timezone.now()).pk


def lookup_source(company: Company) -> object:
    draft = LookupDraft(f"Source {next(_numbers)}", {"slow_ms": 0})
    return save_source(draft=draft, actor=TESTS, now=timezone.now(), kind="simulator").pk


@inside
def campaign(company: Company) -> object:
    """A draft, complete."""
    return _draft(company).pk


def running_campaign(company: Company) -> UUID:
    """Its messages are accepted, and wait for a dispatcher."""
    make_platform()
    with tenant_context(company.tenant.id):
        started = _draft(company)
        expand_all(start(started))
    return started.pk


def _draft(company: Company) -> Campaign:
    number = next(_numbers)
    template = make_template(sender=make_sender(next(_headers)), name=f"Template {number}", names=("name", "order"))
    people = make_list(f"List {number}", 3, start=number)
    return make_campaign(Cast(company.tenant.id, template.pk, company.owner), people, name=f"Campaign {number}")


def trail_export(company: Company) -> object:
    with tenant_context(company.tenant.id):
        search, suffix = Search(), TrailExport.Suffix.CSV
        wanted = request_trail(search=search, suffix=suffix, actor=TESTS, now=timezone.now())
    build_trail(tenant_id=company.tenant.id, export_id=wanted.pk, now=timezone.now())
    return wanted.pk


def export(company: Company) -> object:
    now, zone = timezone.now(), tenant_info(company.tenant.id).zone
    with tenant_context(company.tenant.id):
        wanted = request_export(month=now.date(), zone=zone, has_bom=False, actor=TESTS, now=now)
    build_export(tenant_id=company.tenant.id, export_id=wanted.pk, now=now)
    return wanted.pk


@inside
def template_in_review(company: Company) -> object:
    waiting = make_template(sender=make_sender(next(_headers)), name=f"Template {next(_numbers)}", is_approved=False)
    return submit(item=waiting, actor=WRITER, now=timezone.now())


@inside
def payment(company: Company) -> object:
    key = f"payment {next(_numbers)}"
    return top_up(amount_micros=MICROS, actor=TESTS, note="Transfer", idempotency_key=key, now=timezone.now())


def another_company(company: Company) -> object:
    return make_company()


def tenant(company: Company) -> object:
    return company.tenant.pk


def route(company: Company) -> object:
    return make_route(f"Operator {next(_numbers)}").pk


def plan_version(company: Company) -> object:
    return save_plan(rules=[RuleDraft([make_route(f"Operator {next(_numbers)}").pk])]).version


def seed(company: Company) -> object:
    number = E164(f"+9198765{next(_numbers):05}")
    with platform_context(reason="test: staff put a phone on the list"):
        return add_seed(number=number, label="Test phone", actor=TESTS, now=timezone.now()).pk


def probed_route(company: Company) -> object:
    return probe_of(company).route_id


def probe(company: Company) -> object:
    return probe_of(company).pk


def probe_of(company: Company) -> Probe:
    route = make_route(f"Operator {next(_numbers)}")
    phone, now = SeedNumber.objects.get(pk=str(seed(company))), timezone.now()
    tenant_id = company.tenant.pk
    with platform_context(reason="test: staff send a probe"):
        return note_probe(route=route, seed=phone, tenant_id=tenant_id, message_id=uuid7(), actor=TESTS, now=now)


def queue_operation(company: Company) -> object:
    now = timezone.now()
    with platform_context(reason="test: staff count a queue"):
        return prepare(order=Order(Action.HOLD, Selection(now)), actor=TESTS, now=now).pk


def callback_token(company: Company) -> object:
    settings = {"url": "https://sms.example.com/", "shape": "form", "body": "to = {to}"}
    made = create_route(draft=RouteDraft(f"Aggregator {next(_numbers)}", "http", settings))
    return callback_url(made).rpartition("/")[2]


OBJECTS: Final[dict[str, Maker]] = {
    "settings/switch/<uuid:pk>": tenant,
    "settings/join/<str:token>": invitation_link,
    "settings/members/<uuid:pk>": member,
    "settings/invitations/<uuid:pk>": invitation,
    "settings/tokens/<uuid:pk>": token,
    "settings/notifications/<uuid:pk>": notification,
    "entities/<uuid:pk>": entity,
    "chains/<uuid:pk>": chain,
    "links/<uuid:pk>": link,
    "consent-templates/<uuid:pk>": consent_template,
    "compliance/recipients/destinations/<uuid:pk>": destination,
    "senders/<uuid:pk>": sender,
    "review/senders/<uuid:pk>": sender,
    "review/templates/<uuid:pk>": template,
    "templates/<uuid:pk>": template,
    "opt-outs/<uuid:pk>": standing_opt_out,
    "register/imports/<uuid:pk>": portal_import,
    "register/imports/<uuid:pk>/rows/<uuid:row_id>": portal_row,
    "messages/<uuid:message_id>": message,
    "contacts/<uuid:pk>": contact,
    "lists/<uuid:pk>": contact_list,
    "failed-numbers/removals/<uuid:pk>": removal,
    "imports/<uuid:pk>": finished_import,
    "campaigns/<uuid:pk>": campaign,
    "campaigns/<uuid:pk>/<slug:verb>": lambda company: "cancel",
    "money/exports/<uuid:pk>": export,
    "settings/audit/exports/<uuid:pk>": trail_export,
    "console/tenants/<uuid:pk>": tenant,
    "console/tenants/<uuid:pk>/<tenant_state:state>": lambda company: "suspended",
    "console/wallets/<uuid:tenant_id>": tenant,
    "hooks/routes/<callback_token:token>": callback_token,
    "console/routes/new/<slug:kind>": lambda company: "smpp",
    "console/routes/<int:pk>": route,
    "console/routes/<int:pk>/<route_state:state>": lambda company: "disabled",
    "console/routes/<int:pk>/versions/<int:number>": lambda company: 1,
    "console/look-ups/new/<slug:kind>": lambda company: "simulator",
    "console/look-ups/<int:pk>": lookup_source,
    "console/plan/versions/<int:version>": plan_version,
    "console/queues/routes/<int:pk>": route,
    "console/seeds/<int:pk>": seed,
    "console/seeds/routes/<int:pk>": probed_route,
    "console/seeds/probes/<int:pk>": probe,
    "console/queues/<uuid:operation_id>": queue_operation,
    "api/v1/tokens/<uuid:pk>": token,
    "api/v1/headers/<uuid:pk>": sender,
    "api/v1/entities/<uuid:pk>": entity,
    "api/v1/chains/<uuid:pk>": chain,
    "api/v1/links/<uuid:pk>": link,
    "api/v1/templates/<uuid:pk>": template,
    "api/v1/opt-outs/<uuid:pk>": standing_opt_out,
    "api/v1/messages/<uuid:pk>": message,
    "api/v1/inbound-messages/<uuid:pk>": inbound,
    "api/v1/consents/<uuid:pk>": consent_event,
    "api/v1/contacts/<uuid:pk>": contact,
    "api/v1/lists/<uuid:pk>": contact_list,
    "api/v1/imports/<uuid:pk>": finished_import,
    "api/v1/campaigns/<uuid:pk>": campaign,
}
# What lists show and no address names.
UNNAMED: Final[tuple[Maker, ...]] = (template_in_review, running_campaign, payment, another_company, unmatched_inbound)


def fill(company: Company, rows: int) -> None:
    """`rows` more of everything that pages show."""
    for maker in dict.fromkeys((*OBJECTS.values(), *UNNAMED)):
        for _ in range(rows):
            maker(company)
