"""Shims: an id comes in, one service is called. Losing any of these loses nothing."""

from __future__ import annotations

import logging
from typing import Final
from uuid import UUID

from celery import shared_task

from audit.services import SYSTEM
from compliance.importing import job
from compliance.services import dnd, imports
from compliance.services.objections import forget_old_counts
from compliance.services.runs import note_runs
from compliance.services.validity import suspend_expired
from compliance.services.warnings import warn
from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.errors import DomainError
from tenants.queries import all_tenant_ids, tenant_info

log: Final = logging.getLogger(__name__)


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
    now = utc_now()
    imports.forget_old_files(now=now)
    forget_old_counts(now=now)


@shared_task(name="compliance.watch_numbers")
def watch_numbers() -> None:
    """Look for passcodes to neighbouring numbers."""
    for tenant_id in all_tenant_ids():
        with tenant_context(tenant_id):
            note_runs(now=utc_now())


@shared_task(name="compliance.refresh_registers")
def refresh_registers() -> None:
    """Send somebody to every register that a package can read; one that fails harms no other."""
    for tenant_id in all_tenant_ids():
        with tenant_context(tenant_id):
            used = dnd.sources_in_use()
        for source in used:
            refresh_register.delay(str(tenant_id), source)


@shared_task(name="compliance.refresh_register")
def refresh_register(tenant_id: str, source: str) -> None:
    region = tenant_info(UUID(tenant_id)).country
    with tenant_context(UUID(tenant_id)):
        try:
            dnd.refresh_preferences(source=source, region=region, actor=SYSTEM, now=utc_now())
        except DomainError as problem:
            log.error("the register %s of tenant %s is not refreshed: %s", source, tenant_id, problem)


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
