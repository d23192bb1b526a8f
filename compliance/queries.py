"""Whose header is meant, and what the register is about to lose: what ends, what nobody used."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from compliance.identifiers import bare_header
from compliance.models import (
    Chain,
    ConsentTemplate,
    DltRegistration,
    Entity,
    Link,
    Sender,
    SenderRegistration,
    Telemarketer,
)
from compliance.models.portal import PortalRecord
from compliance.statuses import PortalKind, PortalState, Suspension

# Portals tell days of their country; the registers that tell any are India's.
REGISTER_ZONE: Final = ZoneInfo("Asia/Kolkata")
WARN_DAYS: Final = 7
# Warns whoever gave a header as handsets show it that another one was taken.
SENDER_AS_SHOWN: Final = "sender_as_shown"


@dataclass(frozen=True, slots=True)
class Ending:
    """One record that will not be usable for long.

    Args:
        object_id: of what has a page: the sender's or template's, for their registrations.
        why: VALIDITY, its last day is `on`; USAGE, it is idle on that day by the portals' rule.
    """

    kind: PortalKind
    object_id: UUID
    label: str
    why: Suspension
    on: date


def register_day(now: datetime) -> date:
    """The day that it is for a register."""
    return now.astimezone(REGISTER_ZONE).date()


def as_registered(headers: Collection[str]) -> dict[str, str]:
    """Of headers written as handsets show them, such as `VM-ACMEIN-S`, the tenant's own ones that are meant.

    What is a header of the tenant exactly as it is written means itself. One query where any looks so, else none.
    """
    meant = {header: bare for header in headers if (bare := bare_header(header)) != header}
    if not meant:
        return {}
    own = set(Sender.objects.filter(header__in=[*meant, *meant.values()]).values_list("header", flat=True))
    return {header: bare for header, bare in meant.items() if header not in own and bare in own}


def ending_soon(*, now: datetime, within_days: int = WARN_DAYS) -> list[Ending]:
    """The tenant's active records that expire or idle out within so many days, the first ones first.

    What is idle already is among them, as portals do not say at once that they blocked it. Nine queries.
    """
    last = register_day(now) + timedelta(days=within_days)
    expiring = (
        _ending(record, Suspension.VALIDITY, record.valid_to)
        for records in portal_records()
        for record in records.filter(portal_state=PortalState.ACTIVE, valid_to__lte=last)
    )
    return sorted((*expiring, *_idling(last)), key=lambda ending: (ending.on, ending.label))


def portal_records() -> Iterator[QuerySet[Any]]:
    """Every kind of portal record, with what its label is made of."""
    yield Entity.objects.all()
    yield Telemarketer.objects.all()
    yield SenderRegistration.objects.select_related("sender")
    yield DltRegistration.objects.select_related("template")
    yield Link.objects.all()
    yield ConsentTemplate.objects.all()
    yield Chain.objects.select_related("entity")


def subject_of(record: PortalRecord) -> tuple[UUID, str]:
    """Id and label of what a portal record is about."""
    if isinstance(record, SenderRegistration):
        return record.sender_id, record.sender.header
    if isinstance(record, DltRegistration):
        return record.template_id, str(record.template)
    return record.pk, str(record)


def idle_on(record: SenderRegistration | DltRegistration) -> date:
    """The day on which a registration counts as unused, if nothing is sent with it until then."""
    since = record.last_used_at or record.changed_at
    return register_day(since) + timedelta(days=_idle_days(record))


def _idling(last: date) -> Iterator[Ending]:
    for model, about in ((SenderRegistration, "sender"), (DltRegistration, "template")):
        records: QuerySet[Any] = model.objects.select_related(about).filter(portal_state=PortalState.ACTIVE)
        days = _idle_days(model())
        # A day more than needed: the exact one depends on the hour, and is looked at below.
        since = datetime.combine(last - timedelta(days=days - 1), datetime.min.time(), REGISTER_ZONE)
        for record in records.annotate(since=Coalesce("last_used_at", "changed_at")).filter(since__lt=since):
            yield _ending(record, Suspension.USAGE, idle_on(record))


def _idle_days(record: SenderRegistration | DltRegistration) -> int:
    is_header = isinstance(record, SenderRegistration)
    return int(settings.DLT_HEADER_IDLE_DAYS if is_header else settings.DLT_TEMPLATE_IDLE_DAYS)


def _ending(record: PortalRecord, why: Suspension, on: date) -> Ending:
    object_id, label = subject_of(record)
    return Ending(record.portal_kind, object_id, label, why, on)
