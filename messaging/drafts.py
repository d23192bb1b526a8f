"""What comes in at the door and what goes back out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from compliance.rules import Refusal, Values
from kernel.domain.traffic import TrafficClass
from messaging.statuses import Status

__all__ = ["CampaignRef", "Draft", "Group", "Outcome", "Refusal", "Shared"]


@dataclass(frozen=True, slots=True)
class Draft:
    """One message as somebody wants it sent.

    Args:
        recipient: as typed; read with the tenant's country as default, or E.164 when `normalised`.
        sender: header as registered; capitals count.
        text: the ready text; None renders `template_id` with `variables`.
        template_id: our id or the portal's; None searches the sender's templates by the text.
        variables: by name, or in the order of the template's tags.
        traffic_class: may lower the template's priority, never raise it.
        reference: the caller's own word for the message, at most 100 characters.
        send_at: not before; None or past means now.
        not_after: useless from then on; None is the installation's default validity.
        message_id: for sources that derive the id, so that a repeat is refused by the primary key.
    """

    recipient: str
    sender: str
    text: str | None = None
    template_id: UUID | str | None = None
    variables: Mapping[str, str] | Sequence[str] | None = None
    traffic_class: TrafficClass | None = None
    reference: str | None = None
    tags: tuple[str, ...] = ()
    send_at: datetime | None = None
    not_after: datetime | None = None
    message_id: UUID | None = None
    normalised: bool = False


@dataclass(frozen=True, slots=True)
class Shared:
    """What the messages of a group have in common; the fields are those of a draft."""

    sender: str
    template_id: UUID | str | None = None
    traffic_class: TrafficClass | None = None
    send_at: datetime | None = None
    not_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Messages by columns, one row each: how whatever comes in is decided.

    Args:
        numbers: how the caller counts its messages, one per row.
        ids: 16 octets each.
        born: the time in the ids.
        recipients: E.164.
        content: the ready texts, or the values of the template; one per row.
    """

    shared: Shared
    numbers: Sequence[int]
    ids: Sequence[bytes]
    born: datetime
    recipients: Sequence[str]
    content: Sequence[str] | Values


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided on one draft. A refused one has a row too, so that it can be found and explained.

    Args:
        warnings: codes of rules that object without refusing, of an accepted draft.
        send_at: when it goes out, of one that waits.
    """

    id: UUID
    status: Status
    segments: int
    price_micros: int
    refusal: Refusal | None = None
    warnings: tuple[str, ...] = ()
    send_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CampaignRef:
    id: UUID
    label: str
