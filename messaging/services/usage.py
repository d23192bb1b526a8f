"""Telling compliance which senders and templates are in use, from batches instead of messages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Max

from compliance.services.validity import note_use
from kernel.db.tenancy import tenant_context
from kernel.domain.ids import uuid7_floor
from messaging.models import Batch
from tenants.queries import all_tenant_ids

# Twice the pause between two looks: one that was missed loses nothing.
LOOK_BACK: Final = timedelta(hours=2)
INDIA: Final = "91"


def note_recent_use(now: datetime) -> int:
    """Note the last use of what was accepted lately; returns how many registrations were used later than known."""
    return sum(_note(tenant_id, now) for tenant_id in all_tenant_ids())


def _note(tenant_id: UUID, now: datetime) -> int:
    with tenant_context(tenant_id):
        recent = Batch.objects.filter(pk__gte=uuid7_floor(now - LOOK_BACK), destination__startswith=INDIA)
        headers = recent.values_list("sender").annotate(at=Max("accepted_at")).order_by()
        templates = recent.filter(template_id__isnull=False).values_list("template_id").annotate(at=Max("accepted_at"))
        return note_use(headers=dict(headers), templates=dict(templates.order_by()))
