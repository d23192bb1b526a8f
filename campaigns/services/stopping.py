"""Campaigns whose template, sender or entity compliance stopped: put on hold, before people are used up.

They stay on hold when the stop is lifted: hours may have passed, and somebody has to look before they go on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q

from campaigns.models import Campaign
from campaigns.services.moving import locked_campaign, stop
from campaigns.statuses import CampaignEvent, CampaignState
from compliance.models import Stop
from compliance.services.stops import Counts
from kernel.domain.errors import DomainError
from messaging.services.campaign_control import hold_campaign

CODE: Final = "stopped_by_compliance"


class StoppedByCompliance(DomainError):
    """What a campaign stands on may not be used now. `context["stop"]` is the id of the stop."""

    def __init__(self, standing: Stop) -> None:
        super().__init__(
            CODE,
            f"{standing.reason}, so nothing more of this campaign is sent.",
            f"Look at the {Stop.Kind(standing.kind).label.lower()} “{standing.label}” in the compliance pages; "
            "when its stop is lifted, resume the campaign.",
            stop=str(standing.pk),
        )


class CampaignKeeper:
    """A compliance.services.stops.Keeper: the campaigns under way."""

    def on_stop(self, stop: Stop, now: datetime) -> Counts:
        matching = _standing_on(stop)
        if matching is None:
            return Counts()
        under_way = Campaign.objects.filter(matching, state=CampaignState.SENDING).order_by("pk")
        put_on_hold = [
            put_on_hold_for(campaign_id, stop, now) for campaign_id in under_way.values_list("pk", flat=True)
        ]
        return Counts(campaigns=sum(put_on_hold))

    def on_lift(self, stop: Stop, now: datetime) -> Counts:
        return Counts()

    def kept(self, stops: list[Stop]) -> Mapping[UUID, Counts]:
        paused = Campaign.objects.filter(state=CampaignState.PAUSED, stopped__code=CODE)
        found: dict[UUID, Counts] = {}
        for (reason,) in paused.values_list("stopped"):
            ident = UUID((reason or {})["stop"])
            found[ident] = Counts(campaigns=found.get(ident, Counts()).campaigns + 1)
        return found


def put_on_hold_for(campaign_id: UUID, standing: Stop, now: datetime) -> bool:
    """Pause a campaign that is being sent, in the current transaction; False when it is not any more."""
    campaign = locked_campaign(campaign_id)
    if campaign.state != CampaignState.SENDING:
        return False
    stop(campaign, CampaignEvent.PAUSE, StoppedByCompliance(standing), now=now)
    hold_campaign(campaign_id)
    return True


def stop_of(campaign: Campaign) -> Stop | None:
    """The stop that stands in a campaign's way, if there is one; a chain's depends on the route: `chain_stop_of`."""
    template = campaign.template
    if template is None:
        return None
    wanted = Q(kind=Stop.Kind.TEMPLATE, key=str(template.pk)) | Q(kind=Stop.Kind.SENDER, key=template.sender.header)
    if template.sender.entity is not None:
        wanted |= Q(kind=Stop.Kind.ENTITY, key=template.sender.entity.dlt_entity_id)
    return Stop.objects.filter(wanted).order_by("pk").first()


def _standing_on(stop: Stop) -> Q | None:
    return {
        Stop.Kind.TEMPLATE: Q(template_id=stop.key),
        Stop.Kind.SENDER: Q(template__sender__header=stop.key),
        Stop.Kind.ENTITY: Q(template__sender__entity__dlt_entity_id=stop.key),
    }.get(Stop.Kind(stop.kind))
