"""Ledger rows as columns of binary arrays: one statement writes any number of them (docs/adr/0009)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from billing.models import EntryKind
from kernel.db.arrays import int2s, int4s, int8s
from kernel.domain.ids import uuid7s

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

# `wallet` is a common table expression that holds the tenant's row when the wallet was changed, and nothing otherwise:
# without a wallet, or without credit, not one entry is written.
INSERT_SQL: Final = """
INSERT INTO billing_ledgerentry (id, tenant_id, kind, amount_micros, held_micros, messages, segments, batch_id,
    campaign_id, campaign_label, destination, destination_label, traffic_class, actor_label, note, at)
SELECT e.id, wallet.tenant_id, e.kind, e.amount_micros, e.held_micros, e.messages, e.segments, e.batch_id,
    e.campaign_id, e.campaign_label, e.destination, e.destination_label, e.traffic_class, '', '', %s
FROM wallet, unnest(%b::uuid[], %b::text[], %b::int8[], %b::int8[], %b::int4[], %b::int4[], %b::uuid[],
    %b::uuid[], %b::text[], %b::text[], %b::text[], %b::int2[])
    AS e (id, kind, amount_micros, held_micros, messages, segments, batch_id,
          campaign_id, campaign_label, destination, destination_label, traffic_class)"""


@dataclass(frozen=True, slots=True)
class Movement:
    """One ledger row to be written; see `LedgerEntry` for signs and units."""

    kind: EntryKind
    amount_micros: int
    held_micros: int
    messages: int
    segments: int
    batch_id: UUID
    campaign_id: UUID | None
    campaign_label: str
    destination: str
    destination_label: str
    traffic_class: int


def entry_ids(count: int, at: datetime) -> list[UUID]:
    """Ids of the instant `at`, ascending, so that a range of ids is a range of time."""
    return uuid7s(count, now_ns=(at - _EPOCH) // _MICROSECOND * 1000)


def insert_parameters(movements: Sequence[Movement], at: datetime) -> list[Any]:
    """The parameters of INSERT_SQL."""
    return [
        at,
        entry_ids(len(movements), at),
        [each.kind.value for each in movements],
        int8s(each.amount_micros for each in movements),
        int8s(each.held_micros for each in movements),
        int4s(each.messages for each in movements),
        int4s(each.segments for each in movements),
        [each.batch_id for each in movements],
        [each.campaign_id for each in movements],
        [each.campaign_label for each in movements],
        [each.destination for each in movements],
        [each.destination_label for each in movements],
        int2s(each.traffic_class for each in movements),
    ]
