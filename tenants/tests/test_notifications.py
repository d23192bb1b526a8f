"""News reach the member they are for, in the browser and by mail, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.core.mail.backends import locmem
from pytest_django import Settings

from kernel.db.tenancy import tenant_context
from tenants.mailing import KEPT_FOR, RETRY_AFTER, forget_old_notifications, mail_due_notifications
from tenants.models import Notification, Tenant, User
from tenants.queries import memberships
from tenants.roles import GRANTS, Permission, Role
from tenants.services import News, notify, people_with, read_notification, remove_member
from tenants.tests.builders import make_member, make_tenant, make_user, signed_in

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
APPROVED = News("Order v2 was approved", "/settings/profile/", "Omar: fine")


@pytest.fixture
def asha() -> User:
    return make_user("asha@example.com", full_name="Asha Rao")


@pytest.fixture
def bank(asha: User) -> Tenant:
    return make_tenant("Aarohi Bank", owner=asha)


def tell(tenant: Tenant, *people: User, news: News = APPROVED, is_mailed: bool = True) -> int:
    with tenant_context(tenant.id):
        return notify(user_ids=[person.pk for person in people], news=news, now=NOW, is_mailed=is_mailed)


def only(tenant: Tenant) -> Notification:
    with tenant_context(tenant.id):
        return Notification.objects.get()


def test_news_are_counted_in_the_bar_until_they_are_opened(bank: Tenant, asha: User) -> None:
    tell(bank, asha)
    assert [place.unread for place in memberships(asha.pk)] == [1]
    browser = signed_in(asha)
    assert b"Order v2 was approved" in browser.get("/settings/notifications/").content
    answer = browser.post(f"/settings/notifications/{only(bank).pk}/open/")
    assert (answer.status_code, answer["Location"]) == (302, "/settings/profile/")
    assert [place.unread for place in memberships(asha.pk)] == [0]
    assert b"Order v2" not in browser.get("/settings/notifications/?show=unread").content


def test_all_are_marked_as_read_at_once_but_nobody_elses(bank: Tenant, asha: User) -> None:
    other = make_member(bank, Role.VIEWER).user
    tell(bank, asha, other)
    signed_in(asha).post("/settings/notifications/read/")
    assert [memberships(person.pk)[0].unread for person in (asha, other)] == [0, 1]


def test_nobody_opens_or_sees_the_news_of_a_colleague_or_of_another_company(bank: Tenant, asha: User) -> None:
    colleague, stranger = make_member(bank, Role.COMPLIANCE).user, make_user()
    make_tenant("Other Ltd", owner=stranger)
    tell(bank, asha)
    for person in (colleague, stranger):
        browser = signed_in(person)
        assert browser.post(f"/settings/notifications/{only(bank).pk}/open/").status_code == 404
        assert b"Order v2" not in browser.get("/settings/notifications/").content
    assert only(bank).read_at is None


def test_every_role_reads_its_own_news() -> None:
    assert all(Permission.VIEW_CAMPAIGNS in granted for granted in GRANTS.values())


def test_people_outside_the_organisation_are_not_told(bank: Tenant, asha: User) -> None:
    leaving = make_member(bank, Role.VIEWER)
    with tenant_context(bank.id):
        remove_member(member_id=leaving.pk, by=asha)
        assert notify(user_ids=[leaving.user_id, uuid4()], news=APPROVED, now=NOW) == 0


def test_news_with_a_key_come_once_to_each_person(bank: Tenant, asha: User) -> None:
    expiry = News("ACMEIN ends in 7 days", "/", key="sender:1:7d")
    other = make_member(bank, Role.COMPLIANCE).user
    assert [tell(bank, asha, news=expiry), tell(bank, asha, other, news=expiry)] == [1, 1]
    assert [tell(bank, asha), tell(bank, asha)] == [1, 1]


def test_people_with_a_permission_are_those_of_its_roles(bank: Tenant, asha: User) -> None:
    officer, _ = make_member(bank, Role.COMPLIANCE), make_member(bank, Role.MARKETER)
    with tenant_context(bank.id):
        assert set(people_with(Permission.REVIEW_COMPLIANCE)) == {asha.pk, officer.user_id}


def test_one_mail_carries_all_that_is_due_for_a_person(bank: Tenant, asha: User) -> None:
    tell(bank, asha)
    tell(bank, asha, news=News("Bill v1 was rejected", "/settings/tokens/", "Spam"))
    assert [mail_due_notifications(now=NOW), mail_due_notifications(now=NOW)] == [1, 0]
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["asha@example.com"], "2 news from Aarohi Bank")
    for words in ("Hello Asha", "Order v2 was approved", "/settings/profile/", "Spam", "/settings/tokens/"):
        assert words in str(sent.body)


def test_what_was_read_in_the_browser_is_not_mailed(bank: Tenant, asha: User) -> None:
    tell(bank, asha)
    with tenant_context(bank.id):
        read_notification(notification_id=Notification.objects.get().pk, user_id=asha.pk, now=NOW)
    tell(bank, asha, is_mailed=False)
    assert mail_due_notifications(now=NOW) == 0


def test_a_mail_that_fails_is_due_again(
    bank: Tenant, asha: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> int:
        raise OSError("no mail server")

    tell(bank, asha)
    with monkeypatch.context() as broken:
        broken.setattr(locmem.EmailBackend, "send_messages", refuse)
        assert mail_due_notifications(now=NOW) == 0
    assert mail_due_notifications(now=NOW + RETRY_AFTER - timedelta(seconds=1)) == 0
    assert mail_due_notifications(now=NOW + RETRY_AFTER) == 1
    assert only(bank).mailed_at == NOW + RETRY_AFTER


def test_who_left_before_the_mail_gets_none(bank: Tenant, asha: User) -> None:
    leaving = make_member(bank, Role.VIEWER)
    tell(bank, leaving.user)
    with tenant_context(bank.id):
        remove_member(member_id=leaving.pk, by=asha)
    assert mail_due_notifications(now=NOW) == 0
    assert only(bank).mail_due_at is None


def test_news_are_forgotten_after_half_a_year(bank: Tenant, asha: User) -> None:
    tell(bank, asha)
    assert forget_old_notifications(now=NOW + KEPT_FOR) == 0
    assert forget_old_notifications(now=NOW + KEPT_FOR + timedelta(seconds=1)) == 1
