"""Celery's side of compliance: ticks that call one service each."""

from __future__ import annotations

from celery import shared_task

from compliance.services.validity import suspend_expired
from compliance.services.warnings import warn
from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from tenants.queries import all_tenant_ids


@shared_task(name="compliance.watch_validity")
def watch_validity() -> None:
    for tenant_id in all_tenant_ids():
        with tenant_context(tenant_id):
            suspend_expired(now=utc_now())


@shared_task(name="compliance.warn_ahead")
def warn_ahead() -> None:
    """Tell reviewers what is about to end, and what a portal has stopped; once each."""
    for tenant_id in all_tenant_ids():
        with tenant_context(tenant_id):
            warn(now=utc_now())
