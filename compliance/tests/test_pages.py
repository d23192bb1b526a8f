"""What each role sees and may do; who belongs to another company finds nothing."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from compliance import services
from compliance.models import DltRegistration, Entity, OptOut, Sender, Template
from compliance.statuses import ReviewState
from compliance.tests.builders import ASHA, BODY, NOW, WRITER, make_entity, make_sender, make_template
from compliance.tests.company import Company
from compliance.urls import urlpatterns
from kernel.telecom.numbers import parse_number

pytestmark = pytest.mark.django_db


def post(client: Client, view: str, pk: object = None, /, **data: Any) -> Any:
    return client.post(reverse(f"compliance:{view}", args=[pk] if pk else []), data)


def get(client: Client, name: str, pk: object = None, query: str = "") -> Any:
    return client.get(reverse(f"compliance:{name}", args=[pk] if pk else []) + query)


def template_fields(sender: Sender, **changed: Any) -> dict[str, Any]:
    fields = {"name": "Order", "sender": str(sender.pk), "category": "S", "body": BODY, "variable_names": "name, order"}
    return {**fields, **changed}


def test_every_view_is_guarded() -> None:
    assert [p.name for p in urlpatterns if not hasattr(p.callback, "dakiya_access")] == []


def test_a_template_goes_from_draft_to_approved_in_the_browser(company: Company) -> None:
    with company.inside():
        sender = make_sender()
    answer = post(company.maya, "template-new", **template_fields(sender))
    with company.inside():
        template = Template.objects.get()
    assert answer.url == reverse("compliance:template", args=[template.pk])
    post(company.maya, "template-submit", template.pk)
    assert b"Order v1" in get(company.omar, "queue").content
    post(company.omar, "template-decide", template.pk, decision="approve", note="Fine")
    with company.inside():
        template.refresh_from_db()
    assert template.state == ReviewState.APPROVED
    assert [variable.name for variable in template.variable_list] == ["name", "order"]
    page = get(company.maya, "template", template.pk).content.decode()
    assert "Fine" in page
    assert "Not ready for India" in page


def test_a_registration_makes_an_approved_template_ready(company: Company) -> None:
    with company.inside():
        template = make_template(portal_state=None)
    fields = {"country": "IN", "dlt_template_id": "1107177660181912345", "portal_state": "active"}
    answer = company.maya.post(reverse("compliance:template-register", args=[template.pk]), fields, follow=True)
    assert b"Ready for India" in answer.content
    with company.inside():
        assert DltRegistration.objects.get().header == "ACMEIN"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("1.10716E+18", "rounded"),
        ("12345", "19 digits"),
        ("1107177660181910000", "0000"),
        ("110717766018", "usually have 19 digits"),
    ],
)
def test_ids_that_a_spreadsheet_spoilt_are_refused_or_warned_about(company: Company, typed: str, words: str) -> None:
    with company.inside():
        template = make_template(portal_state=None)
    fields = {"country": "IN", "dlt_template_id": typed, "portal_state": "active"}
    answer = company.maya.post(reverse("compliance:template-register", args=[template.pk]), fields, follow=True)
    assert words in answer.content.decode()


def test_the_queue_shows_the_oldest_first(company: Company) -> None:
    with company.inside():
        sender = make_sender()
        for name in ("Newer", "Older"):
            template = make_template(sender=sender, name=name, is_approved=False)
            services.submit(item=template, actor=WRITER, now=NOW.replace(hour=9 if name == "Older" else 11))
    page = get(company.omar, "queue").content.decode()
    assert page.index("Older v1") < page.index("Newer v1")


def test_a_reviewer_has_to_say_why_not(company: Company) -> None:
    with company.inside():
        template = make_template(is_approved=False)
    post(company.maya, "template-submit", template.pk)
    answer = post(company.omar, "template-decide", template.pk, decision="reject", note=" ")
    assert answer.status_code == 422
    assert b"Write a note" in answer.content
    post(company.omar, "template-decide", template.pk, decision="ask_changes", note="Name the shop")
    assert b"Name the shop" in get(company.maya, "template", template.pk).content


def test_nobody_but_an_owner_approves_their_own(company: Company) -> None:
    with company.inside():
        mine = make_template(is_approved=False)
    post(company.omar, "template-submit", mine.pk)
    answer = post(company.omar, "template-decide", mine.pk, decision="approve")
    assert (answer.status_code, b"second person" in answer.content) == (422, True)
    assert post(company.owen, "template-decide", mine.pk, decision="approve").status_code == 302


def test_a_writer_may_not_decide_and_a_viewer_may_not_write(company: Company) -> None:
    with company.inside():
        template = make_template(is_approved=False)
    assert post(company.maya, "template-decide", template.pk, decision="approve").status_code == 403
    assert get(company.maya, "queue").status_code == 403
    assert get(company.viola, "template", template.pk).status_code == 200
    assert post(company.viola, "template-submit", template.pk).status_code == 403


def test_editing_an_approved_template_makes_a_new_version(company: Company) -> None:
    with company.inside():
        template = make_template()
        fields = template_fields(template.sender, body=BODY.replace("Dear", "Hello"))
    page = get(company.maya, "template-edit", template.pk).content.decode()
    assert "New version of Order on its way" in page
    post(company.maya, "template-edit", template.pk, **fields)
    with company.inside():
        second = Template.objects.get(version=2)
        template.refresh_from_db()
    assert (second.state, template.body) == (ReviewState.DRAFT, BODY)
    detail = get(company.maya, "template", second.pk).content.decode()
    assert "<del>Dear</del> <ins>Hello</ins>" in detail


def test_a_template_in_review_is_not_edited(company: Company) -> None:
    with company.inside():
        template = make_template(is_approved=False)
    post(company.maya, "template-submit", template.pk)
    assert get(company.maya, "template-edit", template.pk).status_code == 302


def test_a_body_that_no_portal_takes_comes_back_with_its_hints(company: Company) -> None:
    with company.inside():
        sender = make_sender()
    answer = post(company.maya, "template-new", **template_fields(sender, body="Hi {#Var#}", variable_names=""))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "“{#Var#}” is no variable" in page
    assert "Hi {#Var#}" in page


@pytest.mark.parametrize(
    ("names", "words"), [("name", "2 variables, but 1 names"), ("a, b:nonsense", "no type"), ("a, a", "same name")]
)
def test_names_of_variables_have_to_fit_the_text(company: Company, names: str, words: str) -> None:
    with company.inside():
        sender = make_sender()
    answer = post(company.maya, "template-new", **template_fields(sender, variable_names=names))
    assert (answer.status_code, words in answer.content.decode()) == (422, True)


def test_types_beside_names_make_a_variable_stricter(company: Company) -> None:
    with company.inside():
        sender = make_sender()
    post(company.maya, "template-new", **template_fields(sender, variable_names="name, order:numeric"))
    with company.inside():
        template = Template.objects.get()
    assert template.variables[1] == {"name": "order", "type": "numeric", "max": 30}
    assert "name, order:numeric" in get(company.maya, "template-edit", template.pk).content.decode()


def test_the_text_is_checked_while_it_is_written(company: Company) -> None:
    answer = post(company.maya, "template-lint", body="Hi {#Var#}", category="S")
    assert answer.status_code == 200
    assert "no variable" in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_the_match_box_shows_values_or_the_first_difference(company: Company) -> None:
    with company.inside():
        template = make_template(names=("name", "order"))
    good = post(company.viola, "template-test", template.pk, text="Dear Asha, your order 7 is on its way. -ACME")
    assert "It matches" in good.content.decode()
    assert "<dt>order</dt><dd>7</dd>" in good.content.decode()
    address = reverse("compliance:template-test", args=[template.pk])
    bad = company.viola.post(address, {"text": "Dear Asha, your order 7 is late"}, headers={"HX-Request": "true"})
    assert "It does not match" in bad.content.decode()
    assert "At character 28" in bad.content.decode()
    assert "<html" not in bad.content.decode()


def test_a_sender_is_drafted_submitted_and_registered(company: Company) -> None:
    with company.inside():
        entity = make_entity()
    fields = {"header": "ACMEIN", "kind": "alpha", "entity": str(entity.pk), "purpose": "Orders"}
    post(company.maya, "sender-new", **fields)
    with company.inside():
        sender = Sender.objects.get()
    post(company.maya, "sender-submit", sender.pk)
    post(company.omar, "sender-decide", sender.pk, decision="approve")
    registration = {"country": "IN", "registration_id": "1105177660181912345", "portal_state": "active"}
    answer = company.maya.post(reverse("compliance:sender-register", args=[sender.pk]), registration, follow=True)
    assert b"Ready for India" in answer.content


@pytest.mark.parametrize(
    ("header", "words"), [("VM-ACMEIN-S", "without the operator"), ("ACMEINDIA", "3 to 6"), ("ACMEIN", "already")]
)
def test_a_header_that_cannot_be_used_is_explained(company: Company, header: str, words: str) -> None:
    with company.inside():
        make_sender()
    answer = post(company.maya, "sender-new", header=header, kind="alpha")
    assert (answer.status_code, words in answer.content.decode()) == (422, True)


def test_an_entity_is_added_and_corrected(company: Company) -> None:
    fields = {"legal_name": "Acme", "country": "IN", "dlt_entity_id": "1101177660181912345", "portal_state": "active"}
    post(company.maya, "entity-new", **fields)
    with company.inside():
        entity = Entity.objects.get()
    post(company.maya, "entity-edit", entity.pk, **{**fields, "portal_state": "suspended"})
    with company.inside():
        assert Entity.objects.get().portal_state == "suspended"
    assert b"1101177660181912345" in get(company.viola, "entities").content


def test_opt_outs_are_added_shown_masked_and_lifted_by_a_reviewer(company: Company) -> None:
    post(company.maya, "opt-out-new", recipient="98765 43210", sender="")
    page = get(company.omar, "opt-outs").content.decode()
    assert "+91 98••• ••210" in page
    assert "9876543210" not in page
    with company.inside():
        standing = OptOut.objects.get()
    assert post(company.maya, "opt-out-lift", standing.pk).status_code == 403
    post(company.omar, "opt-out-lift", standing.pk, proof="She wrote START")
    with company.inside():
        assert OptOut.objects.get().lifted_at is not None


def test_a_number_that_is_none_is_explained(company: Company) -> None:
    answer = post(company.maya, "opt-out-new", recipient="12345", sender="")
    assert answer.status_code == 422
    assert b"too few digits" in answer.content


def test_lists_can_be_filtered_by_state(company: Company) -> None:
    with company.inside():
        sender = make_sender()
        make_template(sender=sender, name="Done")
        make_template(sender=sender, name="Open", is_approved=False)
    page = get(company.viola, "templates", query="?state=approved").content.decode()
    assert ("Done v1" in page, "Open v1" in page) == (True, False)
    assert "Open v1" in get(company.viola, "templates", query="?state=nonsense").content.decode()


def test_lists_take_the_same_queries_for_many_rows(company: Company, django_assert_max_num_queries: Any) -> None:
    with company.inside():
        entity = make_entity()
        for number in range(12):
            make_template(sender=make_sender(f"ACM{number:03d}", entity=entity), name=f"T{number}")
    # Session, user, membership, context in and out with its savepoint, rows, registrations.
    for name, most in {"templates": 10, "senders": 10, "entities": 10}.items():
        with django_assert_max_num_queries(most):
            get(company.viola, name)


def test_another_company_finds_nothing(company: Company) -> None:
    with company.inside():
        template = make_template()
        entity = Entity.objects.get()
        standing = services.opt_out(recipient=parse_number(ASHA), now=NOW)
    pages = [("template", template.pk), ("sender", template.sender_id), ("entity-edit", entity.pk)]
    assert [get(company.charlie, name, pk).status_code for name, pk in pages] == [404, 404, 404]
    posts = ["template-submit", "template-decide", "template-register", "template-test", "sender-submit"]
    found = [(template.pk if name.startswith("template") else template.sender_id) for name in posts]
    answers = [post(company.charlie, name, pk) for name, pk in zip(posts, found, strict=True)]
    assert {answer.status_code for answer in answers} == {404}
    assert post(company.charlie, "opt-out-lift", standing.pk).status_code == 404
    assert b"ACMEIN" not in get(company.charlie, "senders").content


def test_an_id_of_nothing_is_not_found(company: Company) -> None:
    assert get(company.owen, "template", uuid4()).status_code == 404


def test_a_stranger_is_led_to_the_login(client: Client) -> None:
    assert get(client, "templates").status_code == 302
