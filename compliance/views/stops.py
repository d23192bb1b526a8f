"""What a portal's word did, told where it was taken down: what is odd about it, and what a suspension stopped."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages

from compliance.models.portal import PortalRecord
from compliance.services.stops import standing_of
from tenants.access import TenantRequest


def tell_remarks(request: TenantRequest, record: PortalRecord) -> None:
    """After a portal's word was taken down: what is odd about it."""
    for remark in record.remarks:
        messages.warning(request, remark)


def tell_stopped(request: TenantRequest, object_id: UUID) -> None:
    """After a record was saved: what is kept back for it, if anything was stopped."""
    for standing in standing_of(object_id):
        told = f"{standing.stop.reason}. {standing.counts.sentence} The count on this page is of the moment."
        messages.warning(request, told)
