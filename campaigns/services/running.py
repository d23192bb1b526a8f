"""From a due campaign to the messages of its people: claimed, frozen, and written chunk by chunk, each exactly once.

A chunk's transaction writes its messages and closes it. The ids of the messages follow from run and position, so that
even a chunk that was somehow opened again would be refused by the primary key. Nothing rests on the broker: a task that
is lost is sent again by `look_after`, one that comes twice finds nothing to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Q

from audit.services import SYSTEM, record
from billing.errors import InsufficientCredit
from campaigns.models import Campaign, Chunk, Run
from campaigns.progress import progress_of
from campaigns.services.audience import freeze_audience, list_ids_of, people_of_chunk
from campaigns.services.filling import OPT_OUT_LINK, Filling
from campaigns.services.moving import locked_campaign, move, stop
from campaigns.services.stopping import StoppedByCompliance, stop_of
from campaigns.statuses import CampaignEvent, CampaignState, ChunkState
from compliance.services.opt_out_links import make_links
from kernel.db.tenancy import platform_context, scoped_connection
from kernel.domain.catalogue import explain
from kernel.domain.errors import DomainError
from kernel.domain.ids import numbered_uuid7s, uuid7_time, uuid_of
from kernel.domain.traffic import TrafficClass
from messaging.drafts import CampaignRef, Group
from messaging.services.accept import accept_group
from messaging.statuses import Source
from tenants.models import Tenant

CLAIM_LIMIT: Final = 100
# Tasks in the broker at once per campaign, and per tenant times its weight: enough to keep workers busy, and few enough
# that another tenant's come between.
WINDOW: Final = 8
# In the broker, the lower the sooner. Numbers that Celery's transport for Valkey has lists for.
PRIORITY_OF_CLASS: Final = {TrafficClass.OTP: 0, TrafficClass.TRANSACTIONAL: 3, TrafficClass.PROMOTIONAL: 6}
# A task that was sent so long ago is taken for lost.
PATIENCE: Final = timedelta(seconds=60)

_CLAIM_SQL: Final = """
UPDATE campaigns_campaign c SET state = %s, started_at = %s, stopped = NULL
FROM (
    SELECT tenant_id, id FROM campaigns_campaign
    WHERE state = 'scheduled' AND send_at <= %s AND not_after > %s ORDER BY send_at LIMIT %s FOR UPDATE SKIP LOCKED
) due
WHERE c.tenant_id = due.tenant_id AND c.id = due.id
RETURNING c.tenant_id, c.id"""
_MISSED_SQL: Final = """
SELECT tenant_id, id FROM campaigns_campaign
WHERE state = 'scheduled' AND send_at <= %s AND not_after <= %s LIMIT %s"""
# Shared, so that chunks do not wait for each other; pause and cancel, which take the row alone, wait for them.
_SENDING_SQL: Final = """
SELECT c.id FROM campaigns_chunk k
JOIN campaigns_run r ON r.tenant_id = k.tenant_id AND r.id = k.run_id
JOIN campaigns_campaign c ON c.tenant_id = r.tenant_id AND c.id = r.campaign_id
WHERE k.id = %s AND c.state = 'sending' FOR SHARE OF c"""
_QUEUE_SQL: Final = """
UPDATE campaigns_chunk k SET queued_at = %s
FROM (
    SELECT id FROM campaigns_chunk
    WHERE run_id = %s AND state = 'pending' AND (queued_at IS NULL OR queued_at < %s)
    ORDER BY number LIMIT %s FOR UPDATE SKIP LOCKED
) free
WHERE k.id = free.id RETURNING k.id"""


@dataclass(frozen=True, slots=True)
class Due:
    tenant_id: UUID
    campaign_id: UUID


def claim_due(*, now: datetime) -> list[Due]:
    """Take every campaign whose time has come; two ticks at once share them out, a repeated one finds none."""
    with platform_context(reason="claim due campaigns"), scoped_connection().cursor() as cursor:
        cursor.execute(_CLAIM_SQL, [CampaignState.PREPARING, now, now, now, CLAIM_LIMIT])
        return [Due(*row) for row in cursor.fetchall()]


def missed(*, now: datetime) -> list[Due]:
    """Campaigns that nobody started in time: yesterday's news is not sent this morning without asking."""
    with platform_context(reason="find campaigns whose time is over"), scoped_connection().cursor() as cursor:
        cursor.execute(_MISSED_SQL, [now, now, CLAIM_LIMIT])
        return [Due(*row) for row in cursor.fetchall()]


def withdraw_missed(*, campaign_id: UUID, now: datetime) -> bool:
    """Put a missed campaign back among the drafts, with the reason on it."""
    with transaction.atomic(using=scoped_connection().alias):
        campaign = locked_campaign(campaign_id)
        if campaign.state != CampaignState.SCHEDULED or campaign.not_after is None or campaign.not_after > now:
            return False
        entry = explain("not_after_passed")
        stop(
            campaign,
            CampaignEvent.WITHDRAW,
            DomainError(
                "not_after_passed",
                f"Its time was over before it could be started. {entry.sentence}",
                "Read text and audience again, then give it a new time.",
            ),
            now=now,
        )
    return True


def prepare(*, campaign_id: UUID, now: datetime) -> Run | None:
    """Freeze the audience of a claimed campaign and send the first chunks on; None when that was done before."""
    with transaction.atomic(using=scoped_connection().alias):
        campaign = locked_campaign(campaign_id)
        if campaign.state != CampaignState.PREPARING:
            return None
        run = Run.objects.create(campaign=campaign, frozen_at=now)
        run.target, run.chunks = freeze_audience(run, list_ids_of(campaign))
        run.progress = progress_of(campaign, run).as_json()
        run.save(update_fields=["target", "chunks", "progress"])
        move(campaign, CampaignEvent.FREEZE)
        record(
            action="campaign.start",
            actor=SYSTEM,
            object_type="campaign",
            object_id=campaign.id,
            summary=f"Started for {run.target} people",
            after={"target": run.target, "chunks": run.chunks},
            now=now,
        )
    return run


def queue_chunks(*, run_id: UUID, limit: int, now: datetime) -> list[UUID]:
    """Mark the next chunks as sent to the workers and return them; the caller sends the tasks after the commit."""
    with transaction.atomic(using=scoped_connection().alias), scoped_connection().cursor() as cursor:
        cursor.execute(_QUEUE_SQL, [now, run_id, now - PATIENCE, limit])
        return [chunk_id for (chunk_id,) in cursor.fetchall()]


def window_of(*, campaign_id: UUID, now: datetime) -> tuple[UUID | None, int]:
    """The campaign's last run, and how many more of its chunks may wait in the broker.

    All campaigns of a tenant share a window that grows with its weight, so that fifty of them do not stand before
    another tenant's one; each may have one chunk there, so that none of them waits for all of another.
    """
    run = Run.objects.filter(campaign_id=campaign_id).order_by("-number").first()
    if run is None:
        return None, 0
    underway = Chunk.objects.filter(state=ChunkState.PENDING, queued_at__gte=now - PATIENCE)
    counts = underway.aggregate(own=Count("pk", filter=Q(run=run)), all=Count("pk"))
    weight = Tenant.objects.values_list("send_weight", flat=True).get(pk=run.tenant_id)
    room = min(WINDOW - counts["own"], WINDOW * weight - counts["all"])
    return run.id, max(room, 0 if counts["own"] else 1)


def priority_of(run_id: UUID) -> int:
    """Of a run's chunks in the broker: people who wait for a parcel come before people who may like an offer."""
    template = Campaign.objects.select_related("template").get(runs__pk=run_id).template
    return PRIORITY_OF_CLASS[template.traffic_class if template is not None else TrafficClass.PROMOTIONAL]


def expand_chunk(*, chunk_id: UUID, now: datetime) -> UUID | None:
    """Write the messages of one chunk and close it, in one transaction.

    Credit, a suspended account or compliance that stops the chunk pauses the campaign and leaves the chunk as it was:
    nobody is used up by a shortage that ends.

    Returns:
        The run, when this call did it; None when there was nothing to do (paused, cancelled, done, being done).
    """
    try:
        with transaction.atomic(using=scoped_connection().alias):
            return _expand(chunk_id, now)
    except InsufficientCredit as short:
        problem = DomainError(short.code, short.detail, "Top up the balance, then resume the campaign.")
    except DomainError as refused:
        problem = refused
    with transaction.atomic(using=scoped_connection().alias):
        run = Run.objects.get(parts__pk=chunk_id)
        campaign = locked_campaign(run.campaign_id)
        if campaign.state == CampaignState.SENDING:
            stop(campaign, CampaignEvent.PAUSE, problem, now=now)
    return None


def _expand(chunk_id: UUID, now: datetime) -> UUID | None:
    with scoped_connection().cursor() as cursor:
        cursor.execute(_SENDING_SQL, [chunk_id])
        is_sending = cursor.fetchone() is not None
    if not is_sending:
        return None
    open_chunk = Chunk.objects.select_for_update(skip_locked=True, of=("self",)).select_related("run")
    # Its people stay in the database until their messages are made.
    chunk = open_chunk.defer("contact_ids").filter(pk=chunk_id, state=ChunkState.PENDING).first()
    if chunk is None:
        return None
    campaign = Campaign.objects.select_related("template__sender__entity").get(pk=chunk.run.campaign_id)
    if standing := stop_of(campaign):
        raise StoppedByCompliance(standing)
    group = group_of(chunk, campaign)
    if group.ids:
        if {"link": OPT_OUT_LINK} in campaign.mapping:
            make_links(recipients=group.recipients, sender=group.shared.sender, topic=None, now=now)
        accept_group(group=group, source=Source.CAMPAIGN, now=now, campaign=CampaignRef(campaign.id, campaign.name))
    gone = chunk.size - len(group.ids)
    if gone:
        # Erased since the freeze: there is nobody left to account for.
        Run.objects.filter(pk=chunk.run_id).update(target=F("target") - gone)
    Chunk.objects.filter(pk=chunk.pk).update(state=ChunkState.DONE, done_at=now, size=len(group.ids))
    return chunk.run_id


def group_of(chunk: Chunk, campaign: Campaign) -> Group:
    """The chunk's people with their messages' ids to be, both in the order of their positions."""
    if campaign.template is None:
        raise LookupError("a campaign without template was started")
    filling, run = Filling.of(campaign, campaign.template), chunk.run
    people = people_of_chunk(chunk.id, filling.attributes)
    ids = numbered_uuid7s(at=run.frozen_at, namespace=run.id, first=chunk.first_position, count=chunk.size)
    born = uuid7_time(uuid_of(ids[0]))
    numbers = people.positions
    if len(numbers) < chunk.size:
        ids = [ids[number] for number in numbers]
    return Group(filling.shared, numbers, ids, born, people.phones, filling.filled(people))
