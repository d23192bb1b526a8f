"""Shims: an id comes in, one service is called. Losing any of these loses nothing."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from compliance.importing import job
from compliance.services import imports
from compliance.services.runs import note_runs
from compliance.services.validity import suspend_expired
from compliance.services.warnings import warn
from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from tenants.queries import all_tenant_ids


@shared_task(name="compliance.run_import")
def run_import(tenant_id: str, import_id: str) -> None:
    job.run_import(tenant_id=UUID(tenant_id), import_id=UUID(import_id), clock=utc_now)


@shared_task(name="compliance.resume_imports")
def resume_imports() -> None:
    """Send somebody to imports whose worker is gone."""
    for tenant_id, import_id in imports.forgotten_imports(now=utc_now()):
        run_import.delay(str(tenant_id), str(import_id))


@shared_task(name="compliance.housekeeping")
def housekeeping() -> None:
    imports.forget_old_files(now=utc_now())


@shared_task(name="compliance.watch_numbers")
def watch_numbers() -> None:
    """Look for passcodes to neighbouring numbers."""
    for tenant_id in all_tenant_ids():
        with tenant_context(tenant_id):
            note_runs(now=utc_now())


@shared_task(name="compliance.watch_validity")
def watch_validity() -> None:
    """Suspend what is no longer valid; what ends soon is asked for by `compliance.queries.ending_soon`."""
    for tenant_id in all_tenant_ids():
        with tenant_context(tenant_id):
            suspend_expired(now=utc_now())


@shared_task(name="compliance.warn_ahead")
def warn_ahead() -> None:
    """Tell reviewers what is about to end, and what a portal has stopped; once each."""
    for tenant_id in all_tenant_ids():
        with tenant_context(tenant_id):
            warn(now=utc_now())
