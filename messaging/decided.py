"""Why a message was allowed or refused: the ruling that the log names beside it, and what its recipient had said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from compliance.models import Template
from compliance.rules.explaining import Explanation, Wish, explain_ruling, wishes_at
from messaging.models import Message, MessageEvent
from messaging.queries import explanation_of
from messaging.statuses import EventKind, Status


@dataclass(frozen=True, slots=True)
class Decided:
    """What decided about one message.

    Args:
        at: when it was judged.
        refusal: what a blocked one was told; None of one that was accepted.
        explanation: None where no ruling was kept: the number could not be read, or it is older than rulings.
    """

    message: Message
    at: datetime
    refusal: tuple[str, str] | None
    explanation: Explanation | None
    wishes: Sequence[Wish]


def decided(message_id: UUID, *, now: datetime) -> Decided:
    """What is known of it, in the current tenant.

    Args:
        now: the today that is compared with.

    Raises:
        Message.DoesNotExist: the current tenant has none of this id.
    """
    message = Message.objects.get(pk=message_id)
    event = _event(message)
    at = event.at if event else message.accepted_at
    refusal = None
    if message.status == Status.BLOCKED:
        told = explanation_of(message)
        refusal = (told.sentence, told.remedy) if told else ("", "")
    topic = ""
    if message.template_id:
        topic = Template.objects.filter(pk=message.template_id).values_list("topic", flat=True).first() or ""
    return Decided(
        message=message,
        at=at,
        refusal=refusal,
        explanation=explain_ruling(event.ruling_id, now=now) if event and event.ruling_id else None,
        wishes=wishes_at(recipient=message.recipient, sender=message.sender, topic=topic, at=at),
    )


def _event(message: Message) -> MessageEvent | None:
    """The row of the log with which the message began, or began and ended."""
    if message.batch_id:
        return MessageEvent.objects.filter(batch_id=message.batch_id, kind=EventKind.ACCEPTED).first()
    if message.final_at is None:
        return None
    # Both were written with one instant.
    same = MessageEvent.objects.filter(outcome=Status.BLOCKED, at=message.final_at, ids__contains=[message.pk])
    return same.order_by("-pk").first()
