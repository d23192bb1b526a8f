from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core import mail, signing
from django.core.mail.backends import locmem
from pytest_django import Settings

from kernel.db.tenancy import tenant_context
from tenants.errors import AccountNeeded, AlreadyMember, InvitationUnusable
from tenants.mailing import RETRY_AFTER, mail_due_invitations
from tenants.models import Invitation, Tenant, User
from tenants.queries import memberships
from tenants.roles import Role
from tenants.services import accept_invitation, invite_member, link_token, read_offer, withdraw_invitation
from tenants.tests.builders import make_member, make_tenant, make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def invite(tenant: Tenant, email: str = "new@example.com", *, now: datetime = NOW) -> Invitation:
    with tenant_context(tenant.id):
        return invite_member(email=email, role=Role.MARKETER, by=None, now=now)


def reason(token: str, *, now: datetime = NOW) -> str:
    with pytest.raises(InvitationUnusable) as refusal:
        accept_invitation(token=token, now=now, full_name="Late", password="x")
    assert not User.objects.filter(full_name="Late").exists()
    assert refusal.value.remedy
    return refusal.value.code


def test_a_new_person_joins_with_name_and_password() -> None:
    tenant = make_tenant("Aarohi Bank")
    token = link_token(invite(tenant))
    offer = read_offer(token=token, now=NOW)
    assert (offer.tenant.name, offer.email, offer.role) == ("Aarohi Bank", "new@example.com", Role.MARKETER)
    user, member = accept_invitation(token=token, now=NOW, full_name="Nila", password="a long word")
    assert user.check_password("a long word")
    assert (member.tenant_id, member.role) == (tenant.id, Role.MARKETER)
    assert [held.tenant.id for held in memberships(user.id)] == [tenant.id]


def test_somebody_with_an_account_joins_as_themselves_and_by_no_other_account() -> None:
    tenant, person = make_tenant(), make_user("asha@example.com")
    token = link_token(invite(tenant, "Asha@Example.com"))
    for stranger in (None, make_user()):
        with pytest.raises(AccountNeeded):
            accept_invitation(token=token, now=NOW, user=stranger, full_name="Asha", password="x")
    accept_invitation(token=token, now=NOW, user=person)
    assert [held.tenant.id for held in memberships(person.id)] == [tenant.id]


def test_an_invitation_works_once() -> None:
    token = link_token(invite(make_tenant()))
    accept_invitation(token=token, now=NOW, full_name="Nila", password="x")
    assert reason(token) == "invitation_used"


def test_an_invitation_ends_after_seven_days() -> None:
    token = link_token(invite(make_tenant()))
    assert read_offer(token=token, now=NOW + timedelta(days=7, seconds=-1))
    assert reason(token, now=NOW + timedelta(days=7)) == "invitation_expired"


def test_a_withdrawn_invitation_is_refused() -> None:
    tenant = make_tenant()
    invitation = invite(tenant)
    with tenant_context(tenant.id):
        withdraw_invitation(invitation_id=invitation.pk, by=None)
    assert reason(link_token(invitation)) == "invitation_withdrawn"


def test_inviting_again_ends_the_first_link() -> None:
    tenant = make_tenant()
    first = invite(tenant)
    old = link_token(first)
    second = invite(tenant)
    assert second.pk == first.pk
    assert reason(old) == "invitation_unknown"
    assert read_offer(token=link_token(second), now=NOW)


def test_forged_and_foreign_links_are_refused() -> None:
    tenant, other = make_tenant(), make_tenant()
    invitation = invite(tenant)
    assert reason("nonsense") == "invitation_unknown"
    assert reason(link_token(invitation)[:-1]) == "invitation_unknown"
    assert reason(signing.dumps(["a", "b", "c"], salt="tenants.invitation")) == "invitation_unknown"
    words = [other.id.hex, invitation.id.hex, invitation.nonce.hex]
    assert reason(signing.dumps(words, salt="tenants.invitation")) == "invitation_unknown"
    words = [tenant.id.hex, invitation.id.hex, uuid4().hex]
    assert reason(signing.dumps(words, salt="tenants.invitation")) == "invitation_unknown"


def test_a_member_is_not_invited_again() -> None:
    tenant = make_tenant()
    member = make_member(tenant, Role.VIEWER)
    with tenant_context(tenant.id), pytest.raises(AlreadyMember):
        invite_member(email=member.user.email.upper(), role=Role.OWNER, by=None)


def test_the_mail_goes_out_once_and_its_link_works() -> None:
    tenant = make_tenant("Aarohi <Bank>")
    invite(tenant)
    assert [mail_due_invitations(now=NOW), mail_due_invitations(now=NOW)] == [1, 0]
    [message] = mail.outbox
    assert message.to == ["new@example.com"]
    assert "Aarohi <Bank>" in message.body
    token = message.body.split("/settings/join/")[1].split("/")[0]
    assert read_offer(token=token, now=NOW).tenant.id == tenant.id


def test_expired_and_withdrawn_invitations_are_not_mailed() -> None:
    tenant = make_tenant()
    gone = invite(tenant, "gone@example.com")
    with tenant_context(tenant.id):
        withdraw_invitation(invitation_id=gone.pk, by=None)
    invite(tenant, "late@example.com", now=NOW - timedelta(days=8))
    assert mail_due_invitations(now=NOW) == 0


class FullMailServer(locmem.EmailBackend):
    def send_messages(self, messages: object) -> int:
        raise ConnectionRefusedError("no mail server")


def test_a_mail_server_that_is_down_delays_the_mail(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    invite(make_tenant())
    settings.EMAIL_BACKEND = f"{__name__}.FullMailServer"
    assert mail_due_invitations(now=NOW) == 0
    assert "could not be mailed" in caplog.text
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert mail_due_invitations(now=NOW) == 0
    assert mail_due_invitations(now=NOW + RETRY_AFTER) == 1
    assert [message.to for message in mail.outbox] == [["new@example.com"]]
