"""Who wants no more messages. Read again by the rules for every accept, so nothing is cached here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.services import SYSTEM, Actor, record
from compliance.errors import InvalidOptOut, NotFound
from compliance.models import OptOut, Sender
from compliance.rules.consent import NotOptedOut
from compliance.statuses import OptOutSource
from kernel.domain.traffic import TrafficClass
from kernel.telecom.e164 import E164
from kernel.telecom.numbers import mask


def opt_out(
    *,
    recipient: E164,
    now: datetime,
    sender: str | None = None,
    source: OptOutSource = OptOutSource.PERSON,
    actor: Actor = SYSTEM,
) -> OptOut:
    """Record that a person wants no more messages; a standing one is kept as it is.

    Args:
        sender: the header they mean; None for all.

    Raises:
        InvalidOptOut: `unknown_sender`; an opt-out from a sender that does not exist would never apply.
    """
    if sender and not Sender.objects.filter(header=sender).exists():
        raise InvalidOptOut(
            "unknown_sender",
            f"There is no sender “{sender}” in your account; capitals count.",
            "Name one of your senders, or leave the sender out to stop all of them.",
            field="sender",
        )
    with transaction.atomic():
        # A repeat is normal (a second STOP), so the constraint decides, not a look before.
        made = OptOut(recipient=recipient, sender=sender or None, source=source, created_at=now)
        OptOut.objects.bulk_create([made], ignore_conflicts=True)
        standing = OptOut.objects.get(recipient=recipient, sender=sender or None, lifted_at=None)
        if standing.pk == made.pk:
            record(
                action="opt_out.create",
                actor=actor,
                object_type="optout",
                object_id=standing.pk,
                summary=f"Recorded the opt-out of {mask(recipient)} from {sender or 'all senders'}",
                after={"sender": sender, "source": str(source)},
                now=now,
            )
    return standing


def lift_opt_out(*, opt_out_id: UUID, actor: Actor, now: datetime, note: str = "") -> OptOut:
    """Take an opt-out back, because the person asked for messages again. Lifting twice changes nothing.

    Raises:
        NotFound: no such opt-out.
    """
    with transaction.atomic():
        standing = OptOut.objects.select_for_update().filter(pk=opt_out_id).first()
        if standing is None:
            raise NotFound("opt-out")
        if standing.lifted_at is None:
            standing.lifted_at = now
            standing.save(update_fields=["lifted_at"])
            record(
                action="opt_out.lift",
                actor=actor,
                object_type="optout",
                object_id=standing.pk,
                summary=f"Lifted the opt-out of {mask(E164(standing.recipient))}",
                after={"sender": standing.sender, "note": note},
                now=now,
            )
    return standing


def opted_out(*, recipients: Sequence[str], sender: str) -> set[str]:
    """Those of `recipients` who want no messages of this sender, passcodes apart; one query."""
    rule = NotOptedOut.load(recipients, [sender])
    return {number for number in recipients if rule.judge(number, sender, TrafficClass.PROMOTIONAL)}
