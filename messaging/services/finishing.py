"""Ending messages outside the dispatcher: cancelled, expired before submit, or never heard of again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from billing.models import ChargedOn
from billing.settlement import Settlement, settle
from kernel.db.bulk import bulk_cursor
from kernel.db.tenancy import current_tenant_id
from messaging.dispatcher.statements import ENDED_BY_RECEIPT
from messaging.models import Batch, MessageEvent
from messaging.statuses import FINAL_FROM, EventKind, Status

_FINISH_SQL: Final = f"""
UPDATE messages m SET status = %s, error_code = %s, final_at = %s
WHERE m.tenant_id = %s AND m.id = ANY(%b::uuid[]) AND m.id BETWEEN %s AND %s AND m.status < {FINAL_FROM}
RETURNING m.id, m.batch_id, m.segments, m.price_micros"""  # noqa: S608 - the number is a constant of ours


@dataclass(frozen=True, slots=True)
class Ended:
    """One message that this call moved to its end."""

    id: UUID
    batch_id: UUID
    segments: int
    price_micros: int


def finish(
    *, ids: Sequence[UUID], status: Status, error_code: str | None, was_submitted: bool, route_id: int, now: datetime
) -> list[Ended]:
    """End those of `ids` that still wait, with money and events, in the current tenant's transaction.

    Args:
        was_submitted: their operators had them. What was charged at submit stays charged then; in all other
            cases the hold is released.
        route_id: where the batch stood when it ended; its messages may have been accepted for another route.

    Returns:
        What was moved; the others had ended before, which is no error.
    """
    if not ids:
        return []
    with bulk_cursor() as cursor:
        tenant_id = current_tenant_id()
        cursor.execute(_FINISH_SQL, [status, error_code, now, tenant_id, list(ids), min(ids), max(ids)])
        ended = [Ended(*row) for row in cursor.fetchall()]
    by_batch: dict[UUID, list[Ended]] = defaultdict(list)
    for message in ended:
        by_batch[message.batch_id].append(message)
    batches = list(Batch.objects.filter(pk__in=by_batch).defer("ids"))
    unpaid = [batch for batch in batches if not (was_submitted and batch.charged_on == ChargedOn.SUBMIT)]
    settle(settlements=[settlement(batch, by_batch[batch.id], "release") for batch in unpaid], now=now)
    MessageEvent.objects.bulk_create(
        make_event(batch, by_batch[batch.id], status, error_code or "", route_id, now) for batch in batches
    )
    return ended


def charge_in_doubt(batch: Batch, ids: Sequence[UUID], now: datetime) -> None:
    """Charge those of `ids` that an operator had, or may have had, though no answer said so (docs/adr/0010).

    In doubt counts as submitted: where a message is charged at submit, a receipt or silence has ended it, and no
    SUBMITTED event names it, it is charged now. Call it whenever a batch will not be claimed any more.
    """
    if batch.charged_on != ChargedOn.SUBMIT or not ids:
        return
    with bulk_cursor() as cursor:
        cursor.execute(ENDED_BY_RECEIPT, [current_tenant_id(), list(ids), min(ids), max(ids)])
        ended = [Ended(ident, batch.origin_id, *size) for ident, *size in cursor.fetchall()]
    if not ended:
        return
    origin = Batch.objects.defer("ids").get(pk=batch.origin_id)
    events = MessageEvent.objects.filter(batch_id=origin.id, kind=EventKind.SUBMITTED)
    charged = {ident for named in events.values_list("ids", flat=True) for ident in named}
    unpaid = [message for message in ended if message.id not in charged]
    if unpaid:
        settle(settlements=[settlement(origin, unpaid, "charge")], now=now)
        event = make_event(origin, unpaid, Status.SUBMITTED, "", batch.route_id, now)
        event.kind, event.charged_micros = EventKind.SUBMITTED, sum(message.price_micros for message in unpaid)
        event.save()


def settlement(batch: Batch, messages: Iterable[Ended], outcome: Literal["charge", "release"]) -> Settlement:
    """What ending `messages` of one batch does to the wallet."""
    members = list(messages)
    return Settlement(
        batch_id=batch.id,
        campaign_id=batch.campaign_id,
        destination=batch.destination,
        destination_label=batch.destination_label,
        traffic_class=batch.traffic_class,
        outcome=outcome,
        messages=len(members),
        segments=sum(message.segments for message in members),
        micros=sum(message.price_micros for message in members),
    )


def make_event(
    batch: Batch, messages: Sequence[Ended], status: Status, error_code: str, route_id: int, now: datetime
) -> MessageEvent:
    return MessageEvent(
        kind=EventKind.FINAL,
        outcome=status,
        error_code=error_code,
        batch_id=batch.id,
        campaign_id=batch.campaign_id,
        route_id=route_id,
        traffic_class=batch.traffic_class,
        source=batch.source,
        destination=batch.destination,
        messages=len(messages),
        segments=sum(message.segments for message in messages),
        cohort_at=batch.accepted_at,
        at=now,
        ids=[message.id for message in messages],
    )
