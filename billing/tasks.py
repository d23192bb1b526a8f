from __future__ import annotations

from uuid import UUID

from celery import shared_task

from billing import exports
from kernel.domain.clock import utc_now


@shared_task(name="billing.build_export")
def build_export(tenant_id: str, export_id: str) -> None:
    """Write the file of one export; running it again does no harm."""
    exports.build_export(tenant_id=UUID(tenant_id), export_id=UUID(export_id), now=utc_now())


@shared_task(name="billing.resume_exports")
def resume_exports() -> None:
    """Queue again what lost its task with the broker or a worker; beat calls it every few minutes."""
    for tenant_id, export_id in exports.overdue_exports(utc_now()):
        build_export.delay(str(tenant_id), str(export_id))


@shared_task(name="billing.housekeeping")
def housekeeping() -> None:
    exports.clear_old_files(utc_now())
