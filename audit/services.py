"""Writing the trail. Every service that changes a record a person may ask about calls `record` in its transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from audit.models import Entry
from kernel.db.tenancy import current_tenant_id
from kernel.domain.clock import utc_now


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a user's or token's id with the name shown for it, or a process of ours, which has no id."""

    id: UUID | None
    label: str


@dataclass(frozen=True, slots=True)
class Where:
    """From where somebody acts: the address that asked, and what its program calls itself."""

    ip: str | None
    agent: str | None


SYSTEM = Actor(None, "Dakiya")
# Asked when an entry is written, which few requests do; None outside of requests. Set by audit.middleware alone.
current_where: Final[ContextVar[Callable[[], Where] | None]] = ContextVar("current_where", default=None)
# Whose trail holds what staff do to records of the platform itself: no tenant has this id.
PLATFORM: Final = UUID(int=0)


def record(
    *,
    action: str,
    actor: Actor,
    object_type: str,
    object_id: UUID,
    summary: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    now: datetime | None = None,
    tenant_id: UUID | None = None,
) -> Entry:
    """Write one entry in the caller's transaction; from where is what the request says, if one is being served.

    Args:
        action: `noun.verb`, e.g. "template.approve".
        object_type: the model's name in lower case.
        summary: one sentence in the past tense, without the actor.
        before: the changed fields as JSON values; never secrets, texts or recipients.
        after: the same fields now.
        tenant_id: needed in a platform context only.
    """
    ask = current_where.get()
    where = ask() if ask else Where(None, None)
    return Entry.objects.create(
        tenant_id=tenant_id or current_tenant_id(),
        at=now or utc_now(),
        actor_id=actor.id,
        actor_label=actor.label[:255],
        ip=where.ip,
        agent=where.agent,
        action=action,
        object_type=object_type,
        object_id=object_id,
        summary=summary[:500],
        before=None if before is None else dict(before),
        after=None if after is None else dict(after),
    )


def record_for_platform(
    *,
    action: str,
    actor: Actor,
    object_type: str,
    number: int,
    summary: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> Entry:
    """`record` for what is no tenant's, in a platform context: routes and plans. Sealed like any other trail.

    Args:
        number: the record's primary key.
    """
    return record(
        action=action,
        actor=actor,
        object_type=object_type,
        object_id=UUID(int=number),
        summary=summary,
        before=before,
        after=after,
        now=now,
        tenant_id=PLATFORM,
    )
