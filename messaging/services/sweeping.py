"""What time does to batches: due ones start, overdue ones expire, silent ones end as unknown. Safe to run twice."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from kernel.db.bulk import bulk_cursor
from kernel.db.tenancy import platform_context, scoped_connection, tenant_context
from messaging.models import Batch
from messaging.services.doubt import submit_in_doubt
from messaging.services.finishing import charge_in_doubt, finish
from messaging.services.passing_on import stranded_routes
from messaging.services.writing import CHANNEL
from messaging.statuses import BatchState, Status
from routing.costs import CostTable, read_costs
from tenants.models import Tenant

logger = logging.getLogger(__name__)

BATCHES_PER_ROUND: Final = 200
# A round is a look for the oldest; so many rounds are a sweep, and what is left over waits for the next one.
ROUNDS: Final = 25
_ACTIVE_AGAIN_SQL: Final = f"""
UPDATE batches b SET state = {BatchState.READY} FROM tenants_tenant t
WHERE b.state = {BatchState.HELD} AND b.holds = 0 AND t.id = b.tenant_id AND t.state = %s"""  # noqa: S608 - constants of ours
_DUE_SQL: Final = f"""
UPDATE batches SET state = {BatchState.READY} WHERE state = {BatchState.WAITING} AND due_at <= %s"""  # noqa: S608 - constants of ours


def release_due(now: datetime) -> int:
    """Give batches whose time has come to the dispatchers; returns how many."""
    with platform_context(reason="release due batches"), bulk_cursor() as cursor:
        cursor.execute(_DUE_SQL, [now])
        if released := cursor.rowcount:
            cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
        return released


def release_held() -> int:
    """Give back what was put aside because its tenant was suspended, once it is not; returns how many batches.

    What staff or a paused campaign hold stays with them.
    """
    with platform_context(reason="release what suspended tenants left"), bulk_cursor() as cursor:
        cursor.execute(_ACTIVE_AGAIN_SQL, [Tenant.State.ACTIVE])
        if released := cursor.rowcount:
            cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
        return released


def expire_overdue(now: datetime) -> int:
    """End messages whose validity passed before an operator had them; returns batches swept."""
    states = (BatchState.READY, BatchState.WAITING, BatchState.HELD)
    return _sweep(states, before=now, status=Status.EXPIRED, error_code="validity_expired", now=now)


def settle_silent(now: datetime) -> int:
    """End messages of which no receipt came by validity and grace; returns batches closed."""
    limit = now - timedelta(hours=settings.RECEIPT_GRACE_HOURS)
    return _sweep((BatchState.SENT,), before=limit, status=Status.UNKNOWN, error_code="outcome_unknown", now=now)


def _sweep(states: tuple[BatchState, ...], *, before: datetime, status: Status, error_code: str, now: datetime) -> int:
    swept, failed = 0, list[UUID]()
    for _ in range(ROUNDS):
        with platform_context(reason=f"find batches to end as {status.label}"):
            overdue = Batch.objects.filter(state__in=states, not_after__lt=before).exclude(pk__in=failed)
            oldest = overdue.order_by("not_after").values_list("tenant_id", "pk", "route_id", "state")
            found = list(oldest[:BATCHES_PER_ROUND])
            useless = stranded_routes(now) if found else set()
            costs = read_costs() if found else CostTable({})
        for tenant_id, batch_id, route_id, state in found:
            # A line that took nothing is why it was late; what was held or not due yet had no line to wait for.
            is_lines_fault = state == BatchState.READY and route_id in useless
            code = "route_unavailable" if is_lines_fault else error_code
            try:
                with tenant_context(tenant_id):
                    end_batch(batch_id, states, status, code, costs=costs, now=now)
            except IntegrityError:
                # One wallet that does not add up must not keep the batches of everybody else from their end.
                logger.exception("batch %s of tenant %s could not be ended", batch_id, tenant_id)
                failed.append(batch_id)
        swept += len(found)
        if len(found) < BATCHES_PER_ROUND:
            break
    return swept


def end_batch(
    batch_id: UUID,
    states: tuple[BatchState, ...],
    status: Status,
    error_code: str,
    *,
    costs: CostTable,
    now: datetime,
) -> int | None:
    """End what a queued batch has not sent, or all of a batch that has been sent, in the tenant's context.

    Args:
        states: it must be in one of them still.
        costs: what segments cost us, read before: a tenant's role may not.

    Returns:
        Messages that ended; None when a dispatcher or somebody else was faster.
    """
    with transaction.atomic(using=scoped_connection().alias):
        batch = Batch.objects.filter(pk=batch_id, state__in=states).select_for_update(skip_locked=True).first()
        if batch is None:
            return None
        was_submitted = status is Status.UNKNOWN
        ids = batch.ids if was_submitted else batch.ids[batch.sent_upto :]
        ended = finish(
            ids=ids,
            status=status,
            error_code=error_code,
            was_submitted=was_submitted,
            route_id=batch.route_id,
            now=now,
        )
        charge_in_doubt(batch, ids, now)
        if not was_submitted:
            submit_in_doubt(batch, costs=costs, now=now)
        # What may have reached an operator waits for its receipt, and for settle_silent in the end.
        is_waiting = batch.sent_upto and not was_submitted
        state = BatchState.SENT if is_waiting else BatchState.CLOSED
        Batch.objects.filter(pk=batch.pk).update(state=state)
        return len(ended)
