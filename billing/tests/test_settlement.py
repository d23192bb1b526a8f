from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from billing.errors import NoWallet
from billing.models import LedgerEntry, Wallet
from billing.services import hold
from billing.settlement import merged, settle, statements
from billing.tests.builders import NOW, make_line, make_wallet, settlement_of
from kernel.db.tenancy import current_tenant_id, platform_context, tenant_context
from kernel.domain.money import MICROS

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _tenant() -> Iterator[None]:
    with tenant_context(uuid4()):
        yield


def test_the_worked_example_of_a_prepaid_batch_comes_out() -> None:
    make_wallet(1000)
    line = make_line(messages=3, segments=4)
    hold(lines=[line], now=NOW)
    charge = settlement_of(line, "charge", messages=2, segments=3)
    settle(settlements=[charge, settlement_of(line, "release", messages=1, segments=1)], now=NOW)
    wallet = Wallet.objects.get()
    assert (wallet.balance_micros, wallet.held_micros) == (999_490_000, 0)
    rows = LedgerEntry.objects.filter(kind__in=("charge", "release")).order_by("kind")
    assert [(row.amount_micros, row.held_micros, row.messages) for row in rows] == [
        (-510_000, -510_000, 2),
        (0, -170_000, 1),
    ]


def test_any_number_of_settlements_is_one_statement_and_one_row_per_batch_and_outcome(
    django_assert_num_queries: Any,
) -> None:
    make_wallet(1000)
    lines = [make_line(messages=10, segments=10) for _ in range(50)]
    hold(lines=lines, now=NOW)
    single = [settlement_of(line, "charge", messages=1, segments=1) for line in lines for _ in range(10)]
    with django_assert_num_queries(3):  # a savepoint around the one statement
        settle(settlements=single, now=NOW)
    assert LedgerEntry.objects.filter(kind="charge").count() == 50
    assert Wallet.objects.get().held_micros == 0


def test_merging_keeps_sums_and_tells_outcomes_apart() -> None:
    line = make_line()
    parts = [settlement_of(line, outcome, messages=1, segments=2) for outcome in ("charge", "release", "charge")]
    assert [(each.outcome, each.messages, each.segments, each.micros) for each in merged(parts)] == [
        ("charge", 2, 4, 680_000),
        ("release", 1, 2, 340_000),
    ]


def test_settling_more_than_is_held_is_refused_and_writes_nothing() -> None:
    make_wallet(1000)
    line = make_line(segments=4)
    hold(lines=[line], now=NOW)
    with pytest.raises(IntegrityError, match="billing_wallet_held_not_negative"), transaction.atomic():
        settle(settlements=[settlement_of(line, "charge", messages=5, segments=5)], now=NOW)
    assert Wallet.objects.get().held_micros == line.micros
    assert not LedgerEntry.objects.filter(kind="charge").exists()


def test_nothing_to_settle_is_no_statement() -> None:
    assert statements(current_tenant_id(), [], NOW) == []


def test_without_a_wallet_nothing_is_settled() -> None:
    with pytest.raises(NoWallet):
        settle(settlements=[settlement_of(make_line(), "charge", messages=1, segments=1)], now=NOW)
    assert not LedgerEntry.objects.exists()


def test_the_platform_settles_for_the_tenant_it_names_and_no_other() -> None:
    mine = current_tenant_id()
    make_wallet(1000)
    line = make_line(segments=4)
    hold(lines=[line], now=NOW)
    with tenant_context(uuid4()):
        make_wallet(7)
        theirs = current_tenant_id()
    with platform_context(reason="test of settlement"), connection.cursor() as cursor:
        for sql, parameters in statements(mine, [settlement_of(line, "charge", messages=4, segments=4)], NOW):
            cursor.execute(sql, parameters)
            assert cursor.rowcount == 1
    assert Wallet.objects.get().balance_micros == 1000 * MICROS - line.micros
    with tenant_context(theirs):
        assert Wallet.objects.get().balance_micros == 7 * MICROS
