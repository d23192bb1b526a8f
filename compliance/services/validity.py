"""What time does to portal records: validity that passes, and use that is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.services import SYSTEM, record
from compliance.models.portal import PortalRecord
from compliance.queries import portal_records, register_day, subject_of
from compliance.rules.versions import touch
from compliance.services.consequences import follow_portal
from compliance.services.portal import portal_facts
from compliance.statuses import PortalKind, PortalState, Suspension
from kernel.db.tenancy import scoped_connection

_OBJECT_TYPES: Mapping[PortalKind, str] = {
    PortalKind.HEADER: "sender",
    PortalKind.CONSENT_TEMPLATE: "consenttemplate",
}
_NOTE_USE = """
    UPDATE {table} registration SET last_used_at = used.at
    FROM unnest(%s::{type}[], %s::timestamptz[]) used (key, at) {join}
    WHERE registration.country = 'IN' AND {condition}
      AND (registration.last_used_at IS NULL OR registration.last_used_at < used.at)"""
_NOTE_SENDERS = _NOTE_USE.format(
    table="compliance_senderregistration",
    type="text",
    join="JOIN compliance_sender sender ON sender.header = used.key",
    condition="registration.tenant_id = sender.tenant_id AND registration.sender_id = sender.id",
)
_NOTE_TEMPLATES = _NOTE_USE.format(
    table="compliance_dltregistration", type="uuid", join="", condition="registration.template_id = used.key"
)


def suspend_expired(*, now: datetime) -> list[PortalRecord]:
    """Suspend the tenant's active records whose last day is over, as their portals do that day.

    The next word of a portal, or a member's, makes them active again.
    """
    today, expired = register_day(now), []
    with transaction.atomic(using=scoped_connection().alias):
        for records in portal_records():
            ended = records.filter(portal_state=PortalState.ACTIVE, valid_to__lt=today)
            expired += [_suspend(each, now) for each in ended.select_for_update(of=("self",))]
        if expired:
            touch()
    return expired


def note_use(*, headers: Mapping[str, datetime], templates: Mapping[UUID, datetime]) -> int:
    """Remember when senders and templates were last used for India, whose portals block what nobody uses.

    In bulk, from what was sent since the last time; an earlier instant than the one that stands changes nothing.

    Returns:
        How many registrations were used later than was known.
    """
    noted = 0
    with scoped_connection().cursor() as cursor:
        for statement, uses in ((_NOTE_SENDERS, headers), (_NOTE_TEMPLATES, templates)):
            if uses:
                cursor.execute(statement, [list(uses), list(uses.values())])
                noted += cursor.rowcount
    return noted


def _suspend(expired: PortalRecord, now: datetime) -> PortalRecord:
    before = portal_facts(expired)
    expired.portal_state, expired.suspended_for = PortalState.SUSPENDED, Suspension.VALIDITY
    expired.state_reason = f"Its last day was {expired.valid_to:%d-%m-%Y}"
    expired.save(update_fields=["portal_state", "suspended_for", "state_reason"])
    object_id, label = subject_of(expired)
    kind = _OBJECT_TYPES.get(expired.portal_kind, expired.portal_kind.value)
    record(
        action=f"{kind}.expire",
        actor=SYSTEM,
        object_type=kind,
        object_id=object_id,
        summary=f"Suspended {label}, whose validity ended",
        before=before,
        after=portal_facts(expired),
        now=now,
    )
    follow_portal(expired, before=before, actor=SYSTEM, now=now)
    return expired
