"""Messages with their batch and events, written as the way of a message writes them, for tests of what reads them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from kernel.db.tenancy import current_tenant_id, scoped_connection
from kernel.domain.clock import utc_now
from kernel.domain.ids import uuid7, uuid7s
from kernel.domain.traffic import TrafficClass
from messaging.models import Batch, Message, MessageEvent
from messaging.statuses import BatchState, EventKind, Source, Status

ASHA: Final = "+919876543210"
UNIT: Final = 150_000
TEXT: Final = "Your order 4711 is on its way."


def make_messages(count: int = 1, *, state: BatchState = BatchState.SENT, **fields: Any) -> list[Message]:
    """`count` accepted messages of one new batch in the current tenant, with texts and the ACCEPTED event."""
    now = fields.pop("accepted_at", None) or utc_now().astimezone(UTC)
    own = {name: fields.pop(name) for name in ("route_id", "sent_upto", "charged_on", "due_at") if name in fields}
    idents = uuid7s(count, now_ns=int(now.timestamp() * 1_000_000) * 1_000)
    common: dict[str, Any] = {
        "campaign_id": None,
        "sender": "ACMEIN",
        "traffic_class": TrafficClass.TRANSACTIONAL,
        "source": Source.API,
        "destination": "91",
        "retention_days": 30,
        "not_after": now + timedelta(days=1),
    }
    common |= {name: fields[name] for name in common.keys() & fields.keys()}
    batch = make_batch(idents, state=state, now=now, common=common, **own)
    given = {"recipient": ASHA, "is_unicode": False, "segments": 1, "price_micros": UNIT, "status": Status.ACCEPTED}
    rows = [Message(id=ident, batch_id=batch.id, **{**given, **common, **fields}) for ident in idents]
    Message.objects.bulk_create(rows)
    write_texts(rows)
    make_event(rows, EventKind.ACCEPTED, Status.ACCEPTED, at=now)
    return rows


def make_batch(
    idents: Sequence[UUID], *, state: BatchState, now: datetime, common: dict[str, Any], **own: Any
) -> Batch:
    ident = uuid7()
    given = {"route_id": 1, "charged_on": "submit", **own}
    return Batch.objects.create(
        id=ident,
        origin_id=ident,
        candidates=[],
        destination_label="India",
        ids=list(idents),
        messages=len(idents),
        accepted_at=now,
        state=state,
        **{**common, **given},
    )


def write_texts(messages: Sequence[Message], text: str = TEXT) -> None:
    with scoped_connection().cursor() as cursor:
        cursor.executemany(
            "INSERT INTO message_texts (tenant_id, id, retention, text) VALUES (%s, %s, %s, %s)",
            [(current_tenant_id(), message.id, message.retention_days, text) for message in messages],
        )


def make_event(messages: Sequence[Message], kind: EventKind, outcome: Status, **fields: Any) -> MessageEvent:
    """One row of the log about messages of one batch."""
    first = messages[0]
    given: dict[str, Any] = {
        "batch_id": first.batch_id,
        "campaign_id": first.campaign_id,
        "route_id": 1,
        "traffic_class": first.traffic_class,
        "source": first.source,
        "destination": first.destination,
        "messages": len(messages),
        "segments": sum(message.segments for message in messages),
        "cohort_at": first.accepted_at,
        "at": utc_now(),
    }
    return MessageEvent.objects.create(
        kind=kind, outcome=outcome, ids=[message.id for message in messages], **{**given, **fields}
    )


def submit(messages: Sequence[Message], **fields: Any) -> MessageEvent:
    """The operator took them: ids in the map, charge and cost in the event."""
    write_operator_ids(messages)
    charged = sum(message.price_micros for message in messages)
    given = {"charged_micros": charged, "cost_micros": len(messages) * UNIT // 2, **fields}
    return make_event(messages, EventKind.SUBMITTED, Status.SUBMITTED, **given)


def write_operator_ids(messages: Sequence[Message], *, parts: int = 1, route_id: int = 1) -> None:
    at = utc_now()
    rows = [
        (route_id, f"OP{message.id.hex[-6:]}{part}", current_tenant_id(), message.id, part, parts, message.batch_id, at)
        for message in messages
        for part in range(1, parts + 1)
    ]
    with scoped_connection().cursor() as cursor:
        cursor.executemany(
            "INSERT INTO operator_ids (route_id, operator_key, tenant_id, message_id, part, parts, batch_id, at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            rows,
        )


def finish(messages: Sequence[Message], outcome: Status, error_code: str = "", **fields: Any) -> MessageEvent:
    """Their end: rows and event together."""
    now = utc_now()
    Message.objects.filter(id__in=[message.id for message in messages]).update(
        status=outcome, error_code=error_code or None, final_at=now
    )
    return make_event(messages, EventKind.FINAL, outcome, error_code=error_code, at=now, **fields)


def correct(messages: Sequence[Message], outcome: Status, error_code: str = "") -> MessageEvent:
    """A receipt after the silence was final."""
    Message.objects.filter(id__in=[message.id for message in messages]).update(
        status=outcome, error_code=error_code or None
    )
    return make_event(messages, EventKind.CORRECTED, outcome, error_code=error_code, previous=Status.UNKNOWN)
