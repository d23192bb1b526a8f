from __future__ import annotations

from uuid import UUID

from celery import shared_task

from audit import exports
from audit.heads import heads_file, write_heads
from audit.sealing import seal_all
from kernel.domain.clock import utc_now


@shared_task(name="audit.seal")
def seal() -> None:
    """Seal what is new; the first seals of an installation are signed at once, later ones with the hour."""
    now = utc_now()
    if seal_all(now=now) and not heads_file().exists():
        write_heads(now=now)


@shared_task(name="audit.write_heads")
def write_signed_heads() -> None:
    """Write outside the database what the trails' last seals are."""
    write_heads(now=utc_now())


@shared_task(name="audit.build_export")
def build_export(tenant_id: str, export_id: str) -> None:
    """Write the file of one export; running it again does no harm."""
    exports.build_export(tenant_id=UUID(tenant_id), export_id=UUID(export_id), now=utc_now())


@shared_task(name="audit.resume_exports")
def resume_exports() -> None:
    """Queue again what lost its task with the broker or a worker."""
    for tenant_id, export_id in exports.overdue_exports(utc_now()):
        build_export.delay(str(tenant_id), str(export_id))


@shared_task(name="audit.housekeeping")
def housekeeping() -> None:
    exports.clear_old_files(utc_now())
