from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from audit.models import Entry
from audit.sealing import seal_all
from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from tenants.mailing import mail_due_invitations
from tenants.models import ApiToken, Invitation, Member, Tenant, User
from tenants.roles import Role
from tenants.services import create_token, invite_member, link_token
from tenants.tests.builders import make_member, make_tenant, make_user, signed_in

pytestmark = pytest.mark.django_db
PASSWORD = "a long word nobody guesses"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("Aarohi Bank", owner=make_user("asha@example.com", full_name="Asha Rao"))


@pytest.fixture
def owner(tenant: Tenant) -> Client:
    return signed_in(User.objects.get(email="asha@example.com"))


def invitation_link(tenant: Tenant, email: str) -> str:
    with tenant_context(tenant.id):
        return f"/settings/join/{link_token(invite_member(email=email, role=Role.DEVELOPER, by=None))}/"


def test_the_list_shows_members_and_open_invitations(tenant: Tenant, owner: Client) -> None:
    make_member(tenant, Role.FINANCE, make_user(full_name="Farid Khan"))
    make_member(make_tenant("Banyan Retail"), Role.VIEWER, make_user(full_name="Someone Foreign"))
    invitation_link(tenant, "new@example.com")
    page = owner.get("/settings/members/").text
    assert all(words in page for words in ("Asha Rao", "Farid Khan", "new@example.com"))
    assert "Someone Foreign" not in page


def test_the_list_of_members_costs_the_same_for_ten(
    tenant: Tenant, owner: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(10):
        make_member(tenant, Role.VIEWER)
    # session, user, memberships; the context's four; members, invitations
    with django_assert_num_queries(9):
        assert owner.get("/settings/members/").status_code == 200


def test_an_owner_invites_somebody_who_joins_and_is_signed_in(tenant: Tenant, owner: Client) -> None:
    sent = owner.post("/settings/members/invite/", {"email": "new@example.com", "role": "marketer"})
    assert sent["Location"] == "/settings/members/"
    mail_due_invitations(now=utc_now())
    link = mail.outbox[0].body.split("127.0.0.1:8000")[1].split()[0]
    newcomer = Client()
    assert "Join Aarohi Bank" in newcomer.get(link).text
    joined = newcomer.post(link, {"full_name": "Nila", "password": PASSWORD})
    assert joined["Location"] == "/"
    assert "Marketer" in newcomer.get("/settings/profile/").text
    assert newcomer.get(link).status_code == 410


def test_what_cannot_be_invited_comes_back_with_the_reason(tenant: Tenant, owner: Client) -> None:
    wrong = owner.post("/settings/members/invite/", {"email": "no address", "role": "king"})
    assert wrong.status_code == 422
    assert "Select a valid choice" in wrong.text
    known = owner.post("/settings/members/invite/", {"email": "asha@example.com", "role": "viewer"})
    assert known.status_code == 422
    assert "is a member already" in known.text


def test_a_weak_password_is_refused_and_nobody_joins(tenant: Tenant) -> None:
    link = invitation_link(tenant, "new@example.com")
    response = Client().post(link, {"full_name": "Nila", "password": "new@example.com"})
    assert response.status_code == 422
    assert "too similar" in response.text
    assert not User.objects.filter(email="new@example.com").exists()


def test_an_account_holder_signs_in_and_joins_by_one_button(tenant: Tenant) -> None:
    person = make_user("dev@example.com")
    link = invitation_link(tenant, "dev@example.com")
    assert "next=%2Fsettings%2Fjoin" in Client().get(link).text
    assert Client().post(link, {"full_name": "Impostor", "password": PASSWORD}).status_code == 409
    assert signed_in(person).post(link)["Location"] == "/"
    with tenant_context(tenant.id):
        assert Member.objects.get(user=person).role == Role.DEVELOPER


def test_the_wrong_person_is_asked_to_sign_out(tenant: Tenant, owner: Client) -> None:
    page = owner.get(invitation_link(tenant, "new@example.com"))
    assert "signed in under another address" in page.text
    assert page["Referrer-Policy"] == "same-origin"
    assert "no-store" in page["Cache-Control"]


def test_an_invitation_is_sent_again_and_withdrawn(tenant: Tenant, owner: Client) -> None:
    link = invitation_link(tenant, "new@example.com")
    with tenant_context(tenant.id):
        pk = Invitation.objects.get().pk
    owner.post(f"/settings/invitations/{pk}/again/")
    assert Client().get(link).status_code == 410
    owner.post(f"/settings/invitations/{pk}/withdraw/")
    assert owner.post(f"/settings/invitations/{pk}/again/").status_code == 404


def test_an_expired_invitation_explains_itself(tenant: Tenant) -> None:
    with tenant_context(tenant.id):
        old = utc_now() - timedelta(days=8)
        token = link_token(invite_member(email="late@example.com", role=Role.VIEWER, by=None, now=old))
    response = Client().get(f"/settings/join/{token}/")
    assert response.status_code == 410
    assert "has expired" in response.text
    assert "invite you again" in response.text


def test_the_last_owner_reads_why_they_stay(tenant: Tenant, owner: Client) -> None:
    with tenant_context(tenant.id):
        pk = Member.objects.get().pk
    for action, data in (("role", {"role": "viewer"}), ("remove", {})):
        owner.post(f"/settings/members/{pk}/{action}/", data)
        assert "Make somebody else an owner first" in owner.get("/settings/members/").text


def test_a_role_is_changed_and_nonsense_is_not(tenant: Tenant, owner: Client) -> None:
    member = make_member(tenant, Role.VIEWER)
    for role in ("finance", "king"):
        owner.post(f"/settings/members/{member.pk}/role/", {"role": role})
    with tenant_context(tenant.id):
        assert Member.objects.get(pk=member.pk).role == "finance"
    owner.post(f"/settings/members/{member.pk}/remove/")
    with tenant_context(tenant.id):
        assert Member.objects.active().count() == 1


def test_a_token_is_shown_once(tenant: Tenant, owner: Client) -> None:
    made = owner.post("/settings/tokens/", {"name": "Billing system"})
    secret = made.text.split('id="secret-once"')[1].split(">")[1].split("<")[0]
    assert len(secret) == 56
    again = owner.get("/settings/tokens/").text
    assert secret not in again
    assert secret[:12] in again
    assert owner.post("/settings/tokens/", {"name": ""}).status_code == 422


def test_a_token_is_revoked(tenant: Tenant, owner: Client) -> None:
    with tenant_context(tenant.id):
        token, _ = create_token(name="Old system", by=None)
    owner.post(f"/settings/tokens/{token.pk}/revoke/")
    with tenant_context(tenant.id):
        assert ApiToken.objects.get().revoked_at is not None
    assert "Revoked" in owner.get("/settings/tokens/").text


def test_settings_are_saved_and_bad_ones_come_back(tenant: Tenant, owner: Client) -> None:
    days = {"text_retention_days_transactional": 7, "text_retention_days_promotional": 90}
    given = {"name": "Aarohi Bank Ltd", "timezone": "Asia/Dubai", "smart_encoding": "on", **days}
    given |= {"review_rule": "four_eyes"}
    assert owner.post("/settings/organisation/", given)["Location"] == "/settings/organisation/"
    assert "Aarohi Bank Ltd" in owner.get("/settings/organisation/").text
    assert "<ins>four_eyes</ins>" in owner.get("/settings/audit/").text
    for wrong in ({"timezone": "Mars/Base"}, {"text_retention_days_promotional": 3}, {"name": ""}):
        assert owner.post("/settings/organisation/", {**given, **wrong}).status_code == 422


def test_a_person_changes_their_name_even_without_a_tenant() -> None:
    browser = signed_in(make_user("asha@example.com"))
    assert browser.post("/settings/profile/", {"full_name": "Asha R."}).status_code == 302
    assert "Asha R." in browser.get("/settings/profile/").text
    assert browser.post("/settings/profile/", {"full_name": ""}).status_code == 422


def test_the_trail_shows_what_changed_sealed_and_filtered(tenant: Tenant, owner: Client) -> None:
    member = make_member(tenant, Role.VIEWER)
    owner.post(f"/settings/members/{member.pk}/role/", {"role": "finance"})
    seal_all(now=utc_now())
    page = owner.get("/settings/audit/").text
    assert "<del>viewer</del>" in page
    assert "<ins>finance</ins>" in page
    assert "Created the organisation" in page
    narrowed = owner.get(f"/settings/audit/?object={member.pk}&person=nonsense").text
    assert "instead of viewer" in narrowed
    assert "Created the organisation" not in narrowed


def test_staff_make_a_company_and_its_owner_is_invited() -> None:
    staff = signed_in(make_user(is_staff=True))
    given = {"name": "Coral Travel", "slug": "Coral", "owner_email": "c@example.com", "timezone": "Asia/Kolkata"}
    assert staff.post("/console/tenants/new/", given)["Location"] == "/console/tenants/"
    assert "Coral Travel" in staff.get("/console/tenants/").text
    assert mail_due_invitations(now=utc_now()) == 1
    assert "belongs to another organisation" in staff.post("/console/tenants/new/", given).text


def test_staff_suspend_and_free_a_company(tenant: Tenant) -> None:
    staff = signed_in(make_user(is_staff=True))
    for state, other in (("suspended", "active"), ("active", "suspended")):
        staff.post(f"/console/tenants/{tenant.pk}/{state}/")
        assert f"/{tenant.pk}/{other}/" in staff.get("/console/tenants/").text
    assert staff.post(f"/console/tenants/{tenant.pk}/deleted/").status_code == 404


def test_staff_give_a_company_its_weight_and_it_is_on_record(tenant: Tenant) -> None:
    staff = signed_in(make_user(is_staff=True))
    path = f"/console/tenants/{tenant.pk}/weight/"
    assert "It is no speed" in staff.get(path).text
    for wrong in ("0", "101", ""):
        assert staff.post(path, {"weight": wrong}).status_code == 422
    for _ in range(2):
        assert staff.post(path, {"weight": "3"})["Location"] == "/console/tenants/"
    assert f"Weight of {tenant.name}: 3" in staff.get("/console/tenants/").text
    with tenant_context(tenant.pk):
        (entry,) = Entry.objects.filter(action="tenant.weigh")
    assert (entry.before, entry.after) == ({"send_weight": 1}, {"send_weight": 3})


@pytest.mark.parametrize("path", ["members/{}/role/", "members/{}/remove/", "tokens/{}/revoke/"])
def test_another_tenants_things_are_not_found(path: str, tenant: Tenant, owner: Client) -> None:
    other = make_tenant("Banyan Retail")
    member = make_member(other, Role.VIEWER)
    with tenant_context(other.id):
        token, _ = create_token(name="theirs", by=None)
    make: Callable[[object], str] = path.format
    for pk in (member.pk, token.pk):
        assert owner.post(f"/settings/{make(pk)}", {"role": "viewer"}).status_code == 404
