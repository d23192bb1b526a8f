"""Proof that people want messages: what happened is appended, and nothing is ever changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q

from audit.services import Actor, record
from compliance.consent.statuses import STANDING, ConsentAction, ConsentSource
from compliance.errors import InvalidConsent
from compliance.models import ConsentEvent, ConsentPolicy, OptOut
from compliance.models.consent import REASK_AFTER
from compliance.services.opt_outs import tell
from kernel.db.tenancy import scoped_connection
from kernel.domain.ids import uuid7
from kernel.telecom.e164 import E164
from kernel.telecom.numbers import mask


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows that a consent was given.

    Args:
        at: when it was given; not in the future.
        wording: what the person agreed to, in the words they saw.
        evidence: where it can be checked: an address, a file's hash, a call's or a register's id. Without it the
            consent is only asserted.
        valid_until: None for consents without an end.
    """

    source: ConsentSource
    at: datetime
    wording: str = ""
    wording_version: str = ""
    evidence: str = ""
    ip: str | None = None
    user_agent: str = ""
    valid_until: datetime | None = None


def record_consent(
    *,
    recipient: E164,
    action: ConsentAction,
    proof: Proof,
    actor: Actor,
    now: datetime,
    sender: str = "",
    topic: str = "",
) -> ConsentEvent:
    """Append what happened to a person's consent. It lifts no opt-out: only the person does that.

    Args:
        sender: empty for any; `topic` likewise.

    Raises:
        InvalidConsent: `consent_in_future`, `consent_over` (its validity ends before it begins), or `asked_too_soon`:
            the person opted out less than 90 days before, and nothing shows that they came back by themselves.
    """
    _check(proof, now)
    if action in STANDING and not proof.evidence:
        _refuse_too_soon(recipient, sender, topic, proof.at)
    with transaction.atomic(using=scoped_connection().alias):
        event = ConsentEvent.objects.create(
            id=uuid7(),
            recipient=recipient,
            sender=sender,
            topic=topic,
            action=action,
            source=proof.source,
            wording=proof.wording[:1000],
            wording_version=proof.wording_version[:40],
            evidence=proof.evidence[:500],
            ip=proof.ip,
            user_agent=proof.user_agent[:300],
            actor_id=actor.id,
            actor_label=actor.label[:255],
            at=proof.at,
            recorded_at=now,
            valid_until=proof.valid_until,
        )
        _audit(event, recipient, actor, now)
        if action not in STANDING:
            tell()
    return event


def _audit(event: ConsentEvent, recipient: E164, actor: Actor, now: datetime) -> None:
    about = f"Consent of {mask(recipient)} to {event.sender or 'all senders'}"
    record(
        action=f"consent.{event.action}",
        actor=actor,
        object_type="consent",
        object_id=event.pk,
        summary=f"{about}: {ConsentAction(event.action).label.lower()}",
        after={
            "sender": event.sender,
            "topic": event.topic,
            "source": str(event.source),
            "evidence": event.evidence,
        },
        now=now,
    )


def need_consent(*, is_needed: bool, actor: Actor, now: datetime) -> None:
    """Set whether promotions need consent even of people in no register."""
    with transaction.atomic(using=scoped_connection().alias):
        policy, _ = ConsentPolicy.objects.get_or_create()
        if policy.needs_consent == is_needed:
            return
        policy.needs_consent = is_needed
        policy.save(update_fields=["needs_consent"])
        record(
            action="consent.policy",
            actor=actor,
            object_type="consentpolicy",
            object_id=policy.pk,
            summary="Promotions need consent" if is_needed else "Promotions need consent only where a register asks",
            before={"needs_consent": not is_needed},
            after={"needs_consent": is_needed},
            now=now,
        )
        tell()


def reask_after(*, recipient: str, sender: str, topic: str) -> datetime | None:
    """Until when this person may not be asked for consent; None when they never opted out of it."""
    fits = Q(sender=None) | Q(sender=sender)
    about = Q(topic=None) | Q(topic=topic)
    last = OptOut.objects.filter(fits, about, recipient=recipient).order_by("-created_at").first()
    return last.reask_after if last else None


@dataclass(frozen=True, slots=True)
class Timeline:
    """All that one number told: newest first."""

    events: Sequence[ConsentEvent]
    standing: Sequence[OptOut]


_MOST: Final = 500


def timeline_of(recipient: E164) -> Timeline:
    """What happened to a number's consent, the newest 500 events; two queries."""
    events = list(ConsentEvent.objects.filter(recipient=recipient).order_by("-id")[:_MOST])
    standing = list(OptOut.objects.filter(recipient=recipient, lifted_at=None).order_by("-id"))
    return Timeline(events, standing)


def _check(proof: Proof, now: datetime) -> None:
    if proof.at > now:
        raise InvalidConsent(
            "consent_in_future", "This consent would be given in the future.", "Check its date and zone.", field="at"
        )
    if proof.valid_until is not None and proof.valid_until <= proof.at:
        raise InvalidConsent(
            "consent_over",
            "This consent ends before it was given.",
            "Check both dates, or leave the end out.",
            field="valid_until",
        )


def _refuse_too_soon(recipient: str, sender: str, topic: str, at: datetime) -> None:
    until = reask_after(recipient=recipient, sender=sender, topic=topic)
    if until is not None and at < until:
        raise InvalidConsent(
            "asked_too_soon",
            f"The person opted out; nobody may ask them again for {REASK_AFTER.days} days, until {until:%d %b %Y}.",
            "Record it with the evidence that the person came back by themselves, or wait.",
            field="evidence",
        )
