"""Rows of the ledger stay as they were written, whoever asks; what is wrong is corrected by further rows."""

from __future__ import annotations

from contextlib import AbstractContextManager
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from billing.models import LedgerEntry
from billing.tests.builders import NOW, make_wallet
from kernel.db.tenancy import platform_context, tenant_context

pytestmark = pytest.mark.django_db
STATEMENTS = (
    "UPDATE billing_ledgerentry SET amount_micros = 0",
    "DELETE FROM billing_ledgerentry",
    "TRUNCATE billing_ledgerentry",
)


@pytest.fixture
def tenant_id() -> UUID:
    chosen = uuid4()
    with tenant_context(chosen):
        make_wallet(1000)
    return chosen


def refuse(context: AbstractContextManager[None], statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), context, connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_neither_tenant_nor_platform_nor_a_bare_login_changes_a_row(tenant_id: UUID, statement: str) -> None:
    refuse(tenant_context(tenant_id), statement)
    refuse(platform_context(reason="test of the ledger"), statement)
    refuse(transaction.atomic(), statement)
    with tenant_context(tenant_id):
        assert LedgerEntry.objects.get().amount_micros == 1_000_000_000


def test_the_orm_is_refused_too(tenant_id: UUID) -> None:
    with tenant_context(tenant_id):
        entry = LedgerEntry.objects.get()
    with pytest.raises(ProgrammingError, match="permission denied"), tenant_context(tenant_id):
        entry.save()


@pytest.mark.parametrize(
    ("kind", "amount", "held"),
    [("hold", 1, 1), ("hold", 0, -1), ("charge", 1, 1), ("charge", -1, 0), ("release", 0, 1), ("topup", -1, 0)],
)
def test_a_row_whose_signs_contradict_its_kind_is_refused(tenant_id: UUID, kind: str, amount: int, held: int) -> None:
    with pytest.raises(IntegrityError, match="billing_entry_signs"), tenant_context(tenant_id):
        LedgerEntry.objects.create(kind=kind, amount_micros=amount, held_micros=held, at=NOW)


def test_one_key_is_one_row_in_the_database_as_well(tenant_id: UUID) -> None:
    with pytest.raises(IntegrityError, match="billing_entry_key_once"), tenant_context(tenant_id):
        LedgerEntry.objects.create(kind="topup", amount_micros=1, idempotency_key="first", at=NOW)
