"""Who wants no more messages. Read again by the rules for every accept, so nothing is cached here.

Each change bumps the tenant's WishVersion and wakes the dispatchers, in its transaction and last: what they have in
stock for these recipients ends unsent within a second (docs/rules.md#consent).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from audit.services import SYSTEM, Actor, record
from compliance.consent.statuses import ConsentAction, ConsentSource
from compliance.errors import InvalidOptOut, NotFound
from compliance.models import ConsentEvent, OptOut, Sender, WishVersion
from compliance.rules.consent import WISHES_CHANNEL, NotOptedOut
from compliance.statuses import OptOutSource
from kernel.db.tenancy import scoped_connection
from kernel.domain.ids import uuid7
from kernel.domain.traffic import TrafficClass
from kernel.telecom.e164 import E164
from kernel.telecom.numbers import mask

EVIDENCE_MAX = 500


@dataclass(frozen=True, slots=True)
class Shown:
    """What a person saw when they chose, and from where they did; empty where nobody knows."""

    wording: str = ""
    wording_version: str = ""
    ip: str | None = None
    user_agent: str = ""


NOTHING_SHOWN: Final = Shown()


@dataclass(frozen=True, slots=True)
class OptOutFile:
    """A file that opt-outs came from, and how many of its lines were no number."""

    name: str
    unreadable: int


_CONSENT_SOURCE = {
    OptOutSource.PERSON: ConsentSource.MEMBER,
    OptOutSource.API: ConsentSource.API,
    OptOutSource.REPLY: ConsentSource.KEYWORD,
    OptOutSource.LINK: ConsentSource.LINK,
    OptOutSource.IMPORT: ConsentSource.IMPORT,
    OptOutSource.FAILED: ConsentSource.MEMBER,
}


def opt_out(
    *,
    recipient: E164,
    now: datetime,
    sender: str | None = None,
    topic: str | None = None,
    source: OptOutSource = OptOutSource.PERSON,
    evidence: str = "",
    actor: Actor = SYSTEM,
    shown: Shown = NOTHING_SHOWN,
) -> OptOut:
    """Record that a person wants no more messages; a standing one is kept as it is.

    Args:
        sender: the header they mean; None for all.
        topic: of the templates they mean; None for all.
        evidence: what they said, where it is known.

    Raises:
        InvalidOptOut: `unknown_sender`; an opt-out from a sender that does not exist would never apply.
    """
    check_sender(sender)
    with transaction.atomic(using=scoped_connection().alias):
        # A repeat is normal (a second STOP), so the constraint decides, not a look before.
        made = OptOut(recipient=recipient, sender=sender or None, topic=topic or None, source=source, created_at=now)
        OptOut.objects.bulk_create([made], ignore_conflicts=True)
        standing = OptOut.objects.get(recipient=recipient, sender=made.sender, topic=made.topic, lifted_at=None)
        if standing.pk == made.pk:
            _note([standing], ConsentAction.WITHDRAWN, evidence, actor, now, shown)
            record(
                action="opt_out.create",
                actor=actor,
                object_type="optout",
                object_id=standing.pk,
                summary=f"Recorded the opt-out of {mask(recipient)} from {_scope(standing)}",
                after={"sender": standing.sender, "topic": standing.topic, "source": str(source)},
                now=now,
            )
            tell()
    return standing


def opt_out_many(
    *,
    recipients: Sequence[E164],
    now: datetime,
    actor: Actor,
    sender: str | None = None,
    topic: str | None = None,
    source: OptOutSource = OptOutSource.IMPORT,
    evidence: str = "",
    file: OptOutFile | None = None,
) -> int:
    """Record many opt-outs at once, in one transaction; returns how many are new.

    Args:
        file: where they came from, for the trail.

    Raises:
        InvalidOptOut: `unknown_sender`.
    """
    check_sender(sender)
    wanted = {"sender": sender or None, "topic": topic or None}
    with transaction.atomic(using=scoped_connection().alias):
        rows = [OptOut(recipient=each, source=source, created_at=now, **wanted) for each in dict.fromkeys(recipients)]
        OptOut.objects.bulk_create(rows, ignore_conflicts=True)
        made = list(OptOut.objects.filter(pk__in=[row.pk for row in rows]))
        if made:
            _note(made, ConsentAction.WITHDRAWN, evidence, actor, now)
            record(
                action="opt_out.import",
                actor=actor,
                object_type="optout",
                object_id=made[0].pk,
                summary=f"Recorded {len(made)} opt-outs from {_scope(made[0])}"
                + (f", of “{file.name}”" if file else ""),
                after={**wanted, "source": str(source), "numbers": len(made)}
                | ({"file": file.name, "unreadable": file.unreadable} if file else {}),
                now=now,
            )
            tell()
    return len(made)


def lift_opt_out(*, opt_out_id: UUID, proof: str, actor: Actor, now: datetime) -> OptOut:
    """Take an opt-out back, because the person asked for messages again. Lifting twice changes nothing.

    Args:
        proof: how the person asked: what they wrote, the call, the signed form.

    Raises:
        NotFound: no such opt-out.
        InvalidOptOut: `proof_missing`.
    """
    if not proof.strip():
        raise InvalidOptOut(
            "proof_missing",
            "An opt-out is lifted only when the person asked for it, and how they asked is kept.",
            "Say how the person asked: their words, the call or the form.",
            field="proof",
        )
    with transaction.atomic(using=scoped_connection().alias):
        standing = OptOut.objects.select_for_update().filter(pk=opt_out_id).first()
        if standing is None:
            raise NotFound("opt-out")
        if standing.lifted_at is None:
            _resume(standing, proof, OptOutSource.PERSON, actor, now)
    return standing


def start_again(
    *,
    recipient: E164,
    sender: str | None,
    words: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Lift, by the person's own word, what stands in the way of messages of this sender; None for any.

    Returns:
        How many opt-outs were lifted.
    """
    with transaction.atomic(using=scoped_connection().alias):
        standing = OptOut.objects.select_for_update().filter(recipient=recipient, lifted_at=None).order_by("pk")
        lifted = [each for each in standing if _is_about(each.sender, sender)]
        for each in lifted:
            _resume(each, words, OptOutSource.REPLY, actor, now)
    return len(lifted)


def undo_opt_out(*, opt_out_id: UUID, words: str, actor: Actor, shown: Shown, now: datetime) -> bool:
    """Lift this opt-out by the word of who made it on the opt-out page; whether it still stood.

    It makes no consent: one that stood before the stop stands again, as long as it would have.
    """
    with transaction.atomic(using=scoped_connection().alias):
        standing = OptOut.objects.select_for_update().filter(pk=opt_out_id, lifted_at=None).first()
        if standing is not None:
            earlier = _consent_before(standing)
            _lift(standing, words, actor, now)
            if earlier is not None:
                standing.source = OptOutSource.LINK
                _note([standing], ConsentAction.GIVEN, words, actor, now, shown, earlier.valid_until)
    return standing is not None


def opted_out(*, recipients: Sequence[str], sender: str, topic: str = "") -> set[str]:
    """Those of `recipients` who want no messages of this sender, passcodes apart; one query."""
    rule = NotOptedOut.load(recipients, [sender])
    return {number for number in recipients if rule.judge(number, sender, TrafficClass.PROMOTIONAL, topic)}


def tell() -> None:
    """Let dispatchers look through their stock once this transaction is committed; call it last: it locks a row."""
    WishVersion.objects.bulk_create(
        [WishVersion(version=uuid7())], update_conflicts=True, update_fields=["version"], unique_fields=["tenant_id"]
    )
    with scoped_connection().cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [WISHES_CHANNEL])


def _is_about(scope: str | None, wanted: str | None) -> bool:
    return wanted is None or scope in (None, wanted)


def check_sender(sender: str | None) -> None:
    """
    Raises:
        InvalidOptOut: `unknown_sender`.
    """
    if sender and not Sender.objects.filter(header=sender).exists():
        raise InvalidOptOut(
            "unknown_sender",
            f"There is no sender “{sender}” in your account; capitals count.",
            "Name one of your senders, or leave the sender out to stop all of them.",
            field="sender",
        )


def _consent_before(standing: OptOut) -> ConsentEvent | None:
    """The consent that this opt-out ended; None where there was none."""
    said = ConsentEvent.objects.filter(
        recipient=standing.recipient,
        sender__in=("", standing.sender or ""),
        topic__in=("", standing.topic or ""),
        recorded_at__lt=standing.created_at,
    )
    last = said.order_by("-id").first()
    return last if last and last.action in (ConsentAction.GIVEN, ConsentAction.CONFIRMED) else None


def _resume(standing: OptOut, proof: str, source: OptOutSource, actor: Actor, now: datetime) -> None:
    """Lift it because the person asked to hear again, which is a consent."""
    _lift(standing, proof, actor, now)
    standing.source = source
    _note([standing], ConsentAction.GIVEN, standing.proof, actor, now)


def _lift(standing: OptOut, proof: str, actor: Actor, now: datetime) -> None:
    standing.lifted_at, standing.proof = now, proof.strip()[:EVIDENCE_MAX]
    standing.save(update_fields=["lifted_at", "proof"])
    record(
        action="opt_out.lift",
        actor=actor,
        object_type="optout",
        object_id=standing.pk,
        summary=f"Lifted the opt-out of {mask(E164(standing.recipient))}",
        after={"sender": standing.sender, "topic": standing.topic, "proof": standing.proof},
        now=now,
    )


def _note(
    opt_outs: Sequence[OptOut],
    action: ConsentAction,
    evidence: str,
    actor: Actor,
    now: datetime,
    shown: Shown = NOTHING_SHOWN,
    valid_until: datetime | None = None,
) -> None:
    ConsentEvent.objects.bulk_create(
        ConsentEvent(
            recipient=each.recipient,
            sender=each.sender or "",
            topic=each.topic or "",
            action=action,
            source=_CONSENT_SOURCE[OptOutSource(each.source)],
            evidence=evidence[:EVIDENCE_MAX],
            wording=shown.wording,
            wording_version=shown.wording_version,
            ip=shown.ip,
            user_agent=shown.user_agent[:300],
            actor_id=actor.id,
            actor_label=actor.label[:255],
            at=now,
            recorded_at=now,
            valid_until=valid_until,
        )
        for each in opt_outs
    )


def _scope(standing: OptOut) -> str:
    of = standing.sender or "all senders"
    return f"{of}, topic “{standing.topic}”" if standing.topic else of
