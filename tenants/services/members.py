"""Who works for the current tenant, and as what."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.services import record
from kernel.domain.clock import utc_now
from tenants.errors import AlreadyMember, LastOwner
from tenants.models import Member, User
from tenants.roles import Role
from tenants.services.people import actor


def add_member(*, user: User, role: Role, by: User | None, now: datetime | None = None) -> Member:
    """Give a user a role in the current tenant; one who left comes back to their old place.

    Raises:
        AlreadyMember: they have a role; see change_role.
    """
    now = now or utc_now()
    with transaction.atomic():
        member, is_new = Member.objects.select_for_update().get_or_create(
            user_id=user.id, defaults={"role": role, "created_at": now}
        )
        if not is_new:
            if member.removed_at is None:
                raise AlreadyMember(user.email)
            member.role, member.removed_at = role, None
            member.save(update_fields=["role", "removed_at"])
        _record("member.add", f"{user} joined as {role.label.lower()}", member, by, now, after={"role": role.value})
    return member


def change_role(*, member_id: UUID, role: Role, by: User | None, now: datetime | None = None) -> Member:
    """Give an active member another role.

    Raises:
        Member.DoesNotExist: no active member of this tenant.
        LastOwner: nobody else is one.
    """
    with transaction.atomic():
        member = _locked(member_id, keeps_owner=role == Role.OWNER)
        old = Role(member.role)
        if old != role:
            member.role = role
            member.save(update_fields=["role"])
            summary = f"Made {member.user} {role.label.lower()} instead of {old.label.lower()}"
            changes = {"before": {"role": old.value}, "after": {"role": role.value}}
            _record("member.change_role", summary, member, by, now, **changes)
    return member


def remove_member(*, member_id: UUID, by: User | None, now: datetime | None = None) -> Member:
    """End a membership; the next request of that user is refused. Their tokens stay: programs depend on them.

    Raises:
        Member.DoesNotExist: no active member of this tenant.
        LastOwner: nobody else is one.
    """
    with transaction.atomic():
        member = _locked(member_id, keeps_owner=False)
        member.removed_at = now or utc_now()
        member.save(update_fields=["removed_at"])
        _record("member.remove", f"Removed {member.user}", member, by, now, before={"role": member.role})
    return member


def _locked(member_id: UUID, *, keeps_owner: bool) -> Member:
    """Lock the owners first and in one order, so that two owners cannot remove each other at the same time."""
    owners = set(
        Member.objects.active().filter(role=Role.OWNER).order_by("pk").select_for_update().values_list("pk", flat=True)
    )
    member = Member.objects.active().select_for_update(of=("self",)).select_related("user").get(pk=member_id)
    if owners == {member.pk} and not keeps_owner:
        raise LastOwner
    return member


def _record(
    action: str,
    summary: str,
    member: Member,
    by: User | None,
    now: datetime | None,
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
) -> None:
    record(
        action=action,
        actor=actor(by),
        object_type="member",
        object_id=member.id,
        summary=summary,
        before=before,
        after=after,
        now=now,
    )
