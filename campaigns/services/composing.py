"""The steps of a campaign that is being written: audience, message, schedule, and the last look before it goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from audit.services import Actor
from campaigns.errors import Incomplete, NotFound, OutOfOrder
from campaigns.models import AudienceList, Campaign, ContactList
from campaigns.services.audience import audience_size, list_ids_of
from campaigns.services.moving import locked_campaign, move, note
from campaigns.services.scheduling import check_future, check_not_after, zone_of
from campaigns.statuses import CampaignEvent, CampaignState
from compliance.models import Template
from kernel.db.tenancy import scoped_connection

# What nobody limits is over after a day: a text of yesterday is worth a question, not a send.
DEFAULT_LIFE: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a campaign goes out; `send_at` None is at once."""

    send_at: datetime | None
    not_after: datetime | None
    zone: str


def create_campaign(*, name: str, zone: str, actor: Actor, now: datetime) -> Campaign:
    """An empty draft."""
    with transaction.atomic(using=scoped_connection().alias):
        campaign = Campaign.objects.create(
            name=name, zone=zone, created_by_id=actor.id, created_by_label=actor.label, created_at=now
        )
        note(campaign, action="campaign.create", actor=actor, summary=f"Began the campaign “{name}”", now=now)
    return campaign


def set_audience(*, campaign_id: UUID, name: str, list_ids: Sequence[UUID]) -> Campaign:
    """Name a draft and choose its lists.

    Raises:
        NotFound, OutOfOrder; Incomplete: no list, or nobody on the lists.
    """
    with transaction.atomic(using=scoped_connection().alias):
        campaign = _draft(campaign_id)
        chosen = list(ContactList.objects.filter(pk__in=list_ids))
        if len(chosen) != len(set(list_ids)):
            raise NotFound("list")
        if not audience_size(list_ids):
            raise Incomplete(
                "audience", "There is nobody on the lists you chose.", "Choose a list with people on it, or import one."
            )
        AudienceList.objects.filter(campaign=campaign).delete()
        AudienceList.objects.bulk_create(AudienceList(campaign=campaign, contact_list=each) for each in chosen)
        campaign.name, campaign.estimate = name, None
        campaign.save(update_fields=["name", "estimate"])
    return campaign


def set_message(*, campaign_id: UUID, template_id: UUID, mapping: Sequence[Mapping[str, str]]) -> Campaign:
    """Choose the approved template of a draft, and where its variables come from.

    Args:
        mapping: {"column": name} or {"text": constant} per variable, in order.

    Raises:
        NotFound, OutOfOrder; Incomplete: a variable without source.
    """
    with transaction.atomic(using=scoped_connection().alias):
        campaign = _draft(campaign_id)
        template = Template.objects.usable().filter(pk=template_id).first()
        if template is None:
            raise NotFound("approved template")
        _check_mapping(template, mapping)
        campaign.template, campaign.mapping, campaign.estimate = template, list(mapping), None
        campaign.save(update_fields=["template", "mapping", "estimate"])
    return campaign


def _check_mapping(template: Template, mapping: Sequence[Mapping[str, str]]) -> None:
    names = [variable.name for variable in template.variable_list]
    unset = [name for name, source in zip(names, mapping, strict=False) if not any(source.values())]
    if len(mapping) != len(names) or unset:
        missing = ", ".join(f"“{name}”" for name in unset or names)
        raise Incomplete(
            "message", f"Nothing fills {missing}.", "Choose a column for every variable, or write a fixed text."
        )


def set_schedule(*, campaign_id: UUID, schedule: Schedule, now: datetime) -> Campaign:
    """Decide when a draft goes out.

    Raises:
        NotFound, OutOfOrder, ScheduleProblem.
    """
    zone = zone_of(schedule.zone)
    send_at = schedule.send_at or now
    check_future(send_at=send_at, now=now, zone=zone)
    if schedule.not_after is not None:
        check_not_after(not_after=schedule.not_after, send_at=max(send_at, now), zone=zone)
    with transaction.atomic(using=scoped_connection().alias):
        campaign = _draft(campaign_id)
        campaign.send_at, campaign.not_after, campaign.zone = schedule.send_at, schedule.not_after, schedule.zone
        campaign.is_immediate = schedule.send_at is None
        campaign.save(update_fields=["send_at", "not_after", "zone", "is_immediate"])
    return campaign


def launch(*, campaign_id: UUID, actor: Actor, now: datetime) -> Campaign:
    """Let a complete draft go: at its time, or at the next tick when it is to go at once.

    Raises:
        NotFound, OutOfOrder, ScheduleProblem; Incomplete: `context["step"]` says what is missing.
    """
    with transaction.atomic(using=scoped_connection().alias):
        campaign = locked_campaign(campaign_id)
        _check_complete(campaign)
        send_at = now if campaign.is_immediate or campaign.send_at is None else campaign.send_at
        check_future(send_at=send_at, now=now, zone=campaign.zone_info)
        not_after = campaign.not_after or max(send_at, now) + DEFAULT_LIFE
        check_not_after(not_after=not_after, send_at=max(send_at, now), zone=campaign.zone_info)
        move(campaign, CampaignEvent.SCHEDULE, send_at=send_at, not_after=not_after, stopped=None)
        when = "at once" if campaign.is_immediate else f"for {send_at.astimezone(campaign.zone_info):%d %B %Y, %H:%M}"
        note(campaign, action="campaign.schedule", actor=actor, summary=f"Scheduled {when} ({campaign.zone})", now=now)
    return campaign


def _check_complete(campaign: Campaign) -> None:
    if not audience_size(list_ids_of(campaign)):
        raise Incomplete("audience", "The campaign has no recipients.", "Choose at least one list with people on it.")
    if campaign.template_id is None:
        raise Incomplete("message", "The campaign has no text.", "Choose an approved template.")
    template = Template.objects.usable().filter(pk=campaign.template_id).first()
    if template is None:
        raise Incomplete("message", "The template is not approved any more.", "Choose another approved template.")
    _check_mapping(template, campaign.mapping)
    if campaign.send_at is None and not campaign.is_immediate:
        raise Incomplete("schedule", "It is not decided when the campaign goes out.", "Choose a time, or send now.")


def _draft(campaign_id: UUID) -> Campaign:
    campaign = locked_campaign(campaign_id)
    if not campaign.is_editable:
        raise OutOfOrder("campaign", CampaignState(campaign.state).label, "changed")
    return campaign
