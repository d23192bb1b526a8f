"""Who may open what: every view says whom it is for, and every page is asked by every role."""

from __future__ import annotations

from typing import Final

import pytest
from django.test import Client

from kernel.db.tenancy import tenant_context
from kernel.web.problem import MEDIA_TYPE
from tenants.models import Tenant
from tenants.roles import GRANTS, Permission, Role
from tenants.services import add_member
from tenants.tests.builders import make_tenant, make_user, signed_in
from tests.addresses import Address, addresses

# What a package brings and everybody may read.
PUBLIC: Final = {"api-schema"}
PLAIN: Final = [address for address in addresses() if not address.parameters]
PAGES: Final = [address for address in PLAIN if isinstance(address.access, Permission)]
PERSONAL: Final = [address for address in PLAIN if address.access == "person"]
CONSOLE: Final = [address for address in PLAIN if address.access == "staff"]
ENDPOINTS: Final = [address for address in PLAIN if address.access == "token"]


def url_of(address: Address) -> str:
    return f"/{address.route}"


def ask(client: Client, address: Address) -> int:
    """The status of the page; pages that are only sent to are sent an empty form."""
    status = client.get(url_of(address)).status_code
    return status if status != 405 else client.post(url_of(address)).status_code


def browser_of(tenant: Tenant, role: Role) -> Client:
    person = make_user()
    with tenant_context(tenant.id):
        add_member(user=person, role=role, by=None)
    return signed_in(person)


def test_every_view_says_whom_it_is_for() -> None:
    found = {address.name: address.access for address in addresses()}
    assert len(found) > 50
    assert {name for name, access in found.items() if access is None} == PUBLIC
    words = {access for access in found.values() if access is not None and not isinstance(access, Permission)}
    assert words == {"staff", "person", "open", "token"}


def test_no_two_addresses_share_a_name() -> None:
    names = [address.name for address in addresses()]
    assert sorted(names) == sorted(set(names))


def test_every_role_is_granted_and_refused_something() -> None:
    assert {address.access for address in PAGES} <= set(Permission)
    assert all(GRANTS[role] for role in Role)
    assert GRANTS[Role.OWNER] == set(Permission)


@pytest.mark.django_db
@pytest.mark.parametrize("address", PAGES, ids=str)
def test_a_page_opens_for_the_roles_that_are_granted_its_permission(address: Address) -> None:
    tenant = make_tenant()
    given = {role: ask(browser_of(tenant, role), address) for role in Role}
    may = {role for role in Role if address.access in GRANTS[role]}
    assert {role for role, status in given.items() if status == 403} == set(Role) - may
    assert {role: given[role] for role in may if given[role] not in {200, 302, 422}} == {}


@pytest.mark.django_db
@pytest.mark.parametrize("address", PAGES + PERSONAL + CONSOLE, ids=str)
def test_a_page_sends_strangers_to_the_login(address: Address) -> None:
    assert ask(Client(), address) == 302
    response = Client().get(url_of(address), follow=True)
    assert response.status_code == 405 or response.redirect_chain[0][0].startswith("/accounts/login/?next=")


@pytest.mark.django_db
@pytest.mark.parametrize("address", CONSOLE, ids=str)
def test_the_console_exists_for_staff_alone(address: Address) -> None:
    assert ask(browser_of(make_tenant(), Role.OWNER), address) == 404
    assert ask(signed_in(make_user(is_staff=True)), address) in {200, 302, 422}


@pytest.mark.django_db
@pytest.mark.parametrize("address", PAGES, ids=str)
def test_staff_who_work_for_no_company_are_refused_its_pages_in_words(address: Address) -> None:
    assert ask(signed_in(make_user(is_staff=True)), address) == 403


@pytest.mark.django_db
@pytest.mark.parametrize("address", ENDPOINTS, ids=str)
def test_an_endpoint_without_a_token_says_what_is_missing(address: Address) -> None:
    for response in (Client().get(url_of(address)), Client().post(url_of(address))):
        assert (response.status_code, response["Content-Type"]) == (401, MEDIA_TYPE)
        assert response.json()["code"] == "token_missing"
        assert response.json()["remedy"]
