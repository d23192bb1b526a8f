"""Who a transaction speaks for: one tenant, or the platform. PostgreSQL's row-level security does the rest.

A login by itself may not touch tenant data. `tenant_context` takes the role `dakiya_tenant` and names the tenant in
the setting `dakiya.tenant`, which every policy reads; `platform_context` takes the role whose policy is `true`.
Both are local to a transaction and cost one round trip (docs/adr/0002).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

TENANT_ROLE: Final = "dakiya_tenant"
PLATFORM_ROLE: Final = "dakiya_platform"
ENTER_SQL: Final = "SELECT set_config('role', %s, true), set_config('dakiya.tenant', %s, true)"


@dataclass(frozen=True, slots=True)
class Scope:
    role: str
    tenant_id: UUID | None
    alias: str
    reason: str = ""

    @property
    def parameters(self) -> tuple[str, str]:
        return self.role, str(self.tenant_id) if self.tenant_id else ""


NOBODY: Final = ("none", "")
_scope: ContextVar[Scope | None] = ContextVar("dakiya_scope", default=None)


class NoTenant(RuntimeError):
    """Tenant data was touched outside a tenant context: a fault of the program, never of its user."""


def current_scope() -> Scope | None:
    return _scope.get()


def current_tenant_id() -> UUID:
    """The tenant this code speaks for; the default of every `tenant_id` column.

    Raises:
        NoTenant: outside a tenant context.
    """
    scope = _scope.get()
    if scope is None or scope.tenant_id is None:
        raise NoTenant("enter tenant_context(tenant_id) before touching tenant data")
    return scope.tenant_id


def scoped_connection() -> BaseDatabaseWrapper:
    """The connection of the current context, for SQL that the ORM does not write."""
    scope = _scope.get()
    return connections[scope.alias if scope else "default"]


@contextmanager
def tenant_context(tenant_id: UUID) -> Iterator[None]:
    """A transaction that sees and writes the rows of one tenant only."""
    with _enter(Scope(TENANT_ROLE, tenant_id, "default")):
        yield


@contextmanager
def platform_context(*, reason: str) -> Iterator[None]:
    """A transaction across tenants. `reason` says why; a test holds every use against a list."""
    with _enter(Scope(PLATFORM_ROLE, None, settings.PLATFORM_DATABASE, reason)):
        yield


@contextmanager
def _enter(scope: Scope) -> Iterator[None]:
    outer = _scope.get()
    connection = connections[scope.alias]
    with transaction.atomic(using=scope.alias):
        with connection.cursor() as cursor:
            cursor.execute(ENTER_SQL, scope.parameters)
        token = _scope.set(scope)
        try:
            yield
        finally:
            _scope.reset(token)
        # Released savepoints keep the inner values, so an inner context puts the outer ones back by hand;
        # the outermost one ends with its transaction, a failed one with its rollback.
        if connection.savepoint_ids and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute(ENTER_SQL, outer.parameters if outer and outer.alias == scope.alias else NOBODY)
