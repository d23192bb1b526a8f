from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from audit.models import Entry
from billing.errors import CurrencyDiffers, InsufficientCredit, InvalidAmount, KeyReused, NoWallet, WalletExists
from billing.models import EntryKind, LedgerEntry, Wallet
from billing.services import hold, open_wallet, top_up
from billing.tests.builders import ASHA, NOW, make_card, make_line, make_wallet
from kernel.db.tenancy import tenant_context
from kernel.domain.money import MICROS
from kernel.domain.traffic import TrafficClass

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _tenant() -> Iterator[None]:
    with tenant_context(uuid4()):
        yield


def add(rupees: int, key: str) -> LedgerEntry:
    return top_up(amount_micros=rupees * MICROS, actor=ASHA, note="", idempotency_key=key, now=NOW)


def test_a_top_up_adds_to_the_balance_and_says_who_did_it() -> None:
    make_wallet(0)
    entry = add(500, "bank-1")
    assert (entry.kind, entry.amount_micros, entry.held_micros, entry.actor_label) == ("topup", 500 * MICROS, 0, "Asha")
    assert Wallet.objects.get().balance_micros == 500 * MICROS
    assert Entry.objects.get(action="wallet.topped_up").summary == "Topped up ₹500.00"


def test_a_repeated_top_up_is_one_row() -> None:
    make_wallet(0)
    assert add(500, "bank-1").pk == add(500, "bank-1").pk
    assert Wallet.objects.get().balance_micros == 500 * MICROS


def test_a_key_that_belongs_to_another_amount_is_refused() -> None:
    make_wallet(0)
    add(500, "bank-1")
    with pytest.raises(KeyReused):
        add(501, "bank-1")
    assert LedgerEntry.objects.count() == 1


def test_a_top_up_of_nothing_is_refused() -> None:
    make_wallet(0)
    with pytest.raises(InvalidAmount, match="adds money"):
        add(0, "bank-1")


def test_a_hold_reserves_each_line_and_leaves_the_balance() -> None:
    make_wallet(1000)
    campaign = uuid4()
    lines = [
        make_line(segments=4, campaign_id=campaign, campaign_label="Diwali"),
        make_line(segments=1, messages=1, destination="977", traffic_class=TrafficClass.OTP.value, micros=25_000_000),
    ]
    hold(lines=lines, now=NOW)
    wallet = Wallet.objects.get()
    assert (wallet.balance_micros, wallet.held_micros) == (1000 * MICROS, 25_680_000)
    rows = LedgerEntry.objects.filter(kind=EntryKind.HOLD).order_by("held_micros")
    assert [(row.held_micros, row.campaign_label, row.at) for row in rows] == [
        (680_000, "Diwali", NOW),
        (25_000_000, "", NOW),
    ]


def test_a_hold_costs_one_statement(django_assert_num_queries: Any) -> None:
    make_wallet(1000)
    with django_assert_num_queries(1):
        hold(lines=[make_line() for _ in range(200)], now=NOW)
    assert LedgerEntry.objects.filter(kind="hold").count() == 200


def test_too_little_credit_refuses_the_whole_and_says_how_much_is_missing() -> None:
    make_wallet(1)
    with pytest.raises(InsufficientCredit) as caught:
        hold(lines=[make_line(segments=4), make_line(segments=3)], now=NOW)
    refusal = caught.value
    assert (refusal.code, refusal.context["missing_micros"]) == ("insufficient_credit", 7 * 170_000 - MICROS)
    assert "₹0.19 is missing" in refusal.detail
    assert refusal.remedy.startswith("Top up at least ₹0.19")
    assert Wallet.objects.get().held_micros == 0
    assert not LedgerEntry.objects.filter(kind="hold").exists()


def test_the_last_micro_may_be_spent_and_the_next_may_not() -> None:
    make_wallet(1)
    hold(lines=[make_line(micros=MICROS)], now=NOW)
    with pytest.raises(InsufficientCredit):
        hold(lines=[make_line(micros=1)], now=NOW)


def test_a_credit_limit_is_spendable_beyond_the_balance() -> None:
    make_wallet(0, credit_limit_micros=2 * MICROS)
    hold(lines=[make_line(micros=2 * MICROS)], now=NOW)
    assert Wallet.objects.get().available_micros == 0


def test_free_traffic_is_held_at_zero_on_an_empty_wallet() -> None:
    make_wallet(0)
    hold(lines=[make_line(micros=0)], now=NOW)
    assert LedgerEntry.objects.get().held_micros == 0


def test_nothing_to_hold_writes_nothing() -> None:
    hold(lines=[], now=NOW)
    assert not LedgerEntry.objects.exists()


def test_without_a_wallet_nothing_is_held_or_added() -> None:
    with pytest.raises(NoWallet):
        hold(lines=[make_line()], now=NOW)
    with pytest.raises(NoWallet):
        add(1, "bank-1")


def test_a_tenant_has_one_wallet() -> None:
    wallet = make_wallet(0)
    with pytest.raises(WalletExists):
        open_wallet(rate_card=wallet.rate_card, now=NOW)


def test_a_wallet_takes_a_card_of_its_own_currency_only() -> None:
    with pytest.raises(CurrencyDiffers, match=r"INR.*USD"):
        open_wallet(rate_card=make_card(currency="USD"), now=NOW)


def test_another_tenant_sees_neither_wallet_nor_ledger_and_cannot_spend_from_it() -> None:
    make_wallet(1000)
    with tenant_context(uuid4()):
        assert not Wallet.objects.exists()
        assert not LedgerEntry.objects.exists()
        with pytest.raises(NoWallet):
            hold(lines=[make_line()], now=NOW)
