"""No page and no list asks the database once per row."""

from __future__ import annotations

from typing import Final

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.addresses import Address, addresses
from tests.security.company import Company, make_company, staff_browser
from tests.security.objects import fill

FEW, MANY = 5, 30
# Each on a page of its own: an empty list and a full one may differ, five rows and thirty may not.
LISTS: Final = [address for address in addresses() if not address.parameters and address.access != "open"]

pytestmark = pytest.mark.django_db


def queries(company: Company, staff: Client) -> dict[str, list[str]]:
    """The SQL of every page and list, by address; without those that only take POST."""
    return {
        str(address): asked
        for address in LISTS
        if (asked := _queries(_client(address, company, staff), address)) is not None
    }


def _client(address: Address, company: Company, staff: Client) -> Client:
    if address.is_api:
        return company.program
    return staff if address.access == "staff" else company.browser


def _queries(client: Client, address: Address) -> list[str] | None:
    client.get(f"/{address.route}")  # what a process remembers from the first request is not about rows
    with CaptureQueriesContext(connection) as captured:
        response = client.get(f"/{address.route}")
    if response.status_code == 405:
        return None
    assert response.status_code in {200, 302}, address
    return [query["sql"] for query in captured.captured_queries]


def test_thirty_rows_cost_as_many_queries_as_five() -> None:
    company, staff = make_company(), staff_browser()
    fill(company, FEW)
    few = queries(company, staff)
    fill(company, MANY - FEW)
    many = queries(company, staff)
    assert len(few) > 20
    assert {name: len(asked) for name, asked in many.items()} == {name: len(asked) for name, asked in few.items()}
