from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import LedgerEntry, Wallet
from billing.tests.builders import make_card, make_wallet
from billing.tests.test_pages import make_tenant, member_of
from kernel.db.tenancy import tenant_context
from kernel.domain.money import MICROS
from tenants.roles import Role
from tenants.services.people import create_user

pytestmark = pytest.mark.django_db
LIST = "console_wallets:wallets"


@pytest.fixture
def tenant_id() -> UUID:
    return make_tenant()


@pytest.fixture
def staff() -> Client:
    client = Client()
    person = create_user(email="staff@example.com", full_name="Sunita", is_staff=True)
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def address(tenant_id: UUID) -> str:
    return reverse("console_wallets:wallet", args=[tenant_id])


def payment(amount: str = "500.50", **fields: str) -> dict[str, str]:
    return {"amount": amount, "note": "UTR 7", "key": str(uuid4()), **fields}


def test_staff_open_a_wallet_and_book_a_payment(staff: Client, tenant_id: UUID) -> None:
    terms = {"rate_card": str(make_card().pk), "charged_on": "delivery", "credit_limit": "100"}
    assert staff.post(address(tenant_id), terms).status_code == 302
    assert staff.post(address(tenant_id), payment()).status_code == 302
    with tenant_context(tenant_id):
        wallet, entry = Wallet.objects.get(), LedgerEntry.objects.get()
    assert (wallet.charged_on, wallet.available_micros) == ("delivery", 600_500_000)
    assert (entry.actor_label, entry.note) == ("Sunita", "UTR 7")
    text = staff.get(address(tenant_id)).content.decode()
    assert "₹600.50" in text
    assert "Sunita" not in text.split("Book a payment")[1]


def test_a_form_sent_twice_is_booked_once(staff: Client, tenant_id: UUID) -> None:
    with tenant_context(tenant_id):
        make_wallet(0)
    form = payment("500")
    assert [staff.post(address(tenant_id), form).status_code for _ in range(2)] == [302, 302]
    with tenant_context(tenant_id):
        assert Wallet.objects.get().balance_micros == 500 * MICROS


@pytest.mark.parametrize("amount", ["0", "-5", "much", "0.001"])
def test_what_is_no_payment_comes_back_with_words(staff: Client, tenant_id: UUID, amount: str) -> None:
    with tenant_context(tenant_id):
        make_wallet(0)
    response = staff.post(address(tenant_id), payment(amount))
    assert (response.status_code, "Please correct 1 thing" in response.content.decode()) == (422, True)
    with tenant_context(tenant_id):
        assert not LedgerEntry.objects.exists()


def test_a_card_in_another_currency_is_refused(staff: Client, tenant_id: UUID) -> None:
    terms = {"rate_card": str(make_card(currency="USD").pk), "charged_on": "submit", "credit_limit": "0"}
    response = staff.post(address(tenant_id), terms)
    assert response.status_code == 422
    assert "Choose a rate card in INR" in response.content.decode()


def test_the_list_costs_the_same_for_many_companies(
    staff: Client, tenant_id: UUID, django_assert_max_num_queries: Any
) -> None:
    with tenant_context(tenant_id):
        make_wallet(7)
    for _ in range(5):
        make_tenant()
    with django_assert_max_num_queries(9):
        text = staff.get(reverse(LIST)).content.decode()
    assert (text.count("₹7.00"), text.count("No wallet yet")) == (2, 5)


def test_for_members_the_console_does_not_exist(tenant_id: UUID) -> None:
    owner = member_of(tenant_id, Role.OWNER)
    assert [owner.get(each).status_code for each in (reverse(LIST), address(tenant_id))] == [404, 404]
    assert owner.post(address(tenant_id), payment()).status_code == 404
