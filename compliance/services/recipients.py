"""What a tenant, and the platform for all of them, chooses about recipients; counts from the next accept on."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from django.db import IntegrityError, transaction

from audit.services import Actor, record
from compliance.errors import InvalidDestination, NotFound
from compliance.models import BlockedDestination, Destination, OutsideHours, RecipientSettings, RuleVersion
from compliance.rules.versions import touch
from kernel.db.tenancy import current_tenant_id, scoped_connection
from kernel.domain.ids import uuid7
from kernel.domain.traffic import TrafficClass

_PREFIX: Final = re.compile(r"\+[1-9][0-9]{0,6}").fullmatch
MOST_DESTINATIONS: Final = 200


class Choices(NamedTuple):
    """The fields are those of `RecipientSettings`; 0 switches a rule off."""

    outside_hours: str = OutsideHours.DEFER
    duplicate_minutes: int = 0
    promotions_per_day: int = 0
    promotions_per_week: int = 0
    home_only: bool = False


def choices() -> Choices:
    """Those in force for the current tenant."""
    row = RecipientSettings.objects.values_list(*Choices._fields).first()
    return Choices() if row is None else Choices(*row)


def choose(*, choices_: Choices, actor: Actor, now: datetime) -> Choices:
    """Choose all of them at once; messages accepted from now on are judged by them."""
    with transaction.atomic(using=scoped_connection().alias):
        before = choices()
        if before == choices_:
            return before
        RecipientSettings.objects.bulk_create(
            [RecipientSettings(**choices_._asdict(), changed_at=now)],
            update_conflicts=True,
            update_fields=[*Choices._fields, "changed_at"],
            unique_fields=["tenant_id"],
        )
        changed = [name for name in Choices._fields if getattr(before, name) != getattr(choices_, name)]
        record(
            action="recipients.choose",
            actor=actor,
            object_type="recipientsettings",
            object_id=current_tenant_id(),
            summary="Chose what is asked about recipients",
            before={name: getattr(before, name) for name in changed},
            after={name: getattr(choices_, name) for name in changed},
            now=now,
        )
        touch()
    return choices_


def close_destination(*, prefix: str, note: str = "", actor: Actor, now: datetime) -> Destination:
    """Let nobody of the organisation send to numbers that begin with these digits.

    Raises:
        InvalidDestination.
    """
    made = Destination(prefix=_digits(prefix), is_open=False, note=note[:200], created_at=now)
    return _keep(made, f"Closed {made.prefix}", actor, now)


def open_destination(
    *, prefix: str, traffic_class: TrafficClass, daily_cap: int, note: str = "", actor: Actor, now: datetime
) -> Destination:
    """Open numbers for one class, up to so many messages in 24 hours.

    Raises:
        InvalidDestination: also without a cap: what may be drained is opened by the spoon.
    """
    if daily_cap < 1:
        raise InvalidDestination(
            "invalid_destination", "An opened destination needs a cap.", "Say how many messages may go in 24 hours."
        )
    made = Destination(
        prefix=_digits(prefix),
        is_open=True,
        traffic_class=traffic_class,
        daily_cap=daily_cap,
        note=note[:200],
        created_at=now,
    )
    summary = f"Opened {made.prefix} for {traffic_class.label}, {daily_cap} in 24 hours"
    return _keep(made, summary, actor, now)


def forget_destination(*, destination_id: UUID, actor: Actor, now: datetime) -> None:
    """Back to what holds without a word of the organisation's.

    Raises:
        NotFound.
    """
    with transaction.atomic(using=scoped_connection().alias):
        found = Destination.objects.filter(pk=destination_id).first()
        if found is None:
            raise NotFound("destination")
        found.delete()
        _record("forget", f"Took back: {found}", destination_id, actor, now)
        touch()


def _digits(prefix: str) -> str:
    given = prefix.strip().replace(" ", "")
    if _PREFIX(given) is None:
        raise InvalidDestination(
            "invalid_destination",
            "A destination is a plus and the first one to seven digits of its numbers.",
            "Write it like +92 or +1876.",
        )
    return given


def _keep(made: Destination, summary: str, actor: Actor, now: datetime) -> Destination:
    if Destination.objects.count() >= MOST_DESTINATIONS:
        raise InvalidDestination(
            "invalid_destination",
            f"There are {MOST_DESTINATIONS} destinations already, the most that are kept.",
            "Take some back, or use fewer digits.",
        )
    try:
        with transaction.atomic(using=scoped_connection().alias):
            made.save(force_insert=True)
            _record("open" if made.is_open else "close", summary, made.pk, actor, now)
            touch()
    except IntegrityError as twice:
        raise InvalidDestination(
            "invalid_destination", f"{made.prefix} is on the list already.", "Take it back first."
        ) from twice
    return made


def _record(verb: str, summary: str, object_id: UUID, actor: Actor, now: datetime) -> None:
    record(
        action=f"destination.{verb}",
        actor=actor,
        object_type="destination",
        object_id=object_id,
        summary=summary,
        now=now,
    )


def block_for_all(*, prefix: str, reason: str, now: datetime) -> BlockedDestination:
    """Close a destination for every tenant; in the platform's context.

    Raises:
        InvalidDestination.
    """
    digits = _digits(prefix)
    with transaction.atomic(using=scoped_connection().alias):
        row, _ = BlockedDestination.objects.update_or_create(
            prefix=digits, defaults={"reason": reason[:200], "created_at": now}
        )
        _touch_all()
    return row


def unblock_for_all(*, prefix: str) -> bool:
    """Returns whether it was closed."""
    with transaction.atomic(using=scoped_connection().alias):
        deleted, _ = BlockedDestination.objects.filter(prefix=_digits(prefix)).delete()
        _touch_all()
    return bool(deleted)


def _touch_all() -> None:
    # Tenants without a row read their facts each time.
    RuleVersion.objects.update(version=uuid7())
