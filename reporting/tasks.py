"""Celery's side of reporting: ticks that call one function each."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from celery import shared_task

from kernel.domain.clock import utc_now
from reporting import folding, quality, recounting

logger = logging.getLogger(__name__)
# Validity of up to three days and its grace lie within it, and a day that is held against the log twice does no harm.
NIGHTLY_WINDOW: Final = timedelta(days=8)


@shared_task(name="reporting.fold")
def fold() -> None:
    folding.fold_all()


@shared_task(name="reporting.recount")
def recount() -> None:
    """Say in the log what is wrong; `manage.py recount_rollups` says it to a person."""
    now = utc_now()
    for difference in recounting.recount(since=now - NIGHTLY_WINDOW, now=now):
        logger.error("recount: %s", difference)


@shared_task(name="reporting.measure_quality")
def measure_quality() -> None:
    """Plans that ask for the best delivery go by this."""
    quality.measure(utc_now())
