"""Celery's side of routing."""

from __future__ import annotations

from celery import shared_task

from kernel.db.clock import database_now
from routing.services import states


@shared_task(name="routing.mark_unwatched")
def mark_unwatched() -> None:
    """A route whose dispatchers fell silent is `unknown` from then on, not `up`."""
    states.mark_unwatched(now=database_now())
