"""Turning holds into charges and releases: the same SQL for the dispatcher's asyncio connection and for Django's.

A settlement belongs in the transaction that moves its messages to their final state; that, and the wallet's CHECK
constraints, is what keeps a message from being charged twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from django.db import transaction

from billing.entries import INSERT_SQL, Movement, insert_parameters
from billing.errors import NoWallet
from billing.models import EntryKind
from kernel.db.tenancy import current_tenant_id, scoped_connection

Outcome = Literal["charge", "release"]

SETTLE_SQL: Final = f"""
WITH wallet AS (
    UPDATE billing_wallet SET balance_micros = balance_micros - %s, held_micros = held_micros - %s
    WHERE tenant_id = %s RETURNING tenant_id
) {INSERT_SQL}"""  # noqa: S608 - both halves are constants of ours, values are parameters


@dataclass(frozen=True, slots=True)
class Settlement:
    """Messages of one batch that no longer need their hold.

    Args:
        outcome: "charge" takes the price from balance and hold, "release" gives the hold back.
        messages: how many; `segments` is the sum of theirs.
        micros: their price as fixed at accept, 0 or more.
    """

    batch_id: UUID
    campaign_id: UUID | None
    destination: str
    destination_label: str
    traffic_class: int
    outcome: Outcome
    messages: int
    segments: int
    micros: int


def merged(settlements: Iterable[Settlement]) -> list[Settlement]:
    """At most one settlement per batch, destination, class and outcome: the books grow with batches, not messages."""
    sums: dict[tuple[UUID, UUID | None, str, str, int, Outcome], tuple[int, int, int]] = {}
    for each in settlements:
        key = (
            each.batch_id,
            each.campaign_id,
            each.destination,
            each.destination_label,
            each.traffic_class,
            each.outcome,
        )
        messages, segments, micros = sums.get(key, (0, 0, 0))
        sums[key] = (messages + each.messages, segments + each.segments, micros + each.micros)
    return [Settlement(*key, *totals) for key, totals in sums.items()]


def statements(tenant_id: UUID, settlements: Sequence[Settlement], at: datetime) -> list[tuple[str, list[Any]]]:
    """SQL with parameters that books the settlements: one statement, whatever their number; none for none.

    Run it in a transaction of the tenant's or the platform's role. It writes one row per batch, destination and
    outcome, and reports 0 rows when the tenant has no wallet. Of several tenants in one transaction, take them in
    the order of their ids: their wallets stay locked until its end.

    Raises (when run):
        CheckViolation: more is settled than was held; nothing is written.
    """
    if not settlements:
        return []
    movements = [_movement(each) for each in merged(settlements)]
    charged = -sum(each.amount_micros for each in movements)
    unheld = -sum(each.held_micros for each in movements)
    return [(SETTLE_SQL, [charged, unheld, tenant_id, *insert_parameters(movements, at)])]


def settle(*, settlements: Sequence[Settlement], now: datetime) -> None:
    """Book settlements of the tenant whose context this is.

    Raises:
        NoWallet: the tenant has none.
        IntegrityError: more is settled than was held.
    """
    connection = scoped_connection()
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for sql, parameters in statements(current_tenant_id(), settlements, now):
            cursor.execute(sql, parameters)
            if cursor.rowcount == 0:
                raise NoWallet


def _movement(settlement: Settlement) -> Movement:
    return Movement(
        kind=EntryKind(settlement.outcome),
        amount_micros=-settlement.micros if settlement.outcome == "charge" else 0,
        held_micros=-settlement.micros,
        messages=settlement.messages,
        segments=settlement.segments,
        batch_id=settlement.batch_id,
        campaign_id=settlement.campaign_id,
        campaign_label="",
        destination=settlement.destination,
        destination_label=settlement.destination_label,
        traffic_class=settlement.traffic_class,
    )
