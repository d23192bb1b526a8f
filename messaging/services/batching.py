"""Messages that share route, class, sender, template, campaign, destination and time travel in batches of 500."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from billing.models import Wallet
from billing.services import Line
from kernel.domain.ids import uuid7s
from messaging.drafts import CampaignRef
from messaging.models import Batch
from messaging.services.judging import Decision
from messaging.statuses import BatchState, Source

BATCH_SIZE: Final = 500


def make_batches(
    decisions: Iterable[Decision], *, wallet: Wallet, source: Source, campaign: CampaignRef | None, now: datetime
) -> list[tuple[Batch, list[Decision]]]:
    """Group what was accepted; every decision gets the id of its batch. Nothing is written."""
    groups: dict[tuple[object, ...], list[Decision]] = defaultdict(list)
    for decision in decisions:
        groups[_key(decision)].append(decision)
    slices = [group[n : n + BATCH_SIZE] for group in groups.values() for n in range(0, len(group), BATCH_SIZE)]
    made = []
    for ident, members in zip(uuid7s(len(slices)), slices, strict=True):
        batch = _batch(members, wallet=wallet, source=source, campaign=campaign, now=now)
        batch.id = batch.origin_id = ident
        for member in members:
            member.batch_id = ident
        made.append((batch, members))
    return made


def lines_of(batches: Iterable[tuple[Batch, Sequence[Decision]]]) -> list[Line]:
    """What the batches will cost: one line of the ledger each."""
    return [
        Line(
            batch_id=batch.id,
            campaign_id=batch.campaign_id,
            campaign_label=batch.campaign_label,
            destination=batch.destination,
            destination_label=batch.destination_label,
            traffic_class=batch.traffic_class,
            messages=len(members),
            segments=sum(member.segments for member in members),
            micros=sum(member.price_micros for member in members),
        )
        for batch, members in batches
    ]


def _key(decision: Decision) -> tuple[object, ...]:
    destination = decision.quote.destination if decision.quote else ""
    return (
        decision.routes,
        decision.traffic_class,
        decision.draft.sender,
        decision.template_id,
        decision.dlt,
        destination,
        decision.retention_days,
        decision.send_at,
        decision.not_after,
    )


def _batch(
    members: Sequence[Decision], *, wallet: Wallet, source: Source, campaign: CampaignRef | None, now: datetime
) -> Batch:
    first = members[0]
    return Batch(
        route_id=first.routes[0],
        candidates=list(first.routes[1:]),
        traffic_class=first.traffic_class,
        source=source,
        campaign_id=campaign.id if campaign else None,
        campaign_label=campaign.label if campaign else "",
        template_id=first.template_id,
        sender=first.draft.sender,
        destination=first.quote.destination if first.quote else "",
        destination_label=first.quote.label if first.quote else "",
        dlt_entity_id=first.dlt.entity_id if first.dlt else "",
        dlt_template_id=first.dlt.template_id if first.dlt else "",
        charged_on=wallet.charged_on,
        retention_days=first.retention_days,
        ids=[member.id for member in members],
        messages=len(members),
        accepted_at=now,
        due_at=first.send_at,
        not_after=first.not_after,
        state=BatchState.WAITING if first.send_at else BatchState.READY,
    )
