"""Holding, releasing and cancelling what a campaign has queued. What is in an operator's window is left alone."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from kernel.db.bulk import bulk_cursor
from kernel.db.tenancy import current_tenant_id, scoped_connection
from messaging.models import Batch, CampaignStop
from messaging.services.doubt import submit_in_doubt
from messaging.services.finishing import charge_in_doubt, finish
from messaging.statuses import BatchState, Hold, Status
from routing.costs import CostTable

STOPPABLE: Final = (BatchState.READY, BatchState.WAITING, BatchState.HELD)
# Combinations of bits, for `holds__in`.
_ANY_OTHER: Final = [others for others in range(8) if not others & Hold.CAMPAIGN and others]
HELD_BY_CAMPAIGN: Final = [Hold.CAMPAIGN | others for others in (0, *_ANY_OTHER)]
# Tells dispatchers to look at once which of their campaigns are stopped; they look every second anyway.
STOPS_CHANNEL: Final = "dakiya_stops"
_STOP_SQL: Final = """
INSERT INTO campaign_stops (tenant_id, id, state) VALUES (%s, %s, %s)
ON CONFLICT (tenant_id, id) DO UPDATE SET state = excluded.state WHERE campaign_stops.state <> excluded.state"""
CANCEL_STRIDE: Final = 20  # batches per transaction: a cancel of a million messages never locks them all


def hold_campaign(campaign_id: UUID) -> int:
    """Keep the campaign's queued batches back; returns how many.

    What dispatchers have in stock comes back within a second or two; what is in an operator's window goes on.
    """
    _stop(campaign_id, CampaignStop.State.PAUSED)
    held_by_others = Q(state=BatchState.HELD) & ~Q(holds__in=HELD_BY_CAMPAIGN)
    free = Batch.objects.filter(Q(state=BatchState.READY) | held_by_others, campaign_id=campaign_id)
    return free.update(state=BatchState.HELD, holds=F("holds").bitor(Hold.CAMPAIGN))


def stop_for_good(campaign_id: UUID) -> None:
    """Let no batch of a cancelled campaign be claimed from now on; `cancel_campaign` ends them."""
    _stop(campaign_id, CampaignStop.State.CANCELLED)


def forget_stop(campaign_id: UUID) -> None:
    """Batches of the campaign may be claimed, if there are any."""
    CampaignStop.objects.filter(pk=campaign_id).delete()


def _stop(campaign_id: UUID, state: CampaignStop.State) -> None:
    with bulk_cursor() as cursor:
        cursor.execute(_STOP_SQL, [current_tenant_id(), campaign_id, state.value])
        if cursor.rowcount:
            cursor.execute("SELECT pg_notify(%s, '')", [STOPS_CHANNEL])


def resume_campaign(campaign_id: UUID) -> int:
    """Give held batches back to the dispatchers, but for those that staff or compliance hold too; returns how many.

    Those of a tenant that was suspended are given back as well: a claim puts them aside again if it still is.
    """
    forget_stop(campaign_id)
    held = Batch.objects.filter(campaign_id=campaign_id, state=BatchState.HELD)
    held.filter(holds__in=[Hold.CAMPAIGN | others for others in _ANY_OTHER]).update(
        holds=F("holds").bitand(~Hold.CAMPAIGN.value)
    )
    return held.filter(holds__in=(0, Hold.CAMPAIGN)).update(state=BatchState.READY, holds=0)


def is_held(campaign_id: UUID) -> bool:
    """Whether batches are held that `resume_campaign` would give back."""
    held = Batch.objects.filter(campaign_id=campaign_id, state=BatchState.HELD)
    return held.exclude(holds__in=_ANY_OTHER).exists()


def cancel_campaign(campaign_id: UUID, *, costs: CostTable, now: datetime) -> int:
    """Cancel one stride of what has not been handed to an operator, and give its credit back.

    Args:
        costs: what segments cost us, read before: a tenant's role may not.

    Returns:
        Batches cancelled; call again, each time in a context of its own, until it returns 0.
    """
    with transaction.atomic(using=scoped_connection().alias):
        waiting = Batch.objects.filter(campaign_id=campaign_id, state__in=STOPPABLE)
        batches = list(waiting.select_for_update(skip_locked=True).order_by("pk")[:CANCEL_STRIDE])
        for batch in batches:
            # What comes before sent_upto an operator may have: it counts as submitted, receipt or time ends it.
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
            submit_in_doubt(batch, costs=costs, now=now)
            state = BatchState.SENT if sent else BatchState.CANCELLED
            Batch.objects.filter(pk=batch.pk).update(state=state, tries=F("tries") + 1)
        return len(batches)
