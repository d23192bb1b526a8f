"""What people do to a campaign under way, and what a tick does to finish the job."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from audit.services import SYSTEM, Actor
from campaigns.errors import ScheduleProblem
from campaigns.models import Campaign, Chunk, Run
from campaigns.progress import Progress, progress_of
from campaigns.services.moving import locked_campaign, move, note
from campaigns.services.stopping import StoppedByCompliance, put_on_hold_for, stop_of
from campaigns.statuses import STARTED, UNSETTLED_STATES, CampaignEvent, CampaignState, ChunkState
from kernel.db.tenancy import platform_context, scoped_connection
from messaging.services.campaign_control import cancel_campaign as cancel_messages
from messaging.services.campaign_control import forget_stop, hold_campaign, is_held, resume_campaign, stop_for_good
from messaging.services.stopping import chain_stop_of
from routing.costs import CostTable
from tenants.models import Tenant

# Freezing a million people takes some seconds; a claimed campaign without a run after this long was forgotten.
PREPARING_PATIENCE: Final = timedelta(seconds=20)
CARE_LIMIT: Final = 1_000
# How often the sweep asks (config.schedule).
CARE_EVERY_S: Final = 3


class Need(StrEnum):
    """What a look at a campaign found it to need from the workers."""

    PREPARE = "prepare"
    EXPAND = "expand"
    CANCEL_REST = "cancel_rest"
    NOTHING = "nothing"


def pause(*, campaign_id: UUID, actor: Actor, now: datetime) -> Campaign:
    """Keep back whatever has not been handed to an operator.

    Raises:
        NotFound, OutOfOrder.
    """
    with transaction.atomic(using=scoped_connection().alias):
        campaign = locked_campaign(campaign_id)
        move(campaign, CampaignEvent.PAUSE, stopped=None)
        hold_campaign(campaign_id)
        note(campaign, action="campaign.pause", actor=actor, summary="Paused", now=now)
    return campaign


def resume(*, campaign_id: UUID, actor: Actor, now: datetime) -> Campaign:
    """Go on where a pause stopped.

    Raises:
        NotFound, OutOfOrder; ScheduleProblem: `not_after_passed`, its time is over;
        StoppedByCompliance: a stop stands in its way still.
    """
    with transaction.atomic(using=scoped_connection().alias):
        campaign = locked_campaign(campaign_id)
        if campaign.state == CampaignState.PAUSED and (standing := stop_of(campaign)):
            raise StoppedByCompliance(standing)
        if campaign.state == CampaignState.PAUSED and campaign.not_after and campaign.not_after <= now:
            raise ScheduleProblem(
                "not_after_passed",
                "The time after which this campaign was not to be sent is over.",
                "Cancel the rest; for those who were not reached, make a new campaign.",
            )
        move(campaign, CampaignEvent.RESUME, stopped=None)
        resume_campaign(campaign_id)
        note(campaign, action="campaign.resume", actor=actor, summary="Resumed", now=now)
    return campaign


def withdraw(*, campaign_id: UUID, actor: Actor, now: datetime) -> Campaign:
    """Take a scheduled campaign back to be changed.

    Raises:
        NotFound, OutOfOrder.
    """
    with transaction.atomic(using=scoped_connection().alias):
        campaign = locked_campaign(campaign_id)
        move(campaign, CampaignEvent.WITHDRAW, stopped=None)
        note(campaign, action="campaign.withdraw", actor=actor, summary="Taken back to the drafts", now=now)
    return campaign


def cancel(*, campaign_id: UUID, actor: Actor, now: datetime) -> Campaign:
    """End a campaign: people whose messages were not written never get one, waiting messages are cancelled.

    The messages themselves are cancelled afterwards in strides (`cancel_rest`), which this only begins.

    Raises:
        NotFound, OutOfOrder.
    """
    with transaction.atomic(using=scoped_connection().alias):
        campaign = locked_campaign(campaign_id)
        has_begun = campaign.state in STARTED
        move(campaign, CampaignEvent.CANCEL, stopped=None, finished_at=None if has_begun else now)
        pending = Chunk.objects.filter(run__campaign=campaign, state=ChunkState.PENDING)
        unwritten = pending.aggregate(people=Sum("size"))["people"] or 0
        pending.update(state=ChunkState.CANCELLED, done_at=now)
        if has_begun:
            stop_for_good(campaign_id)
        summary = f"Cancelled; {unwritten} people had not been written to yet" if has_begun else "Discarded"
        note(campaign, action="campaign.cancel", actor=actor, summary=summary, now=now)
    return campaign


def cancel_rest(*, campaign_id: UUID, costs: CostTable, now: datetime) -> bool:
    """Cancel one stride of a cancelled campaign's messages; call in a context of its own until it returns False."""
    state = Campaign.objects.filter(pk=campaign_id).values_list("state", flat=True).first()
    return state == CampaignState.CANCELLED and cancel_messages(campaign_id, costs=costs, now=now) > 0


def unsettled(*, now: datetime, limit: int = CARE_LIMIT) -> list[tuple[UUID, UUID]]:
    """(tenant, campaign) of campaigns that are not at their end: all of them, or where they are more than `limit` the
    page whose turn it is at `now`, so that those which wait for ever keep nobody else waiting."""
    with platform_context(reason="look after running campaigns"):
        running = Campaign.objects.filter(finished_at=None, started_at__isnull=False, state__in=UNSETTLED_STATES)
        pages = -(-running.count() // limit)
        first = limit * (int(now.timestamp() / CARE_EVERY_S) % pages) if pages else 0
        return list(running.order_by("started_at", "id").values_list("tenant_id", "id")[first : first + limit])


def look_after(*, campaign_id: UUID, now: datetime) -> Need:
    """Bring one running campaign's figures up to date, finish it when it is done, and say what it waits for.

    Whatever a crash left undone is found here: the same look twice changes nothing.
    """
    campaign = Campaign.objects.get(pk=campaign_id)
    run = Run.objects.filter(campaign=campaign).order_by("-number").first()
    if run is None:
        if campaign.state == CampaignState.CANCELLED:
            _settle(campaign_id, now)
        is_stuck = campaign.state == CampaignState.PREPARING and _is_older(campaign, now - PREPARING_PATIENCE)
        return Need.PREPARE if is_stuck else Need.NOTHING
    progress = progress_of(campaign, run)
    Run.objects.filter(pk=run.pk).update(progress=progress.as_json())
    if campaign.state == CampaignState.SENDING and (standing := chain_stop_of(campaign_id)):
        with transaction.atomic(using=scoped_connection().alias):
            put_on_hold_for(campaign_id, standing, now)
        return Need.NOTHING
    if campaign.state == CampaignState.PAUSED or is_held(campaign_id):
        _align(campaign_id)
    if campaign.state == CampaignState.PAUSED:
        return Need.NOTHING
    if progress.is_complete:
        _settle(campaign_id, now)
        return Need.NOTHING
    return Need.CANCEL_REST if campaign.state == CampaignState.CANCELLED else Need.EXPAND


def _align(campaign_id: UUID) -> None:
    """Hold or release the batches as the campaign stands, under its lock: people pause and resume meanwhile.

    What a dispatcher had leased when a pause came may have returned since, and a suspension of the tenant, which puts
    batches aside too, may be over.
    """
    with transaction.atomic(using=scoped_connection().alias):
        campaign = locked_campaign(campaign_id)
        if campaign.state == CampaignState.PAUSED:
            hold_campaign(campaign_id)
        elif campaign.state == CampaignState.SENDING and Tenant.objects.filter(state=Tenant.State.ACTIVE).exists():
            resume_campaign(campaign_id)


def _is_older(campaign: Campaign, limit: datetime) -> bool:
    return campaign.started_at is not None and campaign.started_at < limit


def _settle(campaign_id: UUID, now: datetime) -> None:
    with transaction.atomic(using=scoped_connection().alias):
        campaign = locked_campaign(campaign_id)
        if campaign.state == CampaignState.SENDING:
            move(campaign, CampaignEvent.FINISH, finished_at=now)
            note(campaign, action="campaign.finish", actor=SYSTEM, summary="Everybody is accounted for", now=now)
        elif campaign.state == CampaignState.CANCELLED and campaign.finished_at is None:
            campaign.finished_at = now
            campaign.save(update_fields=["finished_at"])
            forget_stop(campaign_id)


def latest_progress(campaign: Campaign) -> Progress | None:
    """The figures of the campaign's last run as they are this moment; None before it began."""
    run = Run.objects.filter(campaign=campaign).order_by("-number").first()
    return progress_of(campaign, run) if run else None
