"""The optimiser and the doctor where people and programs meet them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from compliance.models import Template
from compliance.tests.builders import BODY, make_sender, make_template
from compliance.tests.company import Company

ADVICE = "compliance:template-lint"


def call(token: str, path: str, data: dict[str, Any]) -> Any:
    headers = {"Authorization": f"Token {token}"}
    return Client().post(f"/api/v1/compliance/{path}", data, content_type="application/json", headers=headers)


@pytest.mark.django_db
def test_programs_get_advice_with_places_and_money(company: Company) -> None:
    asked = {"text": "a" * 159 + "—", "category": "P", "price_micros": 120_000}
    answer = call(company.token, "advice", asked).json()
    assert (answer["encoding"], answer["parts"], answer["price_micros"]) == ("ucs2", 3, 360_000)
    assert answer["foreign"] == [
        {"character": "—", "code_point": "U+2014", "positions": [159], "replacement": "-"},
    ]
    assert answer["better"] == {"text": "a" * 159 + "-", "parts": 1, "saved_parts": 2, "saved_micros": 240_000}
    assert {"unicode_character", "optout_text_missing"} <= {finding["code"] for finding in answer["findings"]}


@pytest.mark.django_db
def test_programs_ask_the_doctor(company: Company) -> None:
    with company.inside():
        template = make_template()
    asked = {"text": "Dear Asha, your parcel 7 is on its way. -ACME", "from": "ACMEIN"}
    answer = call(company.token, "doctor", asked).json()
    assert (answer["nearest"], answer["nearest_id"]) == (str(template), str(template.pk))
    assert (answer["position"], answer["is_exact"]) == (16, True)
    assert answer["proposed"] == "Dear {#alphanumeric#}, your parcel {#numeric#} is on its way. -ACME"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["advice", "doctor"])
@pytest.mark.parametrize("data", [{}, {"text": ""}, {"text": "a", "category": "X", "samples": "x"}])
def test_programs_are_told_what_they_asked_wrongly(company: Company, path: str, data: dict[str, Any]) -> None:
    assert call(company.token, path, data).status_code == 400


@pytest.mark.django_db
def test_the_form_advises_on_portals_and_people_alike(company: Company) -> None:
    answer = company.maya.post(reverse(ADVICE), {"body": "Hurry – {#Var#}", "category": "S"}).content.decode()
    assert "no variable" in answer
    assert "pressure of time" in answer
    assert 'data-field="id_body" value="Hurry - {#Var#}"' in answer


@pytest.mark.django_db
def test_a_text_that_nobody_can_send_is_no_accident(company: Company) -> None:
    answer = company.maya.post(reverse(ADVICE), {"body": "a\x00b", "category": "S"})
    assert (answer.status_code, b"cannot be sent" in answer.content) == (200, True)


@pytest.mark.django_db
def test_the_doctor_marks_the_difference_and_fills_the_form(company: Company) -> None:
    with company.inside():
        sender = make_template().sender
    asked = {"sender": str(sender.pk), "text": "Dear Asha, your parcel 7 is on its way. -ACME"}
    page = company.maya.post(reverse("compliance:template-doctor"), asked).content.decode()
    assert "<mark>parcel 7" in page
    proposed = "Dear {#alphanumeric#}, your parcel {#numeric#} is on its way. -ACME"
    assert proposed in page
    asked = {"prefill": "doctor", "sender": str(sender.pk), "category": "S", "body": proposed}
    form = company.maya.post(reverse("compliance:template-new"), asked)
    assert (form.status_code, proposed in form.content.decode()) == (200, True)
    with company.inside():
        assert Template.objects.count() == 1


@pytest.mark.django_db
def test_too_many_samples_and_no_sender_are_taken_calmly(company: Company) -> None:
    address = reverse("compliance:template-doctor")
    many = company.maya.post(address, {"text": "Hi 7", "samples": "x\n" * 21})
    assert (many.status_code, b"21 texts are too many" in many.content) == (422, True)
    alone = company.maya.post(address, {"text": "Order 7 is here", "samples": "Order 88 is here"})
    assert b"Order {#numeric#} is here" in alone.content


@pytest.mark.django_db
def test_another_companys_templates_are_never_compared(company: Company) -> None:
    with company.inside():
        sender = make_template().sender
    asked = {"sender": str(sender.pk), "text": "Dear Asha"}
    answer = company.charlie.post(reverse("compliance:template-doctor"), asked)
    assert (answer.status_code, b"on its way" in answer.content) == (422, False)


def enter(page: Page, client: Client, url: str) -> None:
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": url}])


@pytest.mark.django_db(transaction=True)
def test_one_click_puts_the_better_text_into_the_form(company: Company, live_server: Any, page: Page) -> None:
    with company.inside():
        make_sender()
    enter(page, company.maya, live_server.url)
    page.goto(live_server.url + reverse("compliance:template-new"))
    page.get_by_label("Text", exact=True).fill("It’s here – see https://a.in/o today " + "a" * 130)
    page.get_by_role("button", name="Replace these characters, saves 1 part").click()
    expect(page.get_by_label("Text", exact=True)).to_have_value("It's here - see https://a.in/o today " + "a" * 130)
    expect(page.locator("#hints")).not_to_contain_text("Unicode")


@pytest.mark.django_db(transaction=True)
def test_a_value_of_a_single_message_is_mended_in_its_field(company: Company, live_server: Any, page: Page) -> None:
    with company.inside():
        make_template(names=("name", "order"))
    enter(page, company.maya, live_server.url)
    page.goto(live_server.url + reverse("messaging:message-new"))
    page.get_by_label("name", exact=True).fill("“Asha”")
    page.get_by_role("button", name="Replace these characters").click()
    expect(page.get_by_label("name", exact=True)).to_have_value('"Asha"')
    expect(page.locator("#advice")).to_contain_text("GSM-7")


@pytest.mark.django_db(transaction=True)
def test_the_doctor_leads_to_a_draft(company: Company, live_server: Any, page: Page) -> None:
    with company.inside():
        make_template(BODY)
    enter(page, company.maya, live_server.url)
    page.goto(live_server.url + reverse("compliance:template-doctor"))
    page.get_by_label("Sender").select_option(label="ACMEIN")
    page.get_by_label("The refused text").fill("Dear Asha, your parcel 7 is on its way. -ACME")
    page.get_by_role("button", name="Examine").click()
    expect(page.locator("#answer mark")).to_contain_text("parcel 7")
    page.get_by_role("button", name="Draft this template").click()
    page.get_by_label("Name", exact=True).fill("Parcel")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("heading", name="Parcel v1")).to_be_visible()
