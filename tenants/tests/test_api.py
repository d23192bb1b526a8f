from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIRequestFactory

from kernel.db.models import Name
from kernel.db.tenancy import platform_context, tenant_context
from tenants.api.views import TenantAPIView
from tenants.models import ApiToken, Tenant
from tenants.services import create_token, revoke_token, set_tenant_state
from tenants.services.tokens import digest_of
from tenants.tests.builders import make_tenant

pytestmark = pytest.mark.django_db


def make_token(tenant: Tenant, name: str = "billing system") -> tuple[ApiToken, str]:
    with tenant_context(tenant.id):
        return create_token(name=name, by=None)


def get(path: str, header: str | None = None) -> Any:
    headers = {} if header is None else {"Authorization": header}
    return Client().get(path, headers=headers)


def refusal(header: str | None) -> dict[str, Any]:
    response = get("/api/v1/tokens", header)
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert response["WWW-Authenticate"].startswith("Token")
    problem: dict[str, Any] = response.json()
    assert problem["remedy"]
    return problem


def test_a_token_reads_its_own_tenants_tokens_without_their_secrets() -> None:
    token, secret = make_token(make_tenant())
    make_token(make_tenant("Banyan Retail"))
    response = get("/api/v1/tokens", f"Token {secret}")
    [row] = response.json()["results"]
    assert (row["id"], row["prefix"]) == (str(token.pk), secret[:12])
    assert secret not in response.text
    assert get(f"/api/v1/tokens/{token.pk}", f"Token {secret}").json()["name"] == "billing system"


def test_another_tenants_token_is_not_found() -> None:
    _, secret = make_token(make_tenant())
    other, _ = make_token(make_tenant("Banyan Retail"))
    response = get(f"/api/v1/tokens/{other.pk}", f"Token {secret}")
    assert response.status_code == 404
    assert response.json()["code"] == "not_found"


@pytest.mark.parametrize(
    ("header", "code", "words"),
    [
        (None, "token_missing", "no Authorization header"),
        ("Bearer abc", "token_malformed", "not `Token dk_live_"),
        ("Token", "token_malformed", "48 characters"),
        ("Token dk_live_12 34", "token_malformed", "48 characters"),
        (f"Token dk_live_{'A' * 48}", "token_malformed", "48 characters"),
        ("Token \u00e4\u00f6", "token_malformed", "48 characters"),
        (f"Token dk_live_{'0' * 48}", "token_unknown", "no such token"),
    ],
)
def test_a_refusal_says_what_is_wrong_with_the_header(header: str | None, code: str, words: str) -> None:
    problem = refusal(header)
    assert problem["code"] == code
    assert words in problem["detail"]


def test_a_revoked_token_is_refused_as_revoked() -> None:
    tenant = make_tenant()
    token, secret = make_token(tenant)
    with tenant_context(tenant.id):
        revoke_token(token_id=token.pk, by=None)
    assert refusal(f"Token {secret}")["code"] == "token_revoked"


def test_a_suspended_tenants_token_is_refused_as_such() -> None:
    tenant = make_tenant()
    _, secret = make_token(tenant)
    set_tenant_state(tenant_id=tenant.id, state=Tenant.State.SUSPENDED, by=None)
    assert refusal(f"Token {secret}")["code"] == "tenant_suspended"


def test_only_the_hash_of_a_token_is_stored() -> None:
    token, secret = make_token(make_tenant())
    with platform_context(reason="test"):
        assert Name.objects.get(object_id=token.pk).name == digest_of(secret)
        stored = [str(value) for row in (*ApiToken.objects.values(), *Name.objects.values()) for value in row.values()]
    assert not any(secret[12:] in value for value in stored)


def test_the_last_use_is_written_once_a_minute() -> None:
    tenant = make_tenant()
    token, secret = make_token(tenant)
    before = datetime.now(UTC)
    get("/api/v1/tokens", f"Token {secret}")
    with tenant_context(tenant.id):
        first = ApiToken.objects.get(pk=token.pk).last_used_at
        assert first is not None
        assert first >= before
    get("/api/v1/tokens", f"Token {secret}")
    with tenant_context(tenant.id):
        assert ApiToken.objects.get(pk=token.pk).last_used_at == first


def test_a_list_costs_the_same_however_long_it_is(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    tenant = make_tenant()
    _, secret = make_token(tenant)
    get("/api/v1/tokens", f"Token {secret}")  # looks the token up and writes its first use
    for number in range(5):
        make_token(tenant, f"token {number}")
    # Two savepoints' bounds, the context's beginning and end, the rows.
    with django_assert_num_queries(5):
        assert len(get("/api/v1/tokens", f"Token {secret}").json()["results"]) == 6


def test_pages_of_a_list_follow_each_other() -> None:
    tenant = make_tenant()
    _, secret = make_token(tenant)
    made = [make_token(tenant, f"token {number}")[0].pk for number in range(3)]
    first = get("/api/v1/tokens?limit=2", f"Token {secret}").json()
    second = get(first["next"], f"Token {secret}").json()
    assert [row["id"] for row in first["results"]] == [str(made[2]), str(made[1])]
    assert second["results"][0]["id"] == str(made[0])
    assert second["next"] is None


def test_what_a_handler_wrote_before_it_failed_is_gone() -> None:
    class Failing(TenantAPIView):
        def post(self, request: Any) -> Any:
            create_token(name="half written", by=None)
            raise LookupError

    tenant = make_tenant()
    _, secret = make_token(tenant)
    with pytest.raises(LookupError):
        Failing.as_view()(APIRequestFactory().post("/", headers={"Authorization": f"Token {secret}"}))
    with tenant_context(tenant.id):
        assert ApiToken.objects.count() == 1


def test_an_unknown_id_is_a_problem_too() -> None:
    _, secret = make_token(make_tenant())
    assert get(f"/api/v1/tokens/{uuid4()}", f"Token {secret}").json()["code"] == "not_found"
