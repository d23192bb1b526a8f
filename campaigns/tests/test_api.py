"""Contacts, lists, imports and campaigns for programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from campaigns.models import Contact, ContactList
from campaigns.tests.builders import NOW, Cast, expand_all, make_campaign, make_cast, make_list, number, start
from campaigns.tests.files import csv_of, take_in
from kernel.db.tenancy import tenant_context
from tenants.services import create_token

pytestmark = pytest.mark.django_db


def token_of(cast: Cast) -> str:
    with tenant_context(cast.tenant_id):
        return create_token(name="test", by=cast.owner, now=NOW)[1]


def call(token: str, path: str, data: dict[str, Any] | None = None) -> Any:
    client, headers = Client(), {"Authorization": f"Token {token}"}
    if data is None:
        return client.get(f"/api/v1/{path}", headers=headers)
    return client.post(f"/api/v1/{path}", data, content_type="application/json", headers=headers)


def test_contacts_are_added_in_bulk_and_bad_ones_answered_in_place(cast: Cast) -> None:
    token = token_of(cast)
    people = call(token, "lists", {"name": "From the shop"}).json()
    rows = [{"phone": number(1), "name": "Asha", "attributes": {"order": "7"}}, {"phone": "080 2345 6789"}]
    answer = call(token, "contacts", {"contacts": rows, "list": people["id"]})
    results = answer.json()["results"]
    assert (answer.status_code, results[0]["phone"], results[1]["code"]) == (200, number(1), "number_not_mobile")
    found = call(token, f"contacts/{results[0]['id']}").json()
    assert (found["name"], found["attributes"]) == ("Asha", {"order": "7"})
    listed = call(token, f"lists/{people['id']}").json()
    assert (listed["size"], listed["columns"]) == (1, ["order"])


def test_a_repeated_contact_is_brought_up_to_date(cast: Cast) -> None:
    token = token_of(cast)
    call(token, "contacts", {"contacts": [{"phone": number(1), "name": "Asha", "attributes": {"a": "1"}}]})
    call(token, "contacts", {"contacts": [{"phone": number(1), "attributes": {"b": "2"}}]})
    with tenant_context(cast.tenant_id):
        contact = Contact.objects.get()
    assert (contact.name, contact.attributes) == ("Asha", {"a": "1", "b": "2"})


def test_names_of_lists_are_unique(cast: Cast) -> None:
    token = token_of(cast)
    call(token, "lists", {"name": "A"})
    refused = call(token, "lists", {"name": "A"})
    assert (refused.status_code, refused.json()["code"]) == (422, "name_taken")


def test_a_foreign_list_cannot_be_filled(cast: Cast) -> None:
    refused = call(token_of(cast), "contacts", {"contacts": [{"phone": number(1)}], "list": str(uuid4())})
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


def test_campaigns_carry_the_figures_of_the_bar(cast: Cast) -> None:
    with tenant_context(cast.tenant_id):
        run = start(make_campaign(cast, make_list(count=2)))
        expand_all(run)
    token = token_of(cast)
    found = call(token, f"campaigns/{run.campaign_id}").json()
    assert (found["state"], found["sender"], found["figures"]["target"]) == ("sending", "ACMEIN", 2)
    assert sum(found["figures"]["terms"].values()) == 2
    assert call(token, "campaigns").json()["results"][0]["figures"]["terms"]["waiting"] == 2


def test_imports_tell_what_became_of_the_rows(cast: Cast, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    job = take_in(cast.tenant_id, csv_of(2) + b"\nnonsense,x,y")
    found = call(token_of(cast), f"imports/{job.pk}").json()
    assert (found["state"], found["added"], found["rejected"]) == ("imported", 2, 1)
    assert (found["list"], found["problem"]) == ("Customers", None)


@pytest.mark.parametrize("kind", ["contacts", "lists", "campaigns", "imports"])
def test_another_tenant_gets_404_and_empty_lists(cast: Cast, settings: Any, tmp_path: Path, kind: str) -> None:
    settings.MEDIA_ROOT = tmp_path
    job = take_in(cast.tenant_id, csv_of(1))
    with tenant_context(cast.tenant_id):
        people = ContactList.objects.get()
        campaign = make_campaign(cast, people, mapping=[{"column": "name"}, {"column": "Order"}])
        ids = {"contacts": Contact.objects.get().pk, "lists": people.pk, "campaigns": campaign.pk, "imports": job.pk}
    stranger = token_of(make_cast())
    assert call(token_of(cast), f"{kind}/{ids[kind]}").status_code == 200
    assert call(stranger, f"{kind}/{ids[kind]}").status_code == 404
    assert call(stranger, kind).json()["results"] == []


@pytest.mark.parametrize("kind", ["contacts", "lists", "campaigns", "imports"])
def test_lists_cost_a_fixed_number_of_queries(cast: Cast, kind: str, django_assert_max_num_queries: Any) -> None:
    with tenant_context(cast.tenant_id):
        people = make_list(count=30)
        for index in range(3):
            start(make_campaign(cast, people, name=f"Campaign {index}"))
    token = token_of(cast)
    call(token, kind)
    with django_assert_max_num_queries(5):
        call(token, kind)
