from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from billing.services import hold
from billing.tests.builders import NOW, make_line, make_wallet
from billing.tests.test_pages import make_tenant
from kernel.db.tenancy import tenant_context
from tenants.services.tokens import create_token

pytestmark = pytest.mark.django_db


def balance(tenant_id: UUID) -> Any:
    with tenant_context(tenant_id):
        _, secret = create_token(name="test", by=None)
    return Client().get("/api/v1/balance", headers={"Authorization": f"Token {secret}"})


def test_a_program_reads_what_may_still_be_spent() -> None:
    tenant_id = make_tenant()
    with tenant_context(tenant_id):
        make_wallet(1)
        hold(lines=[make_line(segments=1)], now=NOW)
    response = balance(tenant_id)
    assert (response.status_code, response.json()) == (
        200,
        {
            "currency": "INR",
            "balance_micros": 1_000_000,
            "held_micros": 170_000,
            "credit_limit_micros": 0,
            "available_micros": 830_000,
            "available": "0.830000",
        },
    )


def test_without_a_wallet_the_answer_says_whom_to_ask() -> None:
    response = balance(make_tenant())
    assert (response.status_code, response.json()["code"]) == (422, "no_wallet")
    assert response.json()["remedy"].startswith("Ask the platform's operator")


def test_without_a_token_nothing_is_told() -> None:
    assert Client().get("/api/v1/balance").status_code == 401
