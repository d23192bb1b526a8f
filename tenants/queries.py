"""Reading tenants: by id, all of them, and by what is known before a tenant is."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connections

from audit.services import Actor
from kernel.db.tenancy import current_scope, platform_context, tenant_context
from tenants.models import ApiToken, Member, Tenant
from tenants.roles import Role


@dataclass(frozen=True, slots=True)
class TenantInfo:
    """What a request needs to know of its tenant."""

    id: UUID
    name: str
    slug: str
    timezone: str
    currency: str
    country: str
    state: str

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def is_suspended(self) -> bool:
        return self.state == Tenant.State.SUSPENDED


@dataclass(frozen=True, slots=True)
class Membership:
    """A place in a tenant; `unread` is how many news wait there, 100 standing for that many and more."""

    tenant: TenantInfo
    role: Role
    unread: int = 0


@dataclass(frozen=True, slots=True)
class TokenRecord:
    tenant: TenantInfo
    token_id: UUID
    revoked_at: datetime | None


def info_of(tenant: Tenant) -> TenantInfo:
    return TenantInfo(
        tenant.id, tenant.name, tenant.slug, tenant.timezone, tenant.currency, tenant.country, tenant.state
    )


def tenant_info(tenant_id: UUID) -> TenantInfo:
    """The tenant of this id, in whichever context; outside of one its own is entered for the look-up.

    Raises:
        Tenant.DoesNotExist: there is none, or the context is another tenant's.
    """
    context: AbstractContextManager[None] = nullcontext() if current_scope() else tenant_context(tenant_id)
    with context:
        return info_of(Tenant.objects.get(pk=tenant_id))


def all_tenant_ids() -> list[UUID]:
    """Every tenant, suspended ones included, oldest first; enters a platform context."""
    with platform_context(reason="list all tenants"):
        return list(Tenant.objects.order_by("pk").values_list("pk", flat=True))


def memberships(user_id: UUID) -> list[Membership]:
    """Where a user works, by name of the tenant. Call outside contexts: a tenant's role may not ask."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT * FROM dakiya_memberships(%s)", [user_id])
        return [Membership(TenantInfo(*row[:7]), Role(row[7]), row[8]) for row in cursor.fetchall()]


def token_record(digest: str) -> TokenRecord | None:
    """The API token whose SHA-256 (hex) is `digest`, revoked ones included. Call outside contexts."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT * FROM dakiya_api_token(%s)", [digest])
        row = cursor.fetchone()
    return TokenRecord(TenantInfo(*row[:7]), row[7], row[8]) if row else None


@dataclass(frozen=True, slots=True)
class MemberOfToken:
    """The person whom a token acts for, where a person has to answer for what it does."""

    role: str
    actor: Actor


def member_of_token(token_id: UUID) -> MemberOfToken | None:
    """Who made a token of the current tenant, with the role they have now; None when they are no member any more."""
    token = ApiToken.objects.select_related("created_by").filter(pk=token_id).first()
    maker = token.created_by if token else None
    if token is None or maker is None or not maker.is_active:
        return None
    member = Member.objects.active().filter(user=maker).first()
    return MemberOfToken(member.role, Actor(maker.id, f"{maker} by {token.name}")) if member else None
