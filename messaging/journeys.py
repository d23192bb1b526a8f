"""The journey of one message, from its acceptance to its end, with what it cost and why it failed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from compliance.models import Template
from kernel.db.tenancy import current_tenant_id, scoped_connection
from kernel.domain.catalogue import Explanation, explain
from kernel.domain.ids import uuid7_floor, uuid7_time
from messaging.models import Batch, Message, MessageEvent
from messaging.queries import current_status, explanation_of, text_of
from messaging.statuses import FINAL_FROM, BatchState, Source, Status
from routing.models import Route

_LINE_NAMES: Final = {
    BatchState.READY: "in line for",
    BatchState.LEASED: "being sent by",
    BatchState.WAITING: "waiting for its time, then to",
    BatchState.HELD: "held back from",
    BatchState.SENT: "sent by",
    BatchState.CLOSED: "sent by",
    BatchState.CANCELLED: "cancelled before",
}


class ChargeState(StrEnum):
    NOTHING = "nothing"
    HELD = "held"
    CHARGED = "charged"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Charge:
    """What the message did to the wallet. Micros of the tenant's currency: held or taken, as the state says."""

    state: ChargeState
    micros: int


@dataclass(frozen=True, slots=True)
class Part:
    """A part that an operator has taken, and its own receipt where the message has several."""

    number: int
    parts: int
    route: str
    operator_id: str
    submitted_at: datetime
    status: Status | None
    error_code: str
    receipt_at: datetime | None


class StepKind(StrEnum):
    ACCEPTED = "accepted"
    BLOCKED = "blocked"
    BATCHED = "batched"
    MOVED = "moved"
    SUBMITTED = "submitted"
    RECEIPT = "receipt"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. `status` is what the message or its part became by it."""

    kind: StepKind
    at: datetime
    label: str
    detail: str
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything known of one message.

    Args:
        text: as sent; None when its retention is over.
        explanation: of the error_code, with its remedy; None without one.
        steps: oldest first.
    """

    message: Message
    status: Status
    text: str | None
    template: str
    campaign_label: str
    parts: Sequence[Part]
    explanation: Explanation | None
    charge: Charge
    steps: Sequence[Step]


def trace(message_id: UUID) -> Trace:
    """The journey of a message of the current tenant; nine queries at most.

    Raises:
        Message.DoesNotExist: no such message of this tenant, or its retention is over.
    """
    message = Message.objects.get(id=message_id)
    batches = _batches(message)
    names = dict(Route.objects.filter(pk__in=_route_ids(batches)).values_list("pk", "name"))
    parts = _parts(message, names)
    template = Template.objects.filter(id=message.template_id).first() if message.template_id else None
    reason = explanation_of(message)
    return Trace(
        message=message,
        status=current_status(message),
        text=text_of(message),
        template=str(template) if template else "",
        campaign_label=batches[0].campaign_label if batches else "",
        parts=parts,
        explanation=reason,
        charge=_charge(message),
        steps=sorted(_steps(message, reason, batches, parts, names, template), key=lambda step: step.at),
    )


def _charge(message: Message) -> Charge:
    """What became of the message's hold: charged if an event that took money names it."""
    if message.batch_id is None or not message.price_micros:
        return Charge(ChargeState.NOTHING, 0)
    paid = MessageEvent.objects.filter(batch_id=message.batch_id, charged_micros__gt=0)
    if any(message.id in ids for ids in paid.values_list("ids", flat=True)):
        return Charge(ChargeState.CHARGED, message.price_micros)
    state = ChargeState.RELEASED if message.status >= FINAL_FROM else ChargeState.HELD
    return Charge(state, message.price_micros)


def _batches(message: Message) -> list[Batch]:
    """The batch it was accepted into, then those that took it to other routes; all share the first one's hold."""
    if message.batch_id is None:
        return []
    last = max(uuid7_floor(message.not_after), message.batch_id)
    family = Batch.objects.filter(origin_id=message.batch_id, id__gte=message.batch_id, id__lte=last)
    return [batch for batch in family.order_by("id") if message.id in batch.ids]


_PARTS_SQL: Final = """
SELECT o.part, o.parts, o.route_id, o.operator_key, o.at, p.status, p.error_code, p.at
FROM operator_ids o LEFT JOIN message_parts p
    ON p.tenant_id = o.tenant_id AND p.message_id = o.message_id AND p.part = o.part
WHERE o.tenant_id = %s AND o.message_id = %s AND o.at >= %s ORDER BY o.at, o.part
"""


def _parts(message: Message, names: dict[int, str]) -> list[Part]:
    parameters: list[Any] = [current_tenant_id(), message.id, message.accepted_at]
    with scoped_connection().cursor() as cursor:
        cursor.execute(_PARTS_SQL, parameters)
        rows = cursor.fetchall()
    return [
        Part(
            number=number,
            parts=parts,
            route=names.get(route_id, f"route {route_id}"),
            operator_id=operator_key,
            submitted_at=submitted_at,
            status=Status(status) if status is not None else None,
            error_code=error_code or "",
            receipt_at=receipt_at,
        )
        for number, parts, route_id, operator_key, submitted_at, status, error_code, receipt_at in rows
    ]


def _route_ids(batches: Sequence[Batch]) -> set[int]:
    return {route_id for batch in batches for route_id in (batch.route_id, *batch.candidates)}


def _steps(
    message: Message,
    reason: Explanation | None,
    batches: Sequence[Batch],
    parts: Sequence[Part],
    names: dict[int, str],
    template: Template | None,
) -> Iterator[Step]:
    why = reason.sentence if reason else ""
    accepted = _accepted(message, why, batches, template)
    yield accepted
    if accepted.kind is StepKind.BLOCKED:
        return
    for number, batch in enumerate(batches):
        route = names.get(batch.route_id, f"route {batch.route_id}")
        kind = StepKind.MOVED if number else StepKind.BATCHED
        label = f"Moved to {route}" if number else f"Batch of {batch.messages}"
        detail = f"{_LINE_NAMES[BatchState(batch.state)].capitalize()} {route}"
        yield Step(kind, batch.accepted_at if not number else uuid7_time(batch.id), label, detail)
    for part in parts:
        label = f"Submitted, part {part.number} of {part.parts}" if part.parts > 1 else "Submitted"
        detail = f"{part.route} answered with the id {part.operator_id}"
        yield Step(StepKind.SUBMITTED, part.submitted_at, label, detail, Status.SUBMITTED)
        if part.status is not None and part.receipt_at is not None:
            label = f"Receipt for part {part.number}: {part.status.label}"
            detail = explain(part.error_code).sentence if part.error_code else ""
            yield Step(StepKind.RECEIPT, part.receipt_at, label, detail, part.status)
    if message.final_at is not None:
        yield _final(message, why)


def _accepted(message: Message, why: str, batches: Sequence[Batch], template: Template | None) -> Step:
    if not batches and message.status == Status.BLOCKED:
        return Step(StepKind.BLOCKED, message.accepted_at, "Blocked", why, Status.BLOCKED)
    detail = f"By {Source(message.source).label}, {message.segments} segment{'s'[: message.segments != 1]}"
    if template is not None:
        detail += f", template {template}"
    if batches and batches[0].dlt_template_id:
        detail += f" registered as {batches[0].dlt_template_id}, entity {batches[0].dlt_entity_id}"
    at = batches[0].accepted_at if batches else message.accepted_at
    return Step(StepKind.ACCEPTED, at, "Accepted", detail, Status.ACCEPTED)


def _final(message: Message, why: str) -> Step:
    status = Status(message.status)
    words = f"The operator's words: {message.operator_code}" if message.operator_code else ""
    detail = ". ".join(part.rstrip(".") for part in (why, words) if part)
    at = message.final_at or message.accepted_at
    return Step(StepKind.FINAL, at, status.label.capitalize(), detail, status)
