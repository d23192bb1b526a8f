"""The reviewers' pages: what they show, and that many are decided one by one."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from compliance import services
from compliance.awaiting import Place
from compliance.models import Review, Sender, Template
from compliance.services.templates import TemplateDraft
from compliance.statuses import ReviewState
from compliance.tests.builders import BODY, NOW, REVIEWER, WRITER, make_sender, make_template
from compliance.tests.company import Company

pytestmark = pytest.mark.django_db


def waiting(*names: str) -> list[Template]:
    """In the company's context: templates of one sender that were submitted."""
    sender = Sender.objects.first() or make_sender()
    found = []
    for name in names:
        template = make_template(sender=sender, name=name, is_approved=False, portal_state=None)
        found.append(services.submit(item=template, actor=WRITER, now=NOW))
    return found


def key(item: Template) -> str:
    return f"template.{Place(NOW, item.pk)}"


def bulk(client: Client, *items: Template, **data: Any) -> Any:
    return client.post(reverse("compliance:queue-decide"), {"chosen": [key(each) for each in items], **data})


def page(client: Client, item: Template) -> Any:
    return client.get(reverse("compliance:review-template", args=[item.pk]))


def test_the_queue_shows_who_submitted_what_and_how_much_was_found(company: Company) -> None:
    with company.inside():
        waiting("Order")
    answer = company.omar.get(reverse("compliance:queue")).content.decode()
    for words in ("Order v1", "Template of ACMEIN", "to note", "Waiting"):
        assert words in answer
    narrowed = company.omar.get(reverse("compliance:queue") + "?findings=none&kind=sender&sender=ACMEIN")
    assert "Nothing waits" in narrowed.content.decode()


def test_a_decision_page_shows_all_it_rests_on(company: Company) -> None:
    with company.inside():
        first = make_template()
        draft = TemplateDraft(BODY.replace("Dear", "Hello"), first.sender_id)
        second = services.create_version(template_id=first.pk, draft=draft, actor=WRITER, now=NOW)
        services.submit(item=second, actor=WRITER, now=NOW)
    answer = page(company.omar, second).content.decode()
    assert "<del>Dear</del><ins>Hello</ins>" in answer
    for words in (
        "Longest in an Indian script",
        "Unicode",
        "New registrations ask",
        "Version 1: approved",
        "nowhere yet",
    ):
        assert words in answer


def test_approving_what_is_ones_own_is_not_offered_but_to_owners(company: Company) -> None:
    with company.inside():
        template = make_template(is_approved=False, portal_state=None)
    company.omar.post(reverse("compliance:template-submit", args=[template.pk]))
    own = page(company.omar, template).content.decode()
    assert 'data-queue-key="a" disabled' in own
    assert "a second person has to approve it" in own
    assert "disabled" not in page(company.owen, template).content.decode()


def test_a_sender_is_reviewed_on_a_page_of_its_own(company: Company) -> None:
    with company.inside():
        sender = make_sender(is_approved=False)
        services.submit(item=sender, actor=WRITER, now=NOW)
    address = reverse("compliance:review-sender", args=[sender.pk])
    assert "Acme Retail Ltd" in company.omar.get(address).content.decode()
    assert company.omar.post(address, {"decision": "approve"}).status_code == 302
    with company.inside():
        assert Sender.objects.get(pk=sender.pk).is_approved


def test_an_earlier_reason_is_offered_and_counts_as_one(company: Company) -> None:
    with company.inside():
        old, new = waiting("Old", "New")
        services.reject(item=old, actor=REVIEWER, now=NOW, note="No link shorteners, please")
    address = reverse("compliance:review-template", args=[new.pk])
    assert "No link shorteners, please" in page(company.omar, new).content.decode()
    assert company.omar.post(address, {"decision": "reject"}).status_code == 422
    reason = {"decision": "reject", "reason": "No link shorteners, please", "note": "Use acme.in"}
    assert company.omar.post(address, reason).status_code == 302
    with company.inside():
        assert Review.objects.filter(note="No link shorteners, please\nUse acme.in").count() == 1


def test_a_page_that_was_opened_before_the_decision_says_who_was_faster(company: Company) -> None:
    with company.inside():
        (template,) = waiting("Order")
    address = reverse("compliance:review-template", args=[template.pk])
    company.owen.post(address, {"decision": "approve", "seen": str(Place(NOW, template.pk))})
    late = company.omar.post(address, {"decision": "reject", "note": "No", "seen": str(Place(NOW, template.pk))})
    assert late.status_code == 422
    assert "Owen was faster and approved it on" in late.content.decode()


def test_a_bulk_decision_says_first_what_and_how_many(company: Company) -> None:
    with company.inside():
        items = waiting("Order", "Bill")
    answer = bulk(company.omar, *items, decision="approve").content.decode()
    assert "Approve: 2 items" in answer
    assert "Bill v1" in answer
    with company.inside():
        assert Template.objects.filter(state=ReviewState.SUBMITTED).count() == 2
    done = bulk(company.omar, *items, decision="approve", confirmed="yes")
    assert done.url == reverse("compliance:queue")
    with company.inside():
        assert Template.objects.filter(state=ReviewState.APPROVED).count() == 2


def test_one_reason_for_all_is_needed_unless_they_are_approved(company: Company) -> None:
    with company.inside():
        items = waiting("Order", "Bill")
    answer = bulk(company.omar, *items, decision="reject", confirmed="yes", note=" ")
    assert (answer.status_code, b"Write a note" in answer.content) == (422, True)
    bulk(company.omar, *items, decision="ask_changes", confirmed="yes", note="Name the shop")
    with company.inside():
        assert Template.objects.filter(state=ReviewState.CHANGES_ASKED).count() == 2


def test_what_a_bulk_decision_could_not_decide_is_named(company: Company) -> None:
    with company.inside():
        gone, taken, fine = waiting("Gone", "Taken", "Fine")
        services.reject(item=gone, actor=REVIEWER, now=NOW, note="No")
        services.withdraw(item=taken, actor=WRITER, now=NOW)
    answer = bulk(company.omar, gone, taken, fine, decision="approve", confirmed="yes").content.decode()
    assert "1 done, 2 not" in answer
    assert "Omar Reviewer was faster and rejected it" in answer
    assert "Maya Writer was faster and took it back on" in answer
    assert "Approved Fine v1." in answer


@pytest.mark.parametrize("data", [{"decision": "approve"}, {"decision": "explode"}, {}, {"confirmed": "yes"}])
def test_a_bulk_decision_without_sense_changes_nothing(company: Company, data: dict[str, str]) -> None:
    with company.inside():
        items = waiting("Order") if "decision" not in data or data["decision"] == "explode" else []
    assert bulk(company.omar, *items, **data).url == reverse("compliance:queue")


def test_others_templates_are_left_out_of_a_selection(company: Company) -> None:
    with company.inside():
        (template,) = waiting("Order")
    assert bulk(company.charlie, template, decision="approve", confirmed="yes").status_code == 302
    assert page(company.charlie, template).status_code == 404
    assert company.charlie.post(reverse("compliance:template-withdraw", args=[template.pk])).status_code == 404
    with company.inside():
        assert Template.objects.get(pk=template.pk).is_submitted


def test_a_long_queue_costs_no_more_queries_than_a_short_one(
    company: Company, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with company.inside():
        waiting("Order", "Bill")
    with CaptureQueriesContext(connection) as few:
        company.omar.get(reverse("compliance:queue"))
    with company.inside():
        waiting(*(f"Order {number}" for number in range(8)))
    with django_assert_num_queries(len(few)):
        company.omar.get(reverse("compliance:queue"))


def test_reviewing_needs_the_role(company: Company) -> None:
    with company.inside():
        (template,) = waiting("Order")
    assert page(company.maya, template).status_code == 403
    assert bulk(company.maya, template, decision="approve").status_code == 403


def test_the_writer_takes_a_submission_back(company: Company) -> None:
    with company.inside():
        template = make_template(is_approved=False)
    company.maya.post(reverse("compliance:template-submit", args=[template.pk]))
    assert b"Take back" in company.maya.get(reverse("compliance:template", args=[template.pk])).content
    company.maya.post(reverse("compliance:template-withdraw", args=[template.pk]))
    with company.inside():
        assert Template.objects.get(pk=template.pk).state == ReviewState.DRAFT
    again = company.omar.post(reverse("compliance:template-withdraw", args=[template.pk]), follow=True)
    assert "took it back" in again.content.decode()
