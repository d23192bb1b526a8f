"""The money pages, for Farah of finance, Mohan the marketer, and Chitra of another company."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from billing.exports import build_export
from billing.models import Export, LedgerEntry, Wallet
from billing.services import hold, open_wallet, top_up
from billing.settlement import settle
from billing.tests.builders import ASHA, make_card, make_line, make_rate, settlement_of
from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.money import MICROS
from tenants.models import User
from tenants.roles import Role
from tenants.services.members import add_member
from tenants.services.organisations import create_tenant
from tenants.services.people import create_user

pytestmark = pytest.mark.django_db
PAGES = ["wallet", "ledger", "rates", "costs"]


def member_of(tenant_id: UUID, role: Role) -> Client:
    user = create_user(email=f"{uuid4()}@example.com", full_name="Farah")
    with tenant_context(tenant_id):
        add_member(user=user, role=role, by=None)
    client = Client()
    client.force_login(User.objects.get(pk=user.pk), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def make_tenant() -> UUID:
    return create_tenant(name="Aarohi", slug=f"t{uuid4().hex[:12]}", owner=None, now=utc_now()).id


@pytest.fixture
def tenant_id() -> UUID:
    """A tenant with ₹10.00 that spent ₹0.34 of a campaign and holds ₹0.17."""
    chosen, card, now = make_tenant(), make_card("Standard"), utc_now()
    make_rate(card, "91", 145_000, label="India", scrub_micros=25_000)
    make_rate(card, "91", 125_000, label="India", traffic_class=2)
    with tenant_context(chosen):
        open_wallet(rate_card=card, now=now)
        top_up(amount_micros=10 * MICROS, actor=ASHA, note="Bank transfer", idempotency_key="1", now=now)
        line = make_line(messages=3, segments=3, campaign_id=UUID(int=7), campaign_label="Diwali")
        hold(lines=[line], now=now)
        settle(settlements=[settlement_of(line, "charge", messages=2, segments=2)], now=now)
    return chosen


@pytest.fixture
def farah(tenant_id: UUID) -> Client:
    return member_of(tenant_id, Role.FINANCE)


@pytest.fixture
def chitra() -> Client:
    return member_of(make_tenant(), Role.OWNER)


def read(client: Client, name: str, query: str = "", **headers: str) -> str:
    response = client.get(reverse(f"billing:{name}") + query, headers=headers or None)
    assert response.status_code == 200
    return response.content.decode()


def test_the_wallet_shows_what_there_is_and_how_long_it_lasts(farah: Client) -> None:
    text = read(farah, "wallet")
    for figure in ("₹9.49", "₹9.66", "₹0.17", "195 days", "Bank transfer", "Diwali"):
        assert figure in text


@pytest.mark.parametrize("page", PAGES)
def test_pages_stand_without_a_wallet(chitra: Client, page: str) -> None:
    text = read(chitra, page)
    assert "Diwali" not in text
    assert "₹9" not in text


@pytest.mark.parametrize("page", PAGES)
def test_a_marketer_is_told_who_may_see_money(tenant_id: UUID, page: str) -> None:
    response = member_of(tenant_id, Role.MARKETER).get(reverse(f"billing:{page}"))
    assert response.status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_strangers_are_sent_to_sign_in(page: str) -> None:
    response = Client().get(reverse(f"billing:{page}"))
    assert (response.status_code, response.headers["Location"].split("?")[0]) == (302, reverse("account_login"))


def test_the_ledger_is_filtered_and_every_filter_can_be_taken_off(farah: Client) -> None:
    text = read(farah, "ledger", "?kind=charge")
    assert "−₹0.34" in text or "-₹0.34" in text
    assert "Bank transfer" not in text
    assert 'class="dk-chip" href="?"' in text
    assert "Bank transfer" in read(farah, "ledger", "?kind=nonsense&month=abc")


@pytest.mark.parametrize(
    ("query", "rows"),
    [("", 3), ("?campaign=00000000-0000-0000-0000-000000000007", 2), ("?month=2020-01", 0), ("?kind=topup", 1)],
)
def test_the_ledger_counts_what_fits(farah: Client, query: str, rows: int) -> None:
    assert read(farah, "ledger", query).count('<th scope="row">') == rows


def test_a_charge_names_the_campaign_of_its_hold(farah: Client) -> None:
    charge = read(farah, "ledger", "?kind=charge")
    assert f'?campaign={UUID(int=7)}">Diwali</a>' in charge
    assert read(farah, "wallet").count(">Diwali</a>") == 2


def test_the_ledger_pages_by_key_and_costs_the_same_on_each(
    farah: Client, tenant_id: UUID, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    with tenant_context(tenant_id):
        hold(lines=[make_line(micros=0) for _ in range(120)], now=utc_now())
        oldest = LedgerEntry.objects.order_by("id")[40].pk
    with django_assert_max_num_queries(9):
        assert read(farah, "ledger").count('<th scope="row">') == 50
    with django_assert_max_num_queries(9):
        assert read(farah, "ledger", f"?before={oldest}").count('<th scope="row">') == 40


def test_htmx_gets_the_rows_alone(farah: Client) -> None:
    text = read(farah, "ledger", **{"HX-Request": "true"})
    assert text.strip().startswith('<section class="card" id="ledger">')


def test_the_rate_card_lists_prices_in_full(farah: Client) -> None:
    text = read(farah, "rates")
    for piece in ("Standard", "+91", "₹0.145", "₹0.125", "₹0.025", "Promotional"):
        assert piece in text


def test_a_number_is_priced_in_every_class(farah: Client) -> None:
    text = read(farah, "rates", "?number=98123+40000")
    assert "₹0.17" in text
    assert "98••• ••000" in text
    assert "no_price" in read(farah, "rates", "?number=%2B977+981+234+0000")


def test_what_is_no_number_is_explained(farah: Client) -> None:
    assert "What to do" in read(farah, "rates", "?number=12")


def test_costs_of_a_month_add_up(farah: Client) -> None:
    text = read(farah, "costs")
    assert text.count("₹0.34") == 2  # the campaign's, and the total
    assert "Diwali" in text
    assert "No costs in this month" in read(farah, "costs", "?month=2020-01")
    assert "such as 2026-11" in read(farah, "costs", "?month=soon")


def ask(client: Client, month: str) -> str:
    response = client.post(reverse("billing:export-new"), {"month": month, "has_bom": "on"})
    assert response.status_code == 302
    return response.headers["Location"]


def test_an_export_is_asked_for_followed_and_fetched(
    farah: Client,
    tenant_id: UUID,
    settings: Settings,
    tmp_path: Path,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    settings.MEDIA_ROOT = tmp_path
    with django_capture_on_commit_callbacks() as queued:
        address = ask(farah, f"{utc_now():%Y-%m}")
    assert len(queued) == 1
    with tenant_context(tenant_id):
        export = Export.objects.get()
    assert address == reverse("billing:export", args=[export.pk])
    assert 'hx-trigger="every 2s"' in farah.get(address).content.decode()
    assert farah.get(f"{address}download/").status_code == 404
    build_export(tenant_id=tenant_id, export_id=export.pk, now=utc_now())
    assert "every 2s" not in farah.get(address).content.decode()
    response = farah.get(f"{address}download/")
    assert response.headers["Content-Disposition"] == f'attachment; filename="{export.filename}"'
    assert b"0.340000" in b"".join(response.streaming_content)  # type: ignore[attr-defined] # it is a FileResponse
    response.close()


def test_another_company_finds_neither_the_export_nor_its_file(
    farah: Client, chitra: Client, tenant_id: UUID, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    address = ask(farah, f"{utc_now():%Y-%m}")
    with tenant_context(tenant_id):
        export = Export.objects.get()
    build_export(tenant_id=tenant_id, export_id=export.pk, now=utc_now())
    assert [chitra.get(each).status_code for each in (address, f"{address}download/")] == [404, 404]


@pytest.mark.parametrize("month", ["soon", "2999-01"])
def test_a_month_that_cannot_be_is_refused_with_words(farah: Client, tenant_id: UUID, month: str) -> None:
    assert ask(farah, month) == reverse("billing:costs")
    assert "onth" in read(farah, "costs").split("dk-toast")[2]
    with tenant_context(tenant_id):
        assert not Export.objects.exists()


def test_an_empty_wallet_says_what_happens_and_what_to_do(farah: Client, tenant_id: UUID) -> None:
    with tenant_context(tenant_id):
        rest = Wallet.objects.get().available_micros
        hold(lines=[make_line(micros=rest)], now=utc_now())
    text = read(farah, "wallet")
    assert "insufficient_credit" in text
    assert "Top up" in text
