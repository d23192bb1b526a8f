"""What a tenant buys beside messages, such as look-ups: one adjustment of the ledger for each lot."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from billing.entries import entry_ids
from billing.errors import InsufficientCredit, InvalidAmount, NoWallet
from billing.models import EntryKind, LedgerEntry, Wallet
from kernel.db.tenancy import current_tenant_id, scoped_connection


def charge_service(*, amount_micros: int, note: str, actor_label: str, idempotency_key: str, now: datetime) -> None:
    """Take money for a service from the balance, in the caller's transaction where there is one.

    Args:
        amount_micros: zero charges nothing and writes nothing.
        idempotency_key: a repeat takes nothing.

    Raises:
        InvalidAmount: below zero.
        InsufficientCredit: the balance does not cover it; nothing is taken.
        NoWallet: the tenant has none.
    """
    if amount_micros < 0:
        raise InvalidAmount
    if not amount_micros:
        return
    with transaction.atomic(using=scoped_connection().alias):
        wallet = Wallet.objects.select_for_update().filter(tenant_id=current_tenant_id()).first()
        if wallet is None:
            raise NoWallet
        if LedgerEntry.objects.filter(idempotency_key=idempotency_key).exists():
            return
        available = wallet.available_micros
        if available < amount_micros:
            raise InsufficientCredit(needed_micros=amount_micros, available_micros=available, currency=wallet.currency)
        Wallet.objects.filter(pk=wallet.pk).update(balance_micros=F("balance_micros") - amount_micros)
        LedgerEntry.objects.create(
            id=entry_ids(1, now)[0],
            kind=EntryKind.ADJUST,
            amount_micros=-amount_micros,
            actor_label=actor_label[:200],
            note=note[:500],
            idempotency_key=idempotency_key,
            at=now,
        )
