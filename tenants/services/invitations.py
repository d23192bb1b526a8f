"""Invitations by mail. The link is signed; the next mail, its use and its withdrawal end it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.core import signing
from django.db import transaction

from audit.services import record
from kernel.db.tenancy import current_scope, current_tenant_id, tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.ids import uuid7
from tenants.errors import AccountNeeded, AlreadyMember, InvitationUnusable
from tenants.models import Invitation, Member, User, normalise_email
from tenants.queries import TenantInfo, tenant_info
from tenants.roles import Role
from tenants.services.members import add_member
from tenants.services.people import actor, create_user

VALID_FOR: Final = timedelta(days=7)
SALT: Final = "tenants.invitation"


@dataclass(frozen=True, slots=True)
class Offer:
    """What the holder of a link may know."""

    tenant: TenantInfo
    invitation_id: UUID
    email: str
    role: Role


def invite_member(
    *, email: str, role: Role, by: User | None, now: datetime | None = None, tenant_id: UUID | None = None
) -> Invitation:
    """Offer a role in the current tenant; the mail goes out by the mailing task. An open invitation is replaced.

    Args:
        tenant_id: needed in a platform context only.

    Raises:
        AlreadyMember: the address belongs to an active member.
    """
    email, now, tenant_id = normalise_email(email), now or utc_now(), tenant_id or current_tenant_id()
    with transaction.atomic():
        if Member.objects.active().filter(tenant_id=tenant_id, user__email=email).exists():
            raise AlreadyMember(email)
        invitation, _ = Invitation.objects.update_or_create(
            tenant_id=tenant_id,
            email=email,
            accepted_at=None,
            withdrawn_at=None,
            defaults={
                "role": role,
                "invited_by": by,
                "nonce": uuid7(),
                "expires_at": now + VALID_FOR,
                "mail_due_at": now,
                "mailed_at": None,
            },
        )
        _record("invitation.send", f"Invited {email} as {role.label.lower()}", invitation, by, now)
    _wake_mailing()
    return invitation


def withdraw_invitation(*, invitation_id: UUID, by: User | None, now: datetime | None = None) -> Invitation:
    """End an open invitation of the current tenant.

    Raises:
        Invitation.DoesNotExist: none that is open.
    """
    now = now or utc_now()
    with transaction.atomic():
        open_ones = Invitation.objects.select_for_update().filter(accepted_at=None, withdrawn_at=None)
        invitation = open_ones.get(pk=invitation_id)
        invitation.withdrawn_at, invitation.mail_due_at = now, None
        invitation.save(update_fields=["withdrawn_at", "mail_due_at"])
        _record("invitation.withdraw", f"Withdrew the invitation of {invitation.email}", invitation, by, now)
    return invitation


def link_token(invitation: Invitation) -> str:
    """The signed part of the link: who holds it has read the mail."""
    words = [invitation.tenant_id.hex, invitation.id.hex, invitation.nonce.hex]
    return signing.dumps(words, salt=SALT, compress=False)


def read_offer(*, token: str, now: datetime) -> Offer:
    """The invitation behind a link. Call outside contexts.

    Raises:
        InvitationUnusable: with the reason as its code.
    """
    tenant_id, invitation_id, nonce = _read(token)
    with tenant_context(tenant_id):
        invitation = _usable(invitation_id, nonce, now)
        return Offer(tenant_info(tenant_id), invitation.id, invitation.email, Role(invitation.role))


def accept_invitation(
    *, token: str, now: datetime, user: User | None = None, full_name: str = "", password: str | None = None
) -> tuple[User, Member]:
    """Join by a link. Call outside contexts: the user is made by the login, the membership by the tenant's role.

    Args:
        user: who is signed in; without one a user is made of `full_name` and `password`.

    Raises:
        InvitationUnusable: expired, used, withdrawn or unknown.
        AccountNeeded: the address has an account, but not that of `user`.
    """
    tenant_id, invitation_id, nonce = _read(token)
    with transaction.atomic():
        with tenant_context(tenant_id):
            invitation = _usable(invitation_id, nonce, now, lock=True)
        if user is None:
            if User.objects.filter(email=invitation.email).exists():
                raise AccountNeeded(invitation.email)
            user = create_user(email=invitation.email, password=password, full_name=full_name)
        elif user.email != invitation.email:
            raise AccountNeeded(invitation.email)
        with tenant_context(tenant_id):
            invitation.accepted_at, invitation.mail_due_at = now, None
            invitation.save(update_fields=["accepted_at", "mail_due_at"])
            member = add_member(user=user, role=Role(invitation.role), by=user, now=now)
    return user, member


def _read(token: str) -> tuple[UUID, UUID, UUID]:
    try:
        tenant_id, invitation_id, nonce = (UUID(word) for word in signing.loads(token, salt=SALT))
    except (signing.BadSignature, ValueError):
        raise InvitationUnusable("invitation_unknown") from None
    return tenant_id, invitation_id, nonce


def _usable(invitation_id: UUID, nonce: UUID, now: datetime, *, lock: bool = False) -> Invitation:
    rows = Invitation.objects.select_for_update() if lock else Invitation.objects.all()
    invitation = rows.filter(pk=invitation_id).first()
    if invitation is None or invitation.nonce != nonce:
        raise InvitationUnusable("invitation_unknown")
    if invitation.accepted_at:
        raise InvitationUnusable("invitation_used")
    if invitation.withdrawn_at:
        raise InvitationUnusable("invitation_withdrawn")
    if invitation.expires_at <= now:
        raise InvitationUnusable("invitation_expired")
    return invitation


def _wake_mailing() -> None:
    # Only a wake: the periodic task finds what is due, so a broker that is down costs a minute, not the mail.
    from tenants.tasks import mail_invitations

    scope = current_scope()
    transaction.on_commit(mail_invitations.delay, using=scope.alias if scope else None, robust=True)


def _record(action: str, summary: str, invitation: Invitation, by: User | None, now: datetime) -> None:
    record(
        action=action,
        actor=actor(by),
        object_type="invitation",
        object_id=invitation.id,
        summary=summary,
        after={"email": invitation.email, "role": invitation.role},
        now=now,
        tenant_id=invitation.tenant_id,
    )
