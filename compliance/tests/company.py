"""A company whose people open pages: Owen owns, Maya writes, Omar reviews; Charlie owns another company."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.test import Client

from kernel.db.tenancy import tenant_context
from tenants.roles import Role
from tenants.services import create_token
from tenants.tests.builders import make_member, make_tenant, make_user, signed_in


@dataclass(frozen=True)
class Company:
    id: UUID
    owen: Client
    maya: Client
    omar: Client
    viola: Client
    charlie: Client
    token: str

    @contextmanager
    def inside(self) -> Iterator[None]:
        with tenant_context(self.id):
            yield


def make_company() -> Company:
    owen, charlie = make_user(full_name="Owen"), make_user(full_name="Charlie")
    tenant = make_tenant(owner=owen)
    make_tenant("Other Ltd", owner=charlie)
    people = {role: make_user(full_name=str(role.label)) for role in (Role.MARKETER, Role.COMPLIANCE, Role.VIEWER)}
    for role, user in people.items():
        make_member(tenant, role, user)
    with tenant_context(tenant.id):
        _, token = create_token(name="Tests", by=owen)
    return Company(
        tenant.id,
        signed_in(owen),
        signed_in(people[Role.MARKETER]),
        signed_in(people[Role.COMPLIANCE]),
        signed_in(people[Role.VIEWER]),
        signed_in(charlie),
        token,
    )
