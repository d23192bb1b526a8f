"""Messages of one kind travel in batches of 500 at most: cut from the columns, written by columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple
from uuid import UUID

from billing.services import Line
from kernel.domain.ids import uuid7s
from messaging.drafts import CampaignRef
from messaging.services.judging import Kind, Lot

BATCH_SIZE: Final = 500


class Parcel(NamedTuple):
    """A batch to be: messages `low` to `high`, the latter excluded, of all accepted ones in the order of their lots."""

    id: UUID
    kind: Kind
    low: int
    high: int
    segments: int


def make_parcels(lots: Iterable[Lot]) -> list[Parcel]:
    """Cut what was accepted; nothing is written."""
    made: list[tuple[Kind, int, int, int]] = []
    start = 0
    for lot in lots:
        for low in range(0, len(lot.ids), BATCH_SIZE):
            high = min(low + BATCH_SIZE, len(lot.ids))
            made.append((lot.kind, start + low, start + high, sum(lot.segments[low:high])))
        start += len(lot.ids)
    return [Parcel(ident, *each) for ident, each in zip(uuid7s(len(made)), made, strict=True)]


def lines_of(parcels: Iterable[Parcel], campaign: CampaignRef | None) -> list[Line]:
    """What the batches will cost: one line of the ledger each."""
    return [
        Line(
            batch_id=parcel.id,
            campaign_id=campaign.id if campaign else None,
            campaign_label=campaign.label if campaign else "",
            destination=parcel.kind.quote.destination,
            destination_label=parcel.kind.quote.label,
            traffic_class=parcel.kind.traffic_class,
            messages=parcel.high - parcel.low,
            segments=parcel.segments,
            micros=parcel.segments * parcel.kind.quote.unit_micros,
        )
        for parcel in parcels
    ]
