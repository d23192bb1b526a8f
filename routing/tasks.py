"""Celery's side of routing."""

from __future__ import annotations

from celery import shared_task

from kernel.db.clock import database_now
from routing.services import states
from routing.services.unreadable import forget_unreadable


@shared_task(name="routing.mark_unwatched")
def mark_unwatched() -> None:
    """A route whose dispatchers fell silent is `unknown` from then on, not `up`."""
    states.mark_unwatched(now=database_now())


@shared_task(name="routing.housekeeping")
def housekeeping() -> None:
    """What nobody could read is forgotten after a month."""
    forget_unreadable(database_now())
