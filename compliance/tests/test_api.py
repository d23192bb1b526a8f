"""What programs read and write: headers, templates, opt-outs."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from compliance.models import DltRegistration, OptOut
from compliance.services import record_chain, register_sender, register_template
from compliance.services.portal import Told
from compliance.statuses import PortalState
from compliance.tests.builders import ASHA, NOW, WRITER, make_entity, make_sender, make_template
from compliance.tests.company import Company
from compliance.tests.register import make_chain
from kernel.db.tenancy import tenant_context
from tenants.services import create_token
from tenants.tests.builders import make_tenant

pytestmark = pytest.mark.django_db


def call(token: str, path: str, data: dict[str, Any] | None = None) -> Any:
    client, headers = Client(), {"Authorization": f"Token {token}"}
    if data is None:
        return client.get(f"/api/v1/{path}", headers=headers)
    return client.post(f"/api/v1/{path}", data, content_type="application/json", headers=headers)


def test_a_template_is_described_with_all_that_sending_needs(company: Company) -> None:
    with company.inside():
        template = make_template(names=("name", "order"))
        registration = DltRegistration.objects.get()
    found = call(company.token, f"templates/{template.pk}").json()
    assert found["header"] == "ACMEIN"
    assert (found["state"], found["traffic_class"]) == ("approved", "transactional")
    assert found["variables"][0] == {"name": "name", "type": "var", "max": 40}
    ids = {"country": "IN", "template_id": registration.dlt_template_id, "header": "ACMEIN", "state": "active"}
    assert found["registrations"] == [ids]


def test_headers_are_listed_newest_first_in_pages(company: Company) -> None:
    with company.inside():
        entity = make_entity()
        for header in ("FIRSTS", "SECOND", "THIRDS"):
            make_sender(header, entity=entity)
    page = call(company.token, "headers?limit=2").json()
    assert [row["header"] for row in page["results"]] == ["THIRDS", "SECOND"]
    rest = call(company.token, page["next"].split("/api/v1/")[1]).json()
    assert ([row["header"] for row in rest["results"]], rest["next"]) == (["FIRSTS"], None)
    assert page["results"][0]["entity"] == "Acme Retail Ltd"


@pytest.mark.parametrize("path", ["headers", "templates"])
def test_lists_take_the_same_queries_for_many_rows(
    company: Company, path: str, django_assert_max_num_queries: Any
) -> None:
    with company.inside():
        sender = make_sender()
        for number in range(8):
            make_template(sender=sender, name=f"T{number}")
    # Token, its last use, the context in and out, rows, registrations.
    with django_assert_max_num_queries(13):
        assert call(company.token, path).status_code == 200


def test_an_opt_out_is_recorded_once_however_often_it_is_sent(company: Company) -> None:
    first = call(company.token, "opt-outs", {"to": "098765 43210"})
    second = call(company.token, "opt-outs", {"to": ASHA})
    assert (first.status_code, second.json()["id"]) == (201, first.json()["id"])
    assert (first.json()["to"], first.json()["from"], first.json()["source"]) == (ASHA, None, "api")
    assert call(company.token, f"opt-outs/{first.json()['id']}").json()["to"] == ASHA
    with company.inside():
        assert OptOut.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        ({"to": "12"}, 422, "invalid_number"),
        ({}, 400, "invalid_request"),
        ({"to": ASHA, "from": "NOBODY"}, 422, "unknown_sender"),
    ],
)
def test_an_opt_out_that_could_never_apply_is_refused(
    company: Company, data: dict[str, Any], status: int, code: str
) -> None:
    answer = call(company.token, "opt-outs", data)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["remedy"]


def test_an_opt_out_is_lifted_by_proof_only(company: Company) -> None:
    made = call(company.token, "opt-outs", {"to": ASHA, "topic": "Loans"}).json()
    refused = call(company.token, f"opt-outs/{made['id']}/lift", {"proof": ""})
    assert (refused.status_code, refused.json()["code"]) == (422, "proof_missing")
    lifted = call(company.token, f"opt-outs/{made['id']}/lift", {"proof": "She wrote START"}).json()
    assert (lifted["topic"], lifted["proof"], bool(lifted["lifted_at"])) == ("Loans", "She wrote START", True)
    assert call(company.token, f"opt-outs/{company.id}/lift", {"proof": "x"}).status_code == 404


def test_consents_are_appended_with_what_proves_them(company: Company) -> None:
    given = {"to": ASHA, "at": "2026-01-05T10:00:00+05:30", "wording": "Offers by SMS", "ip": "203.0.113.9"}
    made = call(company.token, "consents", {**given, "source": "form", "evidence": "form 17"})
    assert (made.status_code, made.json()["action"], made.json()["proven"]) == (201, "given", True)
    assert call(company.token, "consents", given).json()["proven"] is False
    refused = call(company.token, "consents", {**given, "at": "2099-01-05T10:00:00Z"})
    assert (refused.status_code, refused.json()["code"]) == (422, "consent_in_future")
    assert [row["proven"] for row in call(company.token, "consents").json()["results"]] == [False, True]


def test_another_companys_token_finds_nothing(company: Company) -> None:
    with company.inside():
        template = make_template()
    opt_out = call(company.token, "opt-outs", {"to": ASHA}).json()["id"]
    other = make_tenant("Third Ltd")
    with tenant_context(other.id):
        _, token = create_token(name="Theirs", by=None)
    paths = [f"templates/{template.pk}", f"headers/{template.sender_id}", f"opt-outs/{opt_out}"]
    assert [call(token, path).status_code for path in paths] == [404, 404, 404]
    assert call(token, "headers").json() == {"results": [], "next": None}


def test_what_was_suspended_says_that_its_messages_are_kept_back(company: Company) -> None:
    with company.inside():
        template = make_template()
        make_template(sender=template.sender, name="Another")
        chain = make_chain()
    assert {row["stopped"] for path in ("headers", "templates", "chains") for row in rows(company, path)} == {False}
    with company.inside():
        suspended = Told(PortalState.SUSPENDED)
        register_sender(sender_id=template.sender_id, told=suspended, actor=WRITER, now=NOW)
        record_chain(chain_id=chain.pk, told=suspended, actor=WRITER, now=NOW)
        number = DltRegistration.objects.get(template=template).dlt_template_id
        register_template(template_id=template.pk, dlt_template_id=number, told=suspended, actor=WRITER, now=NOW)
    assert call(company.token, f"headers/{template.sender_id}").json()["stopped"] is True
    assert call(company.token, f"chains/{chain.pk}").json()["stopped"] is True
    assert {row["name"]: row["stopped"] for row in rows(company, "templates")} == {
        "Order on its way": True,
        "Another": False,
    }


def rows(company: Company, path: str) -> list[dict[str, Any]]:
    return list(call(company.token, path).json()["results"])
