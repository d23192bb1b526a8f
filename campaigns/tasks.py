"""Shims: an id comes in, one service is called, what it asks for is sent on. Losing any of these loses nothing."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from celery import shared_task

from campaigns.importing import files, job
from campaigns.services import control, imports, running
from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from kernel.queues import Queue

# A look that waited longer than this has been overtaken by a later one.
LOOK_EXPIRES_S: Final = 20


@shared_task(name="campaigns.start_due", queue=Queue.URGENT.value)
def start_due() -> None:
    """Start what is due; two ticks at once share it out, a repeated one finds nothing."""
    now = utc_now()
    for due in running.missed(now=now):
        with tenant_context(due.tenant_id):
            running.withdraw_missed(campaign_id=due.campaign_id, now=now)
    for due in running.claim_due(now=now):
        prepare.delay(str(due.tenant_id), str(due.campaign_id))


@shared_task(name="campaigns.sweep", queue=Queue.URGENT.value)
def sweep() -> None:
    """Send somebody to look after everything that is under way; what a crash left undone is found so."""
    for tenant_id, campaign_id in control.unsettled():
        look_after.apply_async((str(tenant_id), str(campaign_id)), expires=LOOK_EXPIRES_S)
    for tenant_id, import_id in imports.forgotten(now=utc_now()):
        run_import.delay(str(tenant_id), str(import_id))


@shared_task(name="campaigns.prepare", queue=Queue.BULK.value)
def prepare(tenant_id: str, campaign_id: str) -> None:
    with tenant_context(UUID(tenant_id)):
        run = running.prepare(campaign_id=UUID(campaign_id), now=utc_now())
    if run is not None:
        send_chunks(tenant_id, run.id, running.WINDOW)


@shared_task(name="campaigns.expand_chunk", queue=Queue.BULK.value)
def expand_chunk(tenant_id: str, chunk_id: str) -> None:
    with tenant_context(UUID(tenant_id)):
        run_id = running.expand_chunk(chunk_id=UUID(chunk_id), now=utc_now())
    if run_id is not None:
        send_chunks(tenant_id, run_id, 1)


@shared_task(name="campaigns.look_after", queue=Queue.DEFAULT.value)
def look_after(tenant_id: str, campaign_id: str) -> None:
    now = utc_now()
    with tenant_context(UUID(tenant_id)):
        need = control.look_after(campaign_id=UUID(campaign_id), now=now)
        run_id, room = running.window_of(campaign_id=UUID(campaign_id), now=now)
    if need is control.Need.PREPARE:
        prepare.delay(tenant_id, campaign_id)
    elif need is control.Need.CANCEL_REST:
        cancel_rest.delay(tenant_id, campaign_id)
    elif need is control.Need.EXPAND and run_id is not None and room:
        send_chunks(tenant_id, run_id, room)


@shared_task(name="campaigns.cancel_rest", queue=Queue.DEFAULT.value, expires=LOOK_EXPIRES_S)
def cancel_rest(tenant_id: str, campaign_id: str) -> None:
    is_more = True
    while is_more:
        with tenant_context(UUID(tenant_id)):
            is_more = control.cancel_rest(campaign_id=UUID(campaign_id), now=utc_now())


def send_chunks(tenant_id: str, run_id: UUID, limit: int) -> None:
    """Send tasks for the next chunks; marked first, so that two senders do not send the same."""
    with tenant_context(UUID(tenant_id)):
        chunk_ids = running.queue_chunks(run_id=run_id, limit=limit, now=utc_now())
    for chunk_id in chunk_ids:
        expand_chunk.delay(tenant_id, str(chunk_id))


@shared_task(name="campaigns.run_import", queue=Queue.FILES.value)
def run_import(tenant_id: str, import_id: str) -> None:
    job.run_import(tenant_id=UUID(tenant_id), import_id=UUID(import_id), clock=utc_now)


@shared_task(name="campaigns.housekeeping", queue=Queue.DEFAULT.value)
def housekeeping() -> None:
    files.delete_old_files(utc_now())
