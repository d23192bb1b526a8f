"""Shims: an id comes in, one service is called, what it asks for is sent on. Losing any of these loses nothing."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from celery import shared_task

from campaigns.importing import job
from campaigns.services import control, estimates, failures, forgetting, hygiene, imports, running, verifying
from kernel.db.clock import database_now
from kernel.db.tenancy import platform_context, tenant_context
from routing.costs import read_costs

# A look that waited longer than this has been overtaken by a later one.
LOOK_EXPIRES_S: Final = 20
# Of a chunk whose sender did not say.
LOWEST_PRIORITY: Final = max(running.PRIORITY_OF_CLASS.values())


@shared_task(name="campaigns.start_due")
def start_due() -> None:
    """Start what is due; two ticks at once share it out, a repeated one finds nothing."""
    now = database_now()
    for due in running.missed(now=now):
        with tenant_context(due.tenant_id):
            running.withdraw_missed(campaign_id=due.campaign_id, now=now)
    for due in running.claim_due(now=now):
        prepare.delay(str(due.tenant_id), str(due.campaign_id))


@shared_task(name="campaigns.sweep")
def sweep() -> None:
    """Send somebody to look after everything that is under way; what a crash left undone is found so."""
    for tenant_id, campaign_id in control.unsettled(now=database_now()):
        look_after.apply_async((str(tenant_id), str(campaign_id)), expires=LOOK_EXPIRES_S)
    for tenant_id, import_id in imports.forgotten(now=database_now()):
        run_import.delay(str(tenant_id), str(import_id))


@shared_task(name="campaigns.prepare")
def prepare(tenant_id: str, campaign_id: str) -> None:
    with tenant_context(UUID(tenant_id)):
        run = running.prepare(campaign_id=UUID(campaign_id), now=database_now())
        room = running.window_of(campaign_id=UUID(campaign_id), now=database_now())[1] if run is not None else 0
    if run is not None:
        send_chunks(tenant_id, run.id, room)


@shared_task(name="campaigns.expand_chunk")
def expand_chunk(tenant_id: str, chunk_id: str, priority: int = LOWEST_PRIORITY) -> None:
    # The next one is marked in the same transaction: one commit a chunk, not two.
    with tenant_context(UUID(tenant_id)):
        now = database_now()
        run_id = running.expand_chunk(chunk_id=UUID(chunk_id), now=now)
        following = [] if run_id is None else running.queue_chunks(run_id=run_id, limit=1, now=now)
    for next_id in following:
        _send_chunk(tenant_id, next_id, priority)


@shared_task(name="campaigns.look_after")
def look_after(tenant_id: str, campaign_id: str) -> None:
    now = database_now()
    with tenant_context(UUID(tenant_id)):
        need = control.look_after(campaign_id=UUID(campaign_id), now=now)
        run_id, room = running.window_of(campaign_id=UUID(campaign_id), now=now)
    if need is control.Need.PREPARE:
        prepare.delay(tenant_id, campaign_id)
    elif need is control.Need.CANCEL_REST:
        cancel_rest.apply_async((tenant_id, campaign_id), expires=LOOK_EXPIRES_S)
    elif need is control.Need.EXPAND and run_id is not None and room:
        send_chunks(tenant_id, run_id, room)


@shared_task(name="campaigns.cancel_rest")
def cancel_rest(tenant_id: str, campaign_id: str) -> None:
    with platform_context(reason="read what segments cost"):
        costs = read_costs()
    is_more = True
    while is_more:
        with tenant_context(UUID(tenant_id)):
            is_more = control.cancel_rest(campaign_id=UUID(campaign_id), costs=costs, now=database_now())


def send_chunks(tenant_id: str, run_id: UUID, limit: int) -> None:
    """Send tasks for the next chunks; marked first, so that two senders do not send the same."""
    with tenant_context(UUID(tenant_id)):
        chunk_ids = running.queue_chunks(run_id=run_id, limit=limit, now=database_now())
        priority = running.priority_of(run_id) if chunk_ids else LOWEST_PRIORITY
    for chunk_id in chunk_ids:
        _send_chunk(tenant_id, chunk_id, priority)


def _send_chunk(tenant_id: str, chunk_id: UUID, priority: int) -> None:
    """The priority goes with it, for the chunk that follows."""
    expand_chunk.apply_async((tenant_id, str(chunk_id), priority), priority=priority)


@shared_task(name="campaigns.run_import")
def run_import(tenant_id: str, import_id: str) -> None:
    job.run_import(tenant_id=UUID(tenant_id), import_id=UUID(import_id), clock=database_now)


@shared_task(name="campaigns.housekeeping")
def housekeeping() -> None:
    now = database_now()
    imports.forget_old(now=now)
    forgetting.forget_audiences(now=now)


@shared_task(name="campaigns.count_cost")
def count_cost(tenant_id: str, campaign_id: str, token: str) -> None:
    """The exact cost of a large audience, a page to a transaction."""
    tenant, campaign = UUID(tenant_id), UUID(campaign_id)
    with tenant_context(tenant):
        list_ids, filling = estimates.lists_of(campaign)
    if filling is None:
        return
    counting, after = estimates.Counting(filling, database_now()), None
    while True:
        with tenant_context(tenant):
            after = estimates.next_page(list_ids, counting, after)
        if after is None:
            break
    with tenant_context(tenant):
        result = counting.result(counting.estimate.looked_at)
        estimates.keep_count(campaign_id=campaign, token=token, estimate=result)


@shared_task(name="campaigns.examine_list")
def examine_list(tenant_id: str, report_id: str) -> None:
    """Count a list, a stride to a transaction."""
    is_more = True
    while is_more:
        with tenant_context(UUID(tenant_id)):
            is_more = hygiene.count_stride(report_id=UUID(report_id), now=database_now())


@shared_task(name="campaigns.verify_list")
def verify_list(tenant_id: str, verification_id: str) -> None:
    verifying.run_verification(tenant_id=UUID(tenant_id), verification_id=UUID(verification_id), clock=database_now)


@shared_task(name="campaigns.count_failures")
def count_failures() -> None:
    failures.count_all(now=database_now())


@shared_task(name="campaigns.resume_hygiene")
def resume_hygiene() -> None:
    """Send the workers again that a crash or a lost broker took away."""
    now = database_now()
    for tenant_id, report_id in hygiene.lost_reports(now=now):
        examine_list.delay(str(tenant_id), str(report_id))
    for tenant_id, verification_id in verifying.lost_verifications(now=now):
        verify_list.delay(str(tenant_id), str(verification_id))
