"""Celery's side of messaging: ticks that call one service each."""

from __future__ import annotations

from celery import shared_task

from kernel.domain.clock import utc_now
from messaging.services import partitions, retention, sweeping


@shared_task(name="messaging.release_due")
def release_due() -> None:
    sweeping.release_due(utc_now())


@shared_task(name="messaging.sweep")
def sweep() -> None:
    now = utc_now()
    sweeping.release_held()
    sweeping.expire_overdue(now)
    sweeping.settle_silent(now)


@shared_task(name="messaging.housekeeping")
def housekeeping() -> None:
    now = utc_now()
    partitions.make_partitions(now)
    partitions.drop_partitions(now)
    retention.forget_old(now)
