"""Reviews by programs, in the name of whoever made the token; and the news that something waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from audit.models import Entry
from compliance import services
from compliance.models import Review, Template
from compliance.tests.builders import NOW, WRITER, make_sender, make_template
from compliance.tests.company import Company
from compliance.tests.test_api import call
from kernel.db.tenancy import tenant_context
from tenants.models import Member, Notification
from tenants.roles import Role
from tenants.services import create_token

pytestmark = pytest.mark.django_db


def token_of(company: Company, role: Role) -> str:
    with company.inside():
        member = Member.objects.select_related("user").get(role=role)
        return create_token(name="Robot", by=member.user)[1]


def draft(company: Company, name: str = "Order") -> Template:
    with company.inside():
        return make_template(name=name, is_approved=False)


def state(template: Template) -> str:
    with tenant_context(template.tenant_id):
        return str(Template.objects.get(pk=template.pk).state)


def test_a_template_is_submitted_listed_and_approved_by_two_members_tokens(company: Company) -> None:
    template = draft(company)
    answer = call(token_of(company, Role.MARKETER), f"templates/{template.pk}/submit", {})
    assert (answer.status_code, answer.json()["state"]) == (200, "submitted")
    reviewer = token_of(company, Role.COMPLIANCE)
    (row,) = call(reviewer, "reviews").json()["results"]
    assert (row["kind"], row["id"], row["header"]) == ("template", str(template.pk), "ACMEIN")
    answer = call(reviewer, f"templates/{template.pk}/approve", {"note": "Fine", "seen_at": row["seen_at"]})
    assert (answer.status_code, state(template)) == (200, "approved")
    with company.inside():
        omar = Member.objects.get(role=Role.COMPLIANCE).user_id
        assert Review.objects.latest("id").actor_id == omar
        assert Entry.objects.get(action="template.approve").actor_label == "Compliance officer by Robot"


@pytest.mark.parametrize(("step", "after"), [("reject", "rejected"), ("ask-changes", "changes_asked")])
def test_saying_no_needs_words(company: Company, step: str, after: str) -> None:
    template, reviewer = draft(company), token_of(company, Role.COMPLIANCE)
    with company.inside():
        services.submit(item=template, actor=WRITER, now=NOW)
    answer = call(reviewer, f"templates/{template.pk}/{step}", {})
    assert (answer.status_code, answer.json()["code"]) == (422, "note_missing")
    call(reviewer, f"templates/{template.pk}/{step}", {"note": "Name the shop"})
    assert state(template) == after


def test_a_token_may_do_what_its_maker_may_do_now(company: Company) -> None:
    template, marketer = draft(company), token_of(company, Role.MARKETER)
    assert call(marketer, f"templates/{template.pk}/submit", {}).status_code == 200
    for path, data in (("reviews", None), (f"templates/{template.pk}/approve", {})):
        answer = call(marketer, path, data)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    reviewer = token_of(company, Role.COMPLIANCE)
    with company.inside():
        Member.objects.filter(role=Role.COMPLIANCE).update(removed_at=NOW)
    assert call(reviewer, "reviews").status_code == 403


def test_nobody_approves_their_own_by_a_token_and_nothing_that_was_submitted_anew(company: Company) -> None:
    template, reviewer = draft(company), token_of(company, Role.COMPLIANCE)
    call(reviewer, f"templates/{template.pk}/submit", {})
    assert call(reviewer, f"templates/{template.pk}/approve", {}).json()["code"] == "own_submission"
    owner, late = token_of(company, Role.OWNER), (NOW - timedelta(days=1)).isoformat()
    answer = call(owner, f"templates/{template.pk}/approve", {"seen_at": late})
    assert answer.json()["code"] == "submitted_anew"
    assert state(template) == "submitted"


def test_the_queue_of_programs_goes_on_behind_its_last_row(company: Company) -> None:
    with company.inside():
        sender = make_sender()
        for number in range(52):
            item = make_template(sender=sender, name=f"T{number:02d}", is_approved=False, portal_state=None)
            services.submit(item=item, actor=WRITER, now=NOW + timedelta(seconds=number))
    reviewer = token_of(company, Role.COMPLIANCE)
    first = call(reviewer, "reviews").json()
    rest = call(reviewer, f"reviews?after={first['next']}").json()
    assert [row["name"] for row in rest["results"]] == ["T50 v1", "T51 v1"]
    assert rest["next"] is None


def test_reviewers_are_told_once_an_hour_that_something_waits(company: Company) -> None:
    with company.inside():
        sender = make_sender()
        for number, minutes in enumerate((0, 10, 70)):
            item = make_template(sender=sender, name=f"T{number}", is_approved=False, portal_state=None)
            services.submit(item=item, actor=WRITER, now=NOW + timedelta(minutes=minutes))
        omar = Member.objects.get(role=Role.COMPLIANCE).user_id
        titles = list(Notification.objects.filter(user_id=omar).order_by("id").values_list("title", flat=True))
        maya = Member.objects.get(role=Role.MARKETER).user_id
        assert not Notification.objects.filter(user_id=maya).exists()
    assert titles == ["2 items wait for review", "3 items wait for review"]


def test_the_form_beside_a_template_decides_only_what_was_seen(company: Company) -> None:
    template = draft(company)
    with company.inside():
        services.submit(item=template, actor=WRITER, now=NOW)
    page: Any = company.omar.get(reverse("compliance:template", args=[template.pk]))
    seen = str(page.context["decision_form"].initial["seen"])
    with company.inside():
        services.withdraw(item=template, actor=WRITER, now=NOW)
        services.submit(item=template, actor=WRITER, now=NOW + timedelta(minutes=1))
    url = reverse("compliance:template-decide", args=[template.pk])
    answer = company.omar.post(url, {"decision": "approve", "seen": seen})
    assert (answer.status_code, b"submitted anew" in answer.content) == (422, True)
    assert state(template) == "submitted"
