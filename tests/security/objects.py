"""One maker for everything that an address of the product can name, for the tests that walk all addresses.

The key is the route up to and including the parameter, so that all pages of one object share one maker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from itertools import count, product
from string import ascii_uppercase
from typing import Final

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.services import Actor
from billing.exports import build_export, request_export
from compliance.services import opt_out
from compliance.tests.builders import make_entity, make_sender, make_template
from kernel.db.tenancy import tenant_context
from kernel.telecom.e164 import E164
from messaging.tests.rows import make_messages
from routing.tests.builders import make_route
from tenants.queries import tenant_info
from tenants.roles import Role
from tenants.services import add_member, create_token, invite_member
from tenants.tests.builders import make_user
from tests.addresses import Address
from tests.security.company import Company

Maker = Callable[[Company], object]
_numbers = count(1)
headers: Iterator[str] = ("".join(letters) for letters in product(ascii_uppercase, repeat=6))


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
def token(company: Company) -> object:
    return create_token(name="Another", by=company.owner)[0].pk


@inside
def entity(company: Company) -> object:
    return make_entity().pk


@inside
def sender(company: Company) -> object:
    return make_sender(next(headers)).pk


@inside
def template(company: Company) -> object:
    return make_template(sender=make_sender(next(headers)), name=f"Template {next(_numbers)}", is_approved=False).pk


@inside
def standing_opt_out(company: Company) -> object:
    return opt_out(recipient=E164(f"+9198765{next(_numbers):05d}"), now=timezone.now()).pk


@inside
def message(company: Company) -> object:
    return make_messages()[0].pk


def export(company: Company) -> object:
    now, zone = timezone.now(), tenant_info(company.tenant.id).zone
    with tenant_context(company.tenant.id):
        wanted = request_export(month=now.date(), zone=zone, has_bom=False, actor=Actor(None, "Tests"), now=now)
    build_export(tenant_id=company.tenant.id, export_id=wanted.pk, now=now)
    return wanted.pk


def tenant(company: Company) -> object:
    return company.tenant.pk


def route(company: Company) -> object:
    return make_route(f"Operator {next(_numbers)}").pk


OBJECTS: Final[dict[str, Maker]] = {
    "settings/switch/<uuid:pk>": tenant,
    "settings/members/<uuid:pk>": member,
    "settings/invitations/<uuid:pk>": invitation,
    "settings/tokens/<uuid:pk>": token,
    "entities/<uuid:pk>": entity,
    "senders/<uuid:pk>": sender,
    "templates/<uuid:pk>": template,
    "opt-outs/<uuid:pk>": standing_opt_out,
    "messages/<uuid:message_id>": message,
    "money/exports/<uuid:pk>": export,
    "console/tenants/<uuid:pk>": tenant,
    "console/tenants/<uuid:pk>/<tenant_state:state>": lambda company: "suspended",
    "console/wallets/<uuid:tenant_id>": tenant,
    "console/routes/new/<slug:kind>": lambda company: "smpp",
    "console/routes/<int:pk>": route,
    "console/routes/<int:pk>/<route_state:state>": lambda company: "disabled",
    "api/v1/tokens/<uuid:pk>": token,
    "api/v1/headers/<uuid:pk>": sender,
    "api/v1/templates/<uuid:pk>": template,
    "api/v1/opt-outs/<uuid:pk>": standing_opt_out,
    "api/v1/messages/<uuid:pk>": message,
}
