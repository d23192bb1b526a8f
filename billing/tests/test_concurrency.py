"""What only committed transactions on several connections show."""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection

from billing.errors import InsufficientCredit
from billing.models import LedgerEntry, Wallet
from billing.services import hold, top_up
from billing.settlement import statements
from billing.tests.builders import ASHA, NOW, make_line, make_wallet, settlement_of
from kernel.db.dsn import conninfo
from kernel.db.tenancy import ENTER_SQL, PLATFORM_ROLE, tenant_context
from kernel.domain.money import MICROS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tenant_id() -> UUID:
    return uuid4()


def test_threads_that_hold_at_once_never_pass_the_limit(tenant_id: UUID) -> None:
    with tenant_context(tenant_id):
        make_wallet(1)

    def attempt(_: int) -> str:
        try:
            with tenant_context(tenant_id):
                hold(lines=[make_line(segments=1, messages=1)], now=NOW)
        except InsufficientCredit:
            return "refused"
        finally:
            connection.close()
        return "held"

    with ThreadPoolExecutor(12) as pool:
        outcomes = Counter(pool.map(attempt, range(60)))
    assert outcomes == {"held": 5, "refused": 55}  # ₹1.00 covers five segments at ₹0.17
    with tenant_context(tenant_id):
        assert Wallet.objects.get().held_micros == 5 * 170_000
        assert LedgerEntry.objects.filter(kind="hold").count() == 5


def test_one_key_from_many_threads_tops_up_once(tenant_id: UUID) -> None:
    with tenant_context(tenant_id):
        make_wallet(0)

    def attempt(_: int) -> UUID:
        try:
            with tenant_context(tenant_id):
                return top_up(amount_micros=MICROS, actor=ASHA, note="", idempotency_key="bank-7", now=NOW).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(attempt, range(16)))) == 1
    with tenant_context(tenant_id):
        assert Wallet.objects.get().balance_micros == MICROS


def test_the_statements_run_on_an_asynchronous_connection_as_the_platform(tenant_id: UUID) -> None:
    line = make_line(segments=4)
    with tenant_context(tenant_id):
        make_wallet(1000)
        hold(lines=[line], now=NOW)
    booked = statements(tenant_id, [settlement_of(line, "charge", messages=4, segments=4)], NOW)

    async def run() -> None:
        async with await psycopg.AsyncConnection.connect(conninfo()) as raw, raw.transaction():
            await raw.execute(ENTER_SQL, (PLATFORM_ROLE, ""))
            for sql, parameters in booked:
                await raw.execute(sql.encode(), parameters)

    asyncio.run(run())
    with tenant_context(tenant_id):
        assert Wallet.objects.get().balance_micros == 1000 * MICROS - line.micros
        assert LedgerEntry.objects.get(kind="charge").campaign_id is None
