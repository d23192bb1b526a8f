"""“Why not?”: what became of one number in one campaign, by which rule, when, and what can be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from campaigns.models import Campaign, Chunk, Contact, Run
from campaigns.statuses import CampaignState, ChunkState
from kernel.domain.catalogue import explain
from kernel.telecom.e164 import E164
from messaging.models import Message
from messaging.queries import current_status, explanation_of
from messaging.statuses import FINAL_FROM, Status


@dataclass(frozen=True, slots=True)
class Answer:
    """One sentence, a reason and a remedy; the message behind it where there is one."""

    state: str
    sentence: str
    remedy: str = ""
    code: str = ""
    at: datetime | None = None
    message_id: UUID | None = None


def why(campaign: Campaign, number: E164) -> Answer:
    """What became of the number; always an answer. A handful of queries."""
    message = Message.objects.filter(recipient=number, campaign_id=campaign.id).order_by("-id").first()
    return _of_message(message) if message is not None else _without_message(campaign, number)


def _of_message(message: Message) -> Answer:
    status = current_status(message)
    label = status.label
    if status is Status.DELIVERED:
        return Answer(label, "The message was delivered.", at=message.final_at, message_id=message.id)
    if status < FINAL_FROM:
        sentence = {
            Status.SUBMITTED: "The operator has the message; its receipt has not come yet.",
            Status.QUEUED: "The message is being handed to the operator.",
        }.get(status, "The message is written and waits for its turn.")
        return Answer(label, sentence, "Nothing is wrong so far; look again in a moment.", message_id=message.id)
    entry = explanation_of(message) or explain("outcome_unknown")
    return Answer(label, entry.sentence, entry.remedy, entry.code, message.final_at, message.id)


def _without_message(campaign: Campaign, number: E164) -> Answer:
    run = Run.objects.filter(campaign=campaign).order_by("-number").first()
    if run is None:
        return Answer(
            "draft", "The campaign has not begun, so nobody has got a message.", "Send it, or wait for its time."
        )
    contact = Contact.objects.filter(phone=number).first()
    around = _chunks_around(run, contact) if contact else []
    if any(not chunk.contact_ids for chunk in around):
        return Answer(
            "not known any more",
            "Who this campaign was for has been forgotten, as its messages have.",
            "Reports of its outcome are kept; those on single people are not.",
        )
    chunk = next((chunk for chunk in around if contact and contact.id in chunk.contact_ids), None)
    if chunk is None:
        return _outside(run, contact)
    if chunk.state == ChunkState.CANCELLED:
        return Answer(
            "cancelled",
            "The campaign was cancelled before this person's message was written; nothing was charged.",
            "Make a new campaign for those who were not reached.",
            "cancelled",
            chunk.done_at,
        )
    is_paused = campaign.state == CampaignState.PAUSED
    remedy = "Resume the campaign." if is_paused else "Nothing is wrong so far; look again in a moment."
    return Answer("waiting", "This person's message has not been written yet.", remedy)


def _chunks_around(run: Run, contact: Contact) -> list[Chunk]:
    return list(Chunk.objects.filter(run=run, first_contact_id__lte=contact.id, last_contact_id__gte=contact.id))


def _outside(run: Run, contact: Contact | None) -> Answer:
    if contact is None:
        return Answer(
            "not in it", "This number is none of your contacts.", "Import it into a list, then make a new campaign."
        )
    return Answer(
        "not in it",
        "This person was not on the campaign's lists when its audience was fixed.",
        "Put them on a list and make a new campaign for it.",
        at=run.frozen_at,
    )
