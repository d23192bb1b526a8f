from __future__ import annotations

import pytest
from django.test import Client

from audit.models import Entry
from kernel.db.tenancy import tenant_context
from tenants.services import create_token
from tenants.tests.builders import make_tenant

pytestmark = pytest.mark.django_db


def test_the_trail_says_which_token_was_used_from_where() -> None:
    tenant = make_tenant()
    with tenant_context(tenant.id):
        token, secret = create_token(name="Shop", by=None)
    program = Client(headers={"authorization": f"Token {secret}"}, REMOTE_ADDR="203.0.113.7")
    assert program.post("/api/v1/opt-outs", {"to": "+919812345678"}, "application/json").status_code == 201
    with tenant_context(tenant.id):
        found = Entry.objects.exclude(ip=None).get()
        assert (found.actor_id, found.ip) == (token.pk, "203.0.113.7")
