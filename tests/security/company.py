"""A company with an owner in a browser and a program with a token."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Final

from django.test import Client

from billing.tests.builders import make_card, make_rate, make_wallet
from kernel.db.tenancy import tenant_context
from tenants.models import Tenant, User
from tenants.services import create_token
from tenants.tests.builders import make_tenant, make_user, signed_in
from tests.addresses import Address

METHODS: Final = ("GET", "PUT", "PATCH", "POST", "DELETE")
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Company:
    tenant: Tenant
    owner: User
    browser: Client
    program: Client


def make_company() -> Company:
    """With a filled wallet, so that money has something to show."""
    owner = make_user()
    tenant = make_tenant(f"Company {next(_numbers)}", owner=owner)
    card = make_card()
    make_rate(card, "91", 150_000)
    with tenant_context(tenant.id):
        make_wallet(rate_card=card)
        _, secret = create_token(name="Tests", by=owner)
    return Company(tenant, owner, signed_in(owner), Client(headers={"Authorization": f"Token {secret}"}))


def staff_browser() -> Client:
    """Of somebody who works for the platform and for no company."""
    return signed_in(make_user(is_staff=True))


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    location: str
    content_type: str


def answers(client: Client, address: Address, url: str) -> dict[str, Answer]:
    """The answer to every method, without data; DELETE last, because it may take the object away."""
    body, kind = ("{}", "application/json") if address.is_api else ("", "application/x-www-form-urlencoded")
    given = {}
    for method in METHODS:
        response = client.generic(method, url, body, content_type=kind)
        headers = response.headers
        given[method] = Answer(response.status_code, headers.get("Location", ""), headers.get("Content-Type", ""))
        b"".join(response)  # to its end, which closes the file that a download streams
    return given
