"""Registrations that operators refuse again and again are suspended here too, before more is sent in vain."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from audit.services import SYSTEM, record
from compliance.models import DltRegistration, Entity, SenderRegistration
from compliance.models.portal import PortalRecord
from compliance.queries import subject_of
from compliance.rules.versions import touch
from compliance.services.consequences import follow_portal
from compliance.services.portal import Told, portal_facts, take_down, told_of
from compliance.statuses import PortalState, StateSource
from kernel.db.tenancy import scoped_connection
from tenants.roles import Permission
from tenants.services import News, Tone, notify, people_with

COUNTRY: Final = "IN"
ENTITY, HEADER, TEMPLATE = "dlt_entity_inactive", "dlt_header_inactive", "dlt_template_inactive"
SUSPENDING: Final = (ENTITY, HEADER, TEMPLATE)


def suspend_scrubbed(*, code: str, key: str, refused: int, now: datetime) -> list[PortalRecord]:
    """Suspend what operators say is not active, as the delivery reports tell, and tell the reviewers.

    Args:
        code: one of SUSPENDING.
        key: what messages carry: the entity's id, the header, or our id of the template.
        refused: how many messages said so.

    Returns:
        What was suspended by this call; what is not active already stays as it is.
    """
    suspended = []
    with transaction.atomic(using=scoped_connection().alias):
        for found in _records(code, key).filter(portal_state=PortalState.ACTIVE).select_for_update(of=("self",)):
            _suspend(found, refused, now)
            suspended.append(found)
        if suspended:
            touch()
    return suspended


def _records(code: str, key: str) -> QuerySet[Any]:
    if code == ENTITY:
        return Entity.objects.filter(dlt_entity_id=key)
    if code == HEADER:
        return SenderRegistration.objects.filter(sender__header=key, country=COUNTRY).select_related("sender")
    return DltRegistration.objects.filter(template_id=key, country=COUNTRY).select_related("template")


def _suspend(found: PortalRecord, refused: int, now: datetime) -> None:
    before = portal_facts(found)
    reason = f"Operators refused {refused} messages within ten minutes: it is not active on the portal"
    standing: Told = told_of(found)
    take_down(found, replace(standing, state=PortalState.SUSPENDED, reason=reason, source=StateSource.DLR), now)
    found.save()
    object_id, label = subject_of(found)
    kind = {"header": "sender"}.get(found.portal_kind.value, found.portal_kind.value)
    record(
        action=f"{kind}.scrubbed",
        actor=SYSTEM,
        object_type=kind,
        object_id=object_id,
        summary=f"Suspended {label}, which operators refuse",
        before=before,
        after=portal_facts(found),
        now=now,
    )
    follow_portal(found, before=before, actor=SYSTEM, now=now)
    news = News(
        f"{label} is suspended: operators refuse it",
        reverse("reporting:gaps"),
        f"{reason}. Look at the portal, and record its state when it is active again.",
        Tone.BAD,
    )
    notify(user_ids=people_with(Permission.REVIEW_COMPLIANCE), news=news, now=now)
