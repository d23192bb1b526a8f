"""Tenants: made, suspended and freed by the platform, set up by their owners."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError

from audit.services import record
from kernel.db.tenancy import current_tenant_id, platform_context
from kernel.domain.clock import utc_now
from tenants.errors import SlugTaken
from tenants.models import Member, Tenant, User
from tenants.roles import Role
from tenants.services.people import actor

# With more, others on the route would stand still while this one sends.
HEAVIEST: Final = 100


def create_tenant(
    *,
    name: str,
    slug: str,
    owner: User | None,
    now: datetime,
    timezone: str = "Asia/Kolkata",
    country: str = "IN",
    currency: str = "INR",
    by: User | None = None,
) -> Tenant:
    """Make an organisation and its first owner. Enters a platform context; call outside tenant contexts.

    Args:
        slug: lower-case letters, digits and hyphens; unique in the installation.
        owner: None for one whose owner is invited afterwards.
        by: who makes it, if not the owner.

    Raises:
        SlugTaken: another tenant has it.
    """
    try:
        with platform_context(reason="create a tenant"):
            tenant = Tenant.objects.create(
                name=name, slug=slug, timezone=timezone, country=country, currency=currency, created_at=now
            )
            if owner:
                Member.objects.create(tenant_id=tenant.id, user=owner, role=Role.OWNER, created_at=now)
            record(
                action="tenant.create",
                actor=actor(by or owner),
                object_type="tenant",
                object_id=tenant.id,
                summary=f"Created the organisation {name}",
                after={"slug": slug, "timezone": timezone, "country": country, "currency": currency},
                now=now,
                tenant_id=tenant.id,
            )
    except IntegrityError:
        raise SlugTaken(slug) from None
    return tenant


@dataclass(frozen=True, slots=True)
class OrganisationSettings:
    """What an owner may change. Retention is in days, one of the classes 1, 7, 30, 90, 400."""

    name: str
    timezone: str
    smart_encoding: bool
    text_retention_days_transactional: int
    text_retention_days_promotional: int
    review_rule: str = Tenant.ReviewRule.ONE


def update_organisation(*, settings: OrganisationSettings, by: User | None, now: datetime | None = None) -> Tenant:
    """Change the current tenant; nothing changed leaves no trace in the audit trail."""
    tenant = Tenant.objects.select_for_update().get(pk=current_tenant_id())
    wanted = asdict(settings)
    before = {name: getattr(tenant, name) for name, value in wanted.items() if getattr(tenant, name) != value}
    if not before:
        return tenant
    for name in before:
        setattr(tenant, name, wanted[name])
    tenant.save(update_fields=list(before))
    record(
        action="tenant.update",
        actor=actor(by),
        object_type="tenant",
        object_id=tenant.id,
        summary="Changed the settings of the organisation",
        before=before,
        after={name: wanted[name] for name in before},
        now=now,
    )
    return tenant


def set_tenant_state(*, tenant_id: UUID, state: Tenant.State, by: User | None, now: datetime | None = None) -> bool:
    """Suspend or free a tenant; False when it was in that state. Sending stops at its next accept or claim."""
    with platform_context(reason="suspend or free a tenant"):
        changed = Tenant.objects.filter(pk=tenant_id).exclude(state=state).update(state=state)
        if changed:
            verb = "Suspended" if state == Tenant.State.SUSPENDED else "Freed"
            record(
                action="tenant.suspend" if state == Tenant.State.SUSPENDED else "tenant.activate",
                actor=actor(by),
                object_type="tenant",
                object_id=tenant_id,
                summary=f"{verb} the organisation",
                after={"state": state.value},
                now=now or utc_now(),
                tenant_id=tenant_id,
            )
    return bool(changed)


def set_send_weight(*, tenant_id: UUID, weight: int, by: User | None, now: datetime) -> bool:
    """A tenant's share of routes on which others wait too; False when it was so. In force with the next claim.

    Args:
        weight: from 1 to HEAVIEST, as a multiple of others' (docs/rules.md#who-goes-first).
    """
    if not 1 <= weight <= HEAVIEST:
        raise ValueError(f"a weight is from 1 to {HEAVIEST}, not {weight}")
    with platform_context(reason="give a tenant its share of routes"):
        tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
        before, tenant.send_weight = tenant.send_weight, weight
        if before == weight:
            return False
        tenant.save(update_fields=["send_weight"])
        record(
            action="tenant.weigh",
            actor=actor(by),
            object_type="tenant",
            object_id=tenant_id,
            summary=f"Gave the organisation the weight {weight} in sending",
            before={"send_weight": before},
            after={"send_weight": weight},
            now=now,
            tenant_id=tenant_id,
        )
    return True
