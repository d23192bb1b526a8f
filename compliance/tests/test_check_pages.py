"""The dry run and the levels of rules, in the browser and for programs."""

from __future__ import annotations

from typing import Any

from django.test import Client

from compliance.levels import Level
from compliance.services.rule_levels import rule_levels
from compliance.tests.builders import ASHA, make_template
from compliance.tests.company import Company, make_company

TEXT = "Dear Asha, your order 7 is on its way. -ACME"


def post(company: Company, **said: Any) -> Any:
    headers = {"authorization": f"Token {company.token}"}
    return Client().post("/api/v1/compliance/check", said, content_type="application/json", headers=headers)


def test_programs_get_every_verdict_and_the_ids(company: Company) -> None:
    with company.inside():
        template = make_template()
    answer = post(company, **{"from": "ACMEIN", "to": ASHA, "text": TEXT}).json()
    assert (answer["code"], answer["template"]["id"], answer["segments"]) == (None, str(template.pk), 1)
    assert answer["dlt_template_id"]
    assert answer["not_judged"] == ["price", "credit", "route"]
    assert {verdict["outcome"] for verdict in answer["verdicts"]} >= {"passed", "not_applicable"}


def test_another_organisations_template_does_not_exist(company: Company) -> None:
    other = make_company()
    with other.inside():
        template = make_template()
    said = {"from": "ACMEIN", "to": ASHA, "template_id": str(template.pk), "variables": ["a", "b"]}
    outcomes = {verdict["rule"]: verdict["outcome"] for verdict in post(company, **said).json()["verdicts"]}
    assert (outcomes["sender_unknown"], outcomes["template_unknown"]) == ("refused", "refused")


def test_people_check_a_message_on_a_page(company: Company) -> None:
    with company.inside():
        make_template()
    page = company.maya.post("/compliance/check/", {"sender": "ACMEIN", "recipient": ASHA, "text": TEXT + "!"})
    assert page.status_code == 200
    assert "It would be refused" in page.content.decode()
    assert "Nearest template" in page.content.decode()


def test_reviewers_choose_levels_and_writers_read_them(company: Company) -> None:
    with company.inside():
        chosen = {**rule_levels(), "text_shouts": Level.REFUSE}
    assert company.maya.post("/compliance/rules/levels/", chosen).status_code == 403
    assert company.omar.post("/compliance/rules/levels/", chosen).status_code == 302
    with company.inside():
        assert rule_levels()["text_shouts"] is Level.REFUSE
    assert "Refuse" in company.maya.get("/compliance/rules/").content.decode()


def test_a_senders_page_says_what_each_destination_asks_and_a_registration_decides(company: Company) -> None:
    with company.inside():
        sender = make_template().sender
    page = company.maya.get(f"/senders/{sender.pk}/").content.decode()
    assert "The United States take no names as senders" in page or "is no number" in page
    assert "SSIR" in page
    missing = "has no active registration for Singapore"
    assert missing in page
    said = {"country": "SG", "registration_id": "SSIR-1", "portal_state": "active", "tenure": "permanent"}
    company.maya.post(f"/senders/{sender.pk}/register/", said)
    assert missing not in company.maya.get(f"/senders/{sender.pk}/").content.decode()
    checked = post(company, **{"from": "ACMEIN", "to": "+6591234567", "text": TEXT}).json()
    assert (checked["code"], "UEN" in checked["duties"][0]) == (None, True)


def test_a_chosen_template_asks_for_each_of_its_values(company: Company) -> None:
    with company.inside():
        template = make_template(names=("name", "order"))
    chosen = company.maya.get(f"/compliance/check/?template_id={template.pk}&text=kept", headers={"hx-request": "true"})
    part = chosen.content.decode()
    assert ("Value of name" in part, "Value of order" in part, "kept" in part, "<html" in part) == (True,) * 3 + (
        False,
    )
    said = {"sender": "ACMEIN", "recipient": ASHA, "template_id": str(template.pk), "text": "", "value_0": "Asha"}
    assert "The rules let it pass" in company.maya.post("/compliance/check/", said | {"value_1": "7"}).content.decode()
    refused = company.maya.post("/compliance/check/", said | {"value_1": "7" * 41}).content.decode()
    assert "variable_too_long" in refused
