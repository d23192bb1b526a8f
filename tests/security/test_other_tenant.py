"""Every address that takes an id, asked with an id of another company. New addresses are asked without being named."""

from __future__ import annotations

from functools import cache
from typing import Final
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client

from kernel.db.tenancy import platform_context
from kernel.web.problem import MEDIA_TYPE
from tests.addresses import Address, addresses
from tests.security.company import Company, answers, make_company, staff_browser
from tests.security.objects import OBJECTS, url_of

# Open to whoever holds the address, which nobody can guess.
SECRETS: Final = {
    "tenants:join": "the link of an invitation is signed, and was mailed to the person it is for",
    "gateways:route-callback": "the address of a route's callbacks is an HMAC, and was told to its operator",
}
OURS: Final = [address for address in addresses() if address.parameters and address.name not in SECRETS]
TABLES: Final = """
    SELECT c.relname, EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND has_table_privilege('dakiya_platform', c.oid, 'SELECT') AND c.relname !~ '^(django|account|auth)_'
"""

pytestmark = pytest.mark.django_db


@cache
def content_query() -> str:
    """Every row that is a tenant's or the platform's, as a count and a checksum per table."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        tables = cursor.fetchall()
    return " UNION ALL ".join(
        f"SELECT '{table}', count(*), sum(hashtextextended(t::text, 0)) FROM {table} t"
        + (" WHERE tenant_id = %(tenant)s" if is_owned else "")
        for table, is_owned in tables
        if table != "tenants_user"  # a sign-in is written there
    )


def content(tenant_id: UUID) -> list[tuple[object, ...]]:
    with platform_context(reason="test: what must not have changed"), connection.cursor() as cursor:
        cursor.execute(content_query(), {"tenant": tenant_id})
        return sorted(cursor.fetchall())


def client_for(address: Address, company: Company) -> Client:
    return company.program if address.is_api else company.browser


def statuses(client: Client, address: Address, url: str) -> dict[str, int]:
    return {method: answer.status for method, answer in answers(client, address, url).items()}


@pytest.mark.parametrize("address", OURS, ids=str)
def test_what_is_another_companys_does_not_exist(address: Address) -> None:
    company, other = make_company(), make_company()
    url = url_of(address, company)
    before = content(company.tenant.id)

    refused = statuses(client_for(address, other), address, url)

    assert set(refused.values()) <= {404, 405}, refused
    assert content(company.tenant.id) == before
    # The same questions from where they belong have other answers, so the ones above are about whose it is.
    found = statuses(staff_browser() if address.access == "staff" else client_for(address, company), address, url)
    asked = {method: status for method, status in found.items() if refused[method] == 404}
    assert asked, f"{url} takes no method: {refused}"
    assert {method: status for method, status in asked.items() if status in {403, 404, 405}} == {}


@pytest.mark.parametrize("address", OURS, ids=str)
def test_a_stranger_is_asked_who_he_is(address: Address) -> None:
    url = url_of(address, make_company())
    given = [answer for answer in answers(Client(), address, url).values() if answer.status != 405]
    assert given
    if address.is_api:
        assert {(answer.status, answer.content_type) for answer in given} == {(401, MEDIA_TYPE)}
    else:
        assert {(answer.status, answer.location) for answer in given} == {(302, f"/accounts/login/?next={url}")}


def test_every_maker_is_of_an_address_that_exists() -> None:
    known = {key for address in addresses() for key in address.parameters.values()}
    assert OBJECTS.keys() - known == set()
