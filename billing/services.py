"""Opening, filling and holding. Each service speaks for the tenant whose context it is called in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from audit.services import Actor, record
from billing.entries import INSERT_SQL, Movement, entry_ids, insert_parameters
from billing.errors import CurrencyDiffers, InsufficientCredit, InvalidAmount, KeyReused, NoWallet, WalletExists
from billing.models import ChargedOn, EntryKind, LedgerEntry, RateCard, Wallet
from kernel.db.tenancy import current_tenant_id, scoped_connection
from kernel.domain.money import format_money

HOLD_SQL: Final = f"""
WITH wallet AS (
    UPDATE billing_wallet SET held_micros = held_micros + %s
    WHERE tenant_id = %s AND balance_micros - held_micros + credit_limit_micros >= %s RETURNING tenant_id
) {INSERT_SQL}"""  # noqa: S608 - both halves are constants of ours, values are parameters


@dataclass(frozen=True, slots=True)
class Line:
    """What one batch will cost at one destination: one row of the ledger.

    Args:
        destination: the quote's prefix, `destination_label` its name.
        segments: the sum over the messages.
        micros: the sum of their prices, 0 or more.
        campaign_label: the campaign's name as finance shall read it; "" outside campaigns.
    """

    batch_id: UUID
    campaign_id: UUID | None
    destination: str
    destination_label: str
    traffic_class: int
    messages: int
    segments: int
    micros: int
    campaign_label: str = ""


def open_wallet(
    *,
    rate_card: RateCard,
    now: datetime,
    currency: str = "INR",
    credit_limit_micros: int = 0,
    charged_on: ChargedOn = ChargedOn.SUBMIT,
) -> Wallet:
    """The tenant's one wallet, empty.

    Raises:
        CurrencyDiffers: the card's prices are in another currency.
        WalletExists: it was opened before.
    """
    if rate_card.currency != currency:
        raise CurrencyDiffers(wallet=currency, card=rate_card.currency)
    alias = scoped_connection().alias
    try:
        with transaction.atomic(using=alias):
            return Wallet.objects.create(
                currency=currency,
                rate_card=rate_card,
                credit_limit_micros=credit_limit_micros,
                charged_on=charged_on,
                opened_at=now,
            )
    except IntegrityError as error:
        raise WalletExists from error


def top_up(*, amount_micros: int, actor: Actor, note: str, idempotency_key: str, now: datetime) -> LedgerEntry:
    """Add money, net of tax, to the balance.

    Args:
        amount_micros: above zero.
        idempotency_key: a repeat with the same amount returns the first entry and adds nothing.

    Raises:
        InvalidAmount, KeyReused, NoWallet.
    """
    if amount_micros <= 0:
        raise InvalidAmount
    with transaction.atomic(using=scoped_connection().alias):
        wallet = Wallet.objects.select_for_update().filter(tenant_id=current_tenant_id()).first()
        if wallet is None:
            raise NoWallet
        # The wallet is locked: a repeat that runs beside waits here and then finds the entry.
        if earlier := LedgerEntry.objects.filter(idempotency_key=idempotency_key).first():
            if (earlier.kind, earlier.amount_micros) != (EntryKind.TOPUP, amount_micros):
                raise KeyReused
            return earlier
        Wallet.objects.filter(pk=wallet.pk).update(balance_micros=F("balance_micros") + amount_micros)
        entry = LedgerEntry.objects.create(
            id=entry_ids(1, now)[0],
            kind=EntryKind.TOPUP,
            amount_micros=amount_micros,
            actor_label=actor.label,
            note=note,
            idempotency_key=idempotency_key,
            at=now,
        )
        record(
            action="wallet.topped_up",
            actor=actor,
            object_type="wallet",
            object_id=wallet.id,
            summary=f"Topped up {format_money(amount_micros, wallet.currency)}",
            before={"balance_micros": wallet.balance_micros},
            after={"balance_micros": wallet.balance_micros + amount_micros},
        )
        return entry


def hold(*, lines: Sequence[Line], now: datetime) -> None:
    """Reserve the price of batches that are being accepted, all lines or none, in one statement.

    Raises:
        InsufficientCredit: the wallet cannot cover the sum of the lines; nothing is written.
        NoWallet: the tenant has none.
    """
    if not lines:
        return
    with scoped_connection().cursor() as cursor:
        cursor.execute(*hold_statement(lines=lines, now=now))
        is_held = cursor.rowcount > 0
    if not is_held:
        raise shortage(sum(line.micros for line in lines))


def hold_statement(*, lines: Sequence[Line], now: datetime) -> tuple[str, list[Any]]:
    """What `hold` executes, for callers that send it behind others in one round trip: the wallet is then locked least.

    When it wrote no row, `shortage` is to be raised.
    """
    needed = sum(line.micros for line in lines)
    movements = [_hold_movement(line) for line in lines]
    return HOLD_SQL, [needed, current_tenant_id(), needed, *insert_parameters(movements, now)]


def shortage(needed_micros: int) -> InsufficientCredit | NoWallet:
    """Why a hold of so much was refused just now."""
    wallet = Wallet.objects.first()
    if wallet is None:
        return NoWallet()
    available = wallet.available_micros
    return InsufficientCredit(needed_micros=needed_micros, available_micros=available, currency=wallet.currency)


def _hold_movement(line: Line) -> Movement:
    return Movement(
        kind=EntryKind.HOLD,
        amount_micros=0,
        held_micros=line.micros,
        messages=line.messages,
        segments=line.segments,
        batch_id=line.batch_id,
        campaign_id=line.campaign_id,
        campaign_label=line.campaign_label[:200],
        destination=line.destination,
        destination_label=line.destination_label,
        traffic_class=line.traffic_class,
    )
