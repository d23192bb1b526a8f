"""People and tenants for tests; every name and number is made up."""

from __future__ import annotations

from itertools import count

from django.test import Client

from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from tenants.models import Member, Tenant, User
from tenants.roles import Role
from tenants.services import add_member, create_tenant, create_user

_numbers = count(1)


def make_user(email: str = "", *, full_name: str = "", is_staff: bool = False) -> User:
    number = next(_numbers)
    return create_user(
        email=email or f"person{number}@example.com",
        password="a long word nobody guesses",
        full_name=full_name or f"Person {number}",
        is_staff=is_staff,
    )


def make_tenant(name: str = "Aarohi Bank", *, owner: User | None = None) -> Tenant:
    return create_tenant(name=name, slug=f"tenant-{next(_numbers)}", owner=owner or make_user(), now=utc_now())


def make_member(tenant: Tenant, role: Role, user: User | None = None) -> Member:
    user = user or make_user()
    with tenant_context(tenant.id):
        return add_member(user=user, role=role, by=None)


def signed_in(user: User) -> Client:
    """A browser in which this person has signed in."""
    client = Client()
    client.force_login(user)
    return client
