"""Queues of routes that take nothing: their batches go to the next candidate, whichever processes are running.

Done on the database by a job and by every dispatcher, so that a route which nobody can serve keeps nothing. Batches in
somebody's hands are left alone; what finds no candidate waits.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Sum

from kernel.db.arrays import int2s, int4s
from kernel.db.bulk import bulk_cursor
from kernel.db.tenancy import platform_context
from kernel.domain.traffic import TrafficClass
from messaging.models import Batch
from messaging.services.writing import CHANNEL
from messaging.statuses import BatchState
from routing.models import Drain
from routing.services.routes import set_route_state
from routing.services.states import GAUGE_FRESH_FOR
from routing.services.usable import Usability, usability
from routing.statuses import Lane, RouteState

logger = logging.getLogger(__name__)

STRIDE: Final = 500
STRIDES: Final = 20
# Dispatchers have seen by then that a route drains.
SETTLED_AFTER: Final = timedelta(seconds=5)
# The first candidate that takes messages; those before it stay for later.
_PASS_ON_SQL: Final = f"""
UPDATE batches b SET route_id = x.target, candidates = array_remove(b.candidates, x.target), tries = b.tries + 1
FROM (
    SELECT q.tenant_id, q.id, q.target FROM unnest(%b::int4[], %b::int2[], %b::int2[]) AS r (route_id, low, high)
    CROSS JOIN LATERAL (
        SELECT tenant_id, id, (
            SELECT u.route_id FROM unnest(candidates) WITH ORDINALITY AS u (route_id, n)
            WHERE u.route_id = ANY(CASE WHEN traffic_class = {TrafficClass.OTP} THEN %b::int4[] ELSE %b::int4[] END)
            ORDER BY n LIMIT 1) AS target
        FROM batches
        WHERE route_id = r.route_id AND state = {BatchState.READY} AND traffic_class BETWEEN r.low AND r.high
          AND candidates && %b::int4[]
        ORDER BY traffic_class, tenant_id, id LIMIT {STRIDE} FOR UPDATE SKIP LOCKED) q
    WHERE q.target IS NOT NULL) x
WHERE b.tenant_id = x.tenant_id AND b.id = x.id"""  # noqa: S608 - constants of ours


def pass_on(now: datetime, *, patience_s: float | None = None) -> int:
    """Move what is stranded; returns how many batches.

    Args:
        patience_s: how long lines may be down, for all; None for what the rules say.
    """
    found, moved = usability(now, patience_s=patience_s), 0
    if not found.stranded or not any(found.open.values()):
        return 0
    for _ in range(STRIDES):
        stride = _move(found)
        moved += stride
        if stride < STRIDE:
            break
    if moved:
        reasons = ", ".join(sorted({f"route {each.route_id}: {each.reason}" for each in found.stranded}))
        logger.warning("%s batches go to their next route (%s)", moved, reasons)
    return moved


def _move(found: Usability) -> int:
    stranded = found.stranded
    otp, others = sorted(found.open[Lane.OTP]), sorted(found.open[Lane.BULK])
    parameters = [
        int4s(each.route_id for each in stranded),
        int2s(each.low for each in stranded),
        int2s(each.high for each in stranded),
        int4s(otp),
        int4s(others),
        int4s({*otp, *others}),
    ]
    with platform_context(reason="pass batches on to their next route"), bulk_cursor() as cursor:
        cursor.execute(_PASS_ON_SQL, parameters)
        count = cursor.rowcount
        if count:
            cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
        return count


def stranded_routes(now: datetime) -> set[int]:
    """Routes whose queues cannot leave over them now."""
    return usability(now).stranded_routes


def left_on(route_id: int, now: datetime) -> tuple[int, int, int]:
    """(queued batches, batches with dispatchers, unanswered parts) of a route, in a platform context."""
    batches = Batch.objects.filter(route_id=route_id)
    queued = batches.filter(state=BatchState.READY).count()
    leased = batches.filter(state=BatchState.LEASED).count()
    gauges = Drain.objects.filter(route_id=route_id, route__gauges__at__gt=now - GAUGE_FRESH_FOR)
    return queued, leased, gauges.aggregate(used=Sum("route__gauges__window_used"))["used"] or 0


def finish_drains(now: datetime) -> int:
    """Disable draining routes that are dry, where staff asked for it; returns how many."""
    finished = 0
    with platform_context(reason="disable routes that are drained"):
        drains = Drain.objects.filter(then_disables=True, started_at__lt=now - SETTLED_AFTER)
        for drain in drains.filter(route__state=RouteState.DRAINING):
            queued, leased, unanswered = left_on(drain.route_id, now)
            if leased or unanswered or (queued and drain.moves_queue):
                continue
            set_route_state(route_id=drain.route_id, state=RouteState.DISABLED, now=now)
            logger.info("route %s is dry and disabled", drain.route_id)
            finished += 1
    return finished
