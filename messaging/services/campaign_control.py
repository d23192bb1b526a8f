"""Holding, releasing and cancelling what a campaign has queued. What is in an operator's window is left alone."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F

from kernel.db.tenancy import scoped_connection
from messaging.models import Batch
from messaging.services.finishing import charge_in_doubt, finish
from messaging.statuses import BatchState, Status

STOPPABLE: Final = (BatchState.READY, BatchState.WAITING, BatchState.HELD)
CANCEL_STRIDE: Final = 20  # batches per transaction: a cancel of a million messages never locks them all


def hold_campaign(campaign_id: UUID) -> int:
    """Keep the campaign's queued batches back; returns how many. Leased ones go on to their end."""
    ready = Batch.objects.filter(campaign_id=campaign_id, state=BatchState.READY)
    return ready.update(state=BatchState.HELD)


def resume_campaign(campaign_id: UUID) -> int:
    """Give the held batches back to the dispatchers; returns how many."""
    held = Batch.objects.filter(campaign_id=campaign_id, state=BatchState.HELD)
    return held.update(state=BatchState.READY)


def is_held(campaign_id: UUID) -> bool:
    return Batch.objects.filter(campaign_id=campaign_id, state=BatchState.HELD).exists()


def cancel_campaign(campaign_id: UUID, now: datetime) -> int:
    """Cancel one stride of what has not been handed to an operator, and give its credit back.

    Returns:
        Batches cancelled; call again, each time in a context of its own, until it returns 0.
    """
    with transaction.atomic(using=scoped_connection().alias):
        waiting = Batch.objects.filter(campaign_id=campaign_id, state__in=STOPPABLE)
        batches = list(waiting.select_for_update(skip_locked=True).order_by("pk")[:CANCEL_STRIDE])
        for batch in batches:
            # The ids before sent_upto may have reached an operator: receipt or time decides about them.
            unsent, sent = batch.ids[batch.sent_upto :], batch.sent_upto
            finish(
                ids=unsent,
                status=Status.CANCELLED,
                error_code="cancelled",
                was_submitted=False,
                route_id=batch.route_id,
                now=now,
            )
            charge_in_doubt(batch, unsent, now)
            state = BatchState.SENT if sent else BatchState.CANCELLED
            Batch.objects.filter(pk=batch.pk).update(state=state, tries=F("tries") + 1)
        return len(batches)
