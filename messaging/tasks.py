"""Celery's side of messaging: ticks that call one service each."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from kernel.db.clock import database_now
from messaging.services import (
    partitions,
    parts_seen,
    passing_on,
    probing,
    retention,
    scrubbing,
    stopping,
    surgery,
    sweeping,
    usage,
)


@shared_task(name="messaging.release_due")
def release_due() -> None:
    sweeping.release_due(database_now())


@shared_task(name="messaging.pass_on")
def pass_on() -> None:
    """Queues of routes that take nothing go on, whether or not a dispatcher serves them."""
    now = database_now()
    passing_on.pass_on(now)
    passing_on.finish_drains(now)


@shared_task(name="messaging.operate")
def operate(operation_id: str) -> None:
    surgery.carry_out(operation_id=UUID(operation_id), now=database_now())


@shared_task(name="messaging.sweep")
def sweep() -> None:
    now = database_now()
    for operation_id in surgery.running():
        operate.delay(str(operation_id))
    sweeping.release_held()
    stopping.release_unstopped()
    sweeping.expire_overdue(now)
    sweeping.settle_silent(now)


@shared_task(name="messaging.housekeeping")
def housekeeping() -> None:
    now = database_now()
    partitions.make_partitions(now)
    partitions.drop_partitions(now)
    retention.forget_old(now)
    surgery.forget_unconfirmed(now)
    parts_seen.learn_parts(now)


@shared_task(name="messaging.note_use")
def note_use() -> None:
    usage.note_recent_use(database_now())


@shared_task(name="messaging.watch_scrubbing")
def watch_scrubbing() -> None:
    """Suspend registrations that operators refuse again and again."""
    scrubbing.watch(database_now())


@shared_task(name="messaging.hear_of_probes")
def hear_of_probes() -> None:
    """What operators report of messages to phones of our own."""
    probing.note_outcomes(database_now())
