"""What a suspension stopped, told where it was made."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages

from compliance.services.stops import standing_of
from tenants.access import TenantRequest


def tell_stopped(request: TenantRequest, object_id: UUID) -> None:
    """After a record was saved: what is kept back for it, if anything was stopped."""
    for standing in standing_of(object_id):
        messages.warning(request, f"{standing.stop.reason}. {standing.counts.sentence}")
