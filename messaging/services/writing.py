"""The rows of one accept: messages, texts and batches by whole columns, events one per batch (docs/adr/0009)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from kernel.db.arrays import int2s, int8s
from kernel.db.bulk import bulk_cursor
from kernel.db.tenancy import current_tenant_id
from messaging.drafts import CampaignRef
from messaging.models import Batch, MessageEvent
from messaging.services.judging import REFERENCE_MAX, SENDER_MAX, Decision, shown
from messaging.statuses import EventKind, Source, Status

CHANNEL: Final = "dakiya_batches"
_TAG_SEPARATOR: Final = "\x1f"
_MESSAGES_SQL: Final = """
INSERT INTO messages (id, tenant_id, campaign_id, source, batch_id, template_id, sender, recipient, traffic_class,
    is_unicode, segments, price_micros, destination, retention_days, status, error_code, reference, tags, send_at,
    not_after, final_at)
SELECT id, %s, %s, %s, batch_id, template_id, sender, recipient, traffic_class, is_unicode, segments, price_micros,
    destination, retention_days, status, error_code, reference, string_to_array(tags, E'\\x1f'), send_at, not_after,
    CASE WHEN status = %s THEN %s END
FROM unnest(%b::uuid[], %b::uuid[], %b::uuid[], %b::text[], %b::text[], %b::int2[], %b::bool[], %b::int2[], %b::int8[],
    %b::text[], %b::int2[], %b::int2[], %b::text[], %b::text[], %b::text[], %b::timestamptz[], %b::timestamptz[])
    AS u (id, batch_id, template_id, sender, recipient, traffic_class, is_unicode, segments, price_micros, destination,
          retention_days, status, error_code, reference, tags, send_at, not_after)"""
_TEXTS_SQL: Final = """
INSERT INTO message_texts (tenant_id, id, retention, text)
SELECT %s, id, retention, text FROM unnest(%b::uuid[], %b::int2[], %b::text[]) AS u (id, retention, text)"""


def write(
    decisions: Sequence[Decision],
    batches: Sequence[tuple[Batch, Sequence[Decision]]],
    *,
    source: Source,
    campaign: CampaignRef | None,
    now: datetime,
) -> None:
    """Write everything in the current transaction; a repeated message id is refused by the primary key."""
    campaign_id = campaign.id if campaign else None
    _write_messages(decisions, source, campaign_id, now)
    Batch.objects.bulk_create(batch for batch, _ in batches)
    events = [_accepted(batch, members, now) for batch, members in batches]
    events += _blocked(decisions, source, campaign_id, now)
    MessageEvent.objects.bulk_create(events)
    if batches and campaign is None:
        # Wakes the dispatchers at once; campaign chunks leave it out, a poll finds them.
        with bulk_cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


def _write_messages(decisions: Sequence[Decision], source: Source, campaign_id: UUID | None, now: datetime) -> None:
    tenant_id = current_tenant_id()
    columns = [
        [d.id for d in decisions],
        [d.batch_id for d in decisions],
        [d.template_id for d in decisions],
        [shown(d.draft.sender, SENDER_MAX) for d in decisions],
        [d.recipient for d in decisions],
        int2s(d.traffic_class for d in decisions),
        [d.is_unicode for d in decisions],
        int2s(d.segments for d in decisions),
        int8s(d.price_micros for d in decisions),
        [d.quote.destination if d.quote else "" for d in decisions],
        int2s(d.retention_days for d in decisions),
        int2s(d.status for d in decisions),
        [d.refusal.code if d.refusal else None for d in decisions],
        [shown(d.draft.reference, REFERENCE_MAX) if d.draft.reference else None for d in decisions],
        [_TAG_SEPARATOR.join(d.draft.tags) if d.draft.tags else None for d in decisions],
        [d.send_at for d in decisions],
        [d.not_after for d in decisions],
    ]
    with_text = [d for d in decisions if d.text]
    with bulk_cursor() as cursor:
        # A blocked message ends as it is written.
        blocked = [int(Status.BLOCKED), now]
        cursor.execute(_MESSAGES_SQL, [tenant_id, campaign_id, int(source), *blocked, *columns])
        if with_text:
            retention = int2s(d.retention_days for d in with_text)
            cursor.execute(_TEXTS_SQL, [tenant_id, [d.id for d in with_text], retention, [d.text for d in with_text]])


def _accepted(batch: Batch, members: Sequence[Decision], now: datetime) -> MessageEvent:
    return MessageEvent(
        kind=EventKind.ACCEPTED,
        outcome=members[0].status,
        batch_id=batch.id,
        campaign_id=batch.campaign_id,
        route_id=batch.route_id,
        traffic_class=batch.traffic_class,
        source=batch.source,
        destination=batch.destination,
        messages=len(members),
        segments=sum(member.segments for member in members),
        cohort_at=now,
        at=now,
        ids=batch.ids,
    )


def _blocked(
    decisions: Sequence[Decision], source: Source, campaign_id: UUID | None, now: datetime
) -> list[MessageEvent]:
    groups: dict[tuple[str, int, str], list[Decision]] = defaultdict(list)
    for decision in decisions:
        if decision.refusal:
            destination = decision.quote.destination if decision.quote else ""
            groups[decision.refusal.code, decision.traffic_class, destination].append(decision)
    return [
        MessageEvent(
            kind=EventKind.FINAL,
            outcome=Status.BLOCKED,
            error_code=code,
            campaign_id=campaign_id,
            traffic_class=traffic_class,
            source=source,
            destination=destination,
            messages=len(members),
            segments=sum(member.segments for member in members),
            cohort_at=now,
            at=now,
            ids=[member.id for member in members],
        )
        for (code, traffic_class, destination), members in groups.items()
    ]
