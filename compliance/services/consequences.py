"""What a portal's word about a record means for messages that were accepted already."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from audit.services import Actor
from compliance.models import Chain, DltRegistration, Entity, PortalRecord, SenderRegistration, Stop
from compliance.services.stops import Counts, follow, lift
from compliance.statuses import PortalState

# What was in use and is not any more. A record that waits for the portal's first yes has nothing to stop.
STOPPED_STATES: Final = frozenset(
    {
        PortalState.SUSPENDED,
        PortalState.BLACKLISTED,
        PortalState.RETIRED,
        PortalState.REVOKED,
        PortalState.CLOSED,
        PortalState.REJECTED,
        PortalState.DECLINED,
    }
)


class _Subject(NamedTuple):
    kind: Stop.Kind
    key: str
    object_id: UUID
    label: str
    country: str = ""


def follow_portal(record: PortalRecord, *, before: Mapping[str, object] | None, actor: Actor, now: datetime) -> Counts:
    """Stop or let go what stands on a saved record, in the transaction that changed its state.

    Costs nothing where neither the state before nor the one now is among those that stop: files of thousands of
    records that are new, or as they were, ask nothing.

    Args:
        before: its facts before the change, as the trail has them, with `portal_state`; None of a new record.
    """
    is_stopped = record.portal_state in STOPPED_STATES
    if before is None:
        # A new chain to the same telemarketer serves what the one before it kept back.
        is_affected = isinstance(record, Chain) and record.is_active
    else:
        is_affected = is_stopped or isinstance(record, Chain) or before["portal_state"] in STOPPED_STATES
    return follow_change(record, actor=actor, now=now) if is_affected else Counts()


def follow_change(record: PortalRecord, *, actor: Actor, now: datetime) -> Counts:
    """As `follow_portal`, of a record whose state is known to have changed."""
    if isinstance(record, Chain) and record.is_active:
        key = chain_key(record)
        return lift(kind=Stop.Kind.CHAIN, object_id=record.pk, key=key, actor=actor, now=now)
    subject = _subject(record)
    if subject is None:
        return Counts()
    state = PortalState(record.portal_state).label.lower()
    words = f": {record.state_reason.rstrip('.')}" if record.state_reason else ""
    return follow(
        kind=subject.kind,
        key=subject.key,
        object_id=subject.object_id,
        label=subject.label,
        is_stopped=record.portal_state in STOPPED_STATES,
        reason=f"The {subject.kind.label.lower()} “{subject.label}” is {state} on its portal{words}",
        actor=actor,
        now=now,
        country=subject.country,
    )


def chain_key(chain: Chain) -> str:
    """By what a chain's stop is found: its entity, and the telemarketer at its end."""
    return f"{chain.entity.dlt_entity_id}:{chain.delivery_id}"


def _subject(record: PortalRecord) -> _Subject | None:
    """What messages carry of a record; None of one that they carry nothing of, such as a link."""
    if isinstance(record, Entity):
        return _Subject(Stop.Kind.ENTITY, record.dlt_entity_id, record.pk, record.legal_name)
    if isinstance(record, SenderRegistration):
        return _Subject(Stop.Kind.SENDER, record.sender.header, record.sender_id, record.sender.header, record.country)
    if isinstance(record, DltRegistration):
        template = record.template
        return _Subject(Stop.Kind.TEMPLATE, str(template.pk), template.pk, str(template), record.country)
    if isinstance(record, Chain):
        return _Subject(Stop.Kind.CHAIN, chain_key(record), record.pk, str(record))
    return None
