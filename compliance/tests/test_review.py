"""Reviews: rules of two and four eyes, haste of two reviewers, taking back, and who is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

import pytest

from audit.services import Actor
from compliance import services
from compliance.awaiting import Narrowing, Place, QueuePage, queue_page, waiting_items
from compliance.errors import ReviewRefused, WrongState
from compliance.findings import findings_of
from compliance.models import Review, Template
from compliance.samples import samples
from compliance.services.templates import TemplateDraft
from compliance.statuses import ReviewState
from compliance.tests.builders import BODY, NOW, REVIEWER, WRITER, make_sender, make_template
from kernel.db.tenancy import platform_context, tenant_context
from kernel.telecom.segments import Encoding
from tenants.models import Notification, Tenant, User
from tenants.roles import Role
from tenants.tests.builders import make_member, make_tenant, make_user

Rule = Tenant.ReviewRule
HELEN: Final = Actor(UUID("01900000-0000-7000-8000-000000000003"), "Helen Second")
pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


def rules(tenant: Tenant, rule: str) -> None:
    with platform_context(reason="test: choose a rule"):
        Tenant.objects.filter(pk=tenant.pk).update(review_rule=rule)


def in_review(*, by: Actor = WRITER, name: str = "Order on its way", body: str = BODY) -> Template:
    template = make_template(body, name=name, sender=make_sender(f"AC{name[:4].upper()}"), is_approved=False)
    return services.submit(item=template, actor=by, now=NOW)


@pytest.mark.parametrize("rule", [Rule.FOUR_EYES, Rule.TWO_APPROVERS])
def test_under_four_eyes_neither_writer_nor_submitter_nor_an_owner_approves_their_own(
    tenant: Tenant, rule: str
) -> None:
    rules(tenant, rule)
    with tenant_context(tenant.id):
        template = make_template(is_approved=False)  # WRITER wrote it
        draft = TemplateDraft(BODY.replace("Dear", "Hello"), template.sender_id)
        services.change_template(template_id=template.pk, draft=draft, actor=HELEN, now=NOW)
        services.submit(item=template, actor=REVIEWER, now=NOW)
        for own in (WRITER, HELEN, REVIEWER):
            with pytest.raises(ReviewRefused, match="yourself"):
                services.approve(item=template, actor=own, now=NOW, may_approve_own=True)


def test_two_different_people_approve_where_two_are_wanted(tenant: Tenant) -> None:
    rules(tenant, Rule.TWO_APPROVERS)
    with tenant_context(tenant.id):
        template = in_review()
        assert services.approve(item=template, actor=REVIEWER, now=NOW).state == ReviewState.SUBMITTED
        with pytest.raises(ReviewRefused, match="already"):
            services.approve(item=template, actor=REVIEWER, now=NOW)
        assert services.approve(item=template, actor=HELEN, now=NOW).is_approved
        names = [step.actor_label for step in Review.objects.filter(object_id=template.pk).order_by("id")]
    assert names == ["Maya Writer", "Omar Reviewer", "Helen Second"]


def test_a_first_approval_does_not_outlive_its_submission(tenant: Tenant) -> None:
    rules(tenant, Rule.TWO_APPROVERS)
    with tenant_context(tenant.id):
        template = in_review()
        services.approve(item=template, actor=REVIEWER, now=NOW)
        services.withdraw(item=template, actor=WRITER, now=NOW)
        services.submit(item=template, actor=WRITER, now=NOW + timedelta(hours=1))
        assert services.first_approvals(template) == []
        assert not services.approve(item=template, actor=HELEN, now=NOW).is_approved


def test_the_second_reviewer_learns_who_decided_and_when(tenant: Tenant) -> None:
    with tenant_context(tenant.id):
        template = in_review()
        services.ask_changes(item=template, actor=REVIEWER, now=NOW, note="Name the shop")
        with pytest.raises(WrongState, match=r"Omar Reviewer was faster and asked for changes of it on 25 November"):
            services.reject(item=template, actor=HELEN, now=NOW, note="No")


def test_a_decision_about_another_text_than_the_reviewer_read_is_refused(tenant: Tenant) -> None:
    with tenant_context(tenant.id):
        template = in_review()
        services.withdraw(item=template, actor=WRITER, now=NOW)
        services.submit(item=template, actor=WRITER, now=NOW + timedelta(minutes=5))
        with pytest.raises(WrongState, match="submitted anew"):
            services.approve(item=template, actor=REVIEWER, now=NOW, seen_at=NOW)


def test_only_its_people_take_a_submission_back(tenant: Tenant) -> None:
    with tenant_context(tenant.id):
        template = in_review()
        with pytest.raises(ReviewRefused, match="Somebody else"):
            services.withdraw(item=template, actor=HELEN, now=NOW)
        assert services.withdraw(item=template, actor=HELEN, now=NOW, is_owner=True).state == ReviewState.DRAFT
        with pytest.raises(WrongState):
            services.withdraw(item=template, actor=WRITER, now=NOW)


def person(tenant: Tenant, role: Role) -> tuple[User, Actor]:
    user = make_user()
    make_member(tenant, role, user)
    return user, Actor(user.pk, str(user))


def test_the_submitter_is_told_in_the_transaction_of_the_decision(tenant: Tenant) -> None:
    maya, writer = person(tenant, Role.MARKETER)
    with tenant_context(tenant.id):
        template = in_review(by=writer)
        services.reject(item=template, actor=REVIEWER, now=NOW, note="Looks like spam")
        news = Notification.objects.get(user=maya)
    assert (news.user_id, news.tone, news.mail_due_at) == (maya.pk, "bad", NOW)
    assert news.title == "Template Order on its way v1: rejected"
    assert news.text == "Omar Reviewer: Looks like spam"
    assert news.path == f"/compliance/templates/{template.pk}/" or news.path.endswith(f"/templates/{template.pk}/")


def test_nobody_is_told_of_a_first_approval_or_of_their_own_decision(tenant: Tenant) -> None:
    rules(tenant, Rule.TWO_APPROVERS)
    _, writer = person(tenant, Role.OWNER)
    with tenant_context(tenant.id):
        services.approve(item=in_review(by=writer), actor=REVIEWER, now=NOW)
        services.reject(item=in_review(by=writer, name="Bill"), actor=writer, now=NOW, note="My mistake")
        assert not Notification.objects.exclude(key__startswith="review.waiting").exists()


def test_what_was_found_is_counted_when_it_is_submitted(tenant: Tenant) -> None:
    with tenant_context(tenant.id):
        template = in_review(body="Your order is ready  now. -ACME")
        found = findings_of(template)
    assert (template.error_count, template.advice_count) == (0, len(found))
    assert {"no_variable", "double_blank"} <= {each.code for each in found}


def names(page: QueuePage) -> list[str]:
    return [str(row.item) for row in page.rows]


def test_the_queue_is_one_list_of_pages_that_lead_on_and_back(tenant: Tenant) -> None:
    with tenant_context(tenant.id):
        sender = make_sender(is_approved=False, portal_state=None)
        for hour, name in enumerate(("First", "Second", "Third", "Fourth")):
            item = make_template(sender=sender, name=name, is_approved=False, portal_state=None)
            services.submit(item=item, actor=WRITER, now=NOW + timedelta(hours=hour))
        services.submit(item=sender, actor=WRITER, now=NOW + timedelta(minutes=30))
        first = queue_page(Narrowing(), size=2)
        second = queue_page(Narrowing(), after=first.rows[-1].place, size=2)
        back = queue_page(Narrowing(), before=second.rows[0].place, size=2)
        only = queue_page(Narrowing(kind="sender"))
    assert names(first) == names(back) == ["First v1", "ACMEIN"]
    assert names(second) == ["Second v1", "Third v1"]
    assert [(page.has_older, page.has_newer) for page in (first, second, back)] == [(0, 1), (1, 1), (0, 1)]
    assert names(only) == ["ACMEIN"]


def test_the_queue_is_narrowed_by_sender_and_findings(tenant: Tenant) -> None:
    with tenant_context(tenant.id):
        in_review(name="Order")
        in_review(name="Bill", body="Dear {#alphanumeric#}, your bill {#numeric#} is paid. -ACME")
        assert names(queue_page(Narrowing(header="ACBILL"))) == ["Bill v1"]
        assert names(queue_page(Narrowing(findings="none"))) == ["Bill v1"]
        assert names(queue_page(Narrowing(findings="advice"))) == ["Order v1"]
        assert names(queue_page(Narrowing(findings="error"))) == []


def test_a_selection_keeps_which_submission_was_meant_and_leaves_out_nonsense(tenant: Tenant) -> None:
    with tenant_context(tenant.id):
        template = in_review()
        keys = [
            f"template.{Place(NOW, template.pk)}",
            "template.x.y",
            "route.1.2",
            "template",
            f"sender.1.{template.pk}",
        ]
        (row,) = waiting_items(keys)
    assert (row.item, row.place.submitted_at) == (template, NOW)


def test_samples_show_likely_longest_and_costliest_values(tenant: Tenant) -> None:
    with tenant_context(tenant.id):
        template = make_template("Dear {#var#}, pay {#numeric#} at {#url#}. -ACME", names=None)
        likely, longest, indian = samples(template)
    assert likely.text == "Dear Asha Rao, pay 48213 at https://example.com/o/1042. -ACME"
    assert (likely.encoding, likely.parts) == (Encoding.GSM7, 1)
    assert longest.characters == len("Dear , pay  at . -ACME") + 40 + 30 + 256
    assert (longest.parts, indian.parts, indian.encoding) == (3, 6, Encoding.UCS2)
