"""How a campaign changes its state: under a lock of its row, by the table, with a line in the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from audit.services import SYSTEM, Actor, record
from campaigns.errors import NotFound, OutOfOrder
from campaigns.models import Campaign
from campaigns.statuses import CAMPAIGN, CampaignEvent, CampaignState
from kernel.domain.errors import DomainError


def locked_campaign(campaign_id: UUID) -> Campaign:
    """The row, held until the transaction ends.

    Raises:
        NotFound: the tenant has no such campaign.
    """
    campaign = Campaign.objects.select_for_update(of=("self",)).filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound("campaign")
    return campaign


def move(campaign: Campaign, event: CampaignEvent, **fields: object) -> None:
    """Take a locked campaign one step on.

    Raises:
        OutOfOrder: the table does not know this event in this state.
    """
    following = CAMPAIGN.next(CampaignState(campaign.state), event)
    if following is None:
        raise OutOfOrder("campaign", CampaignState(campaign.state).label, DONE[event])
    campaign.state = following
    for name, value in fields.items():
        setattr(campaign, name, value)
    campaign.save(update_fields=["state", *fields])


def stop(campaign: Campaign, event: CampaignEvent, problem: DomainError, *, now: datetime) -> None:
    """Halt a locked campaign because of `problem`, which its page then shows until somebody acts."""
    reason = {"code": problem.code, "detail": problem.detail, "remedy": problem.remedy}
    if "stop" in problem.context:
        reason["stop"] = str(problem.context["stop"])
    move(campaign, event, stopped=reason)
    note(campaign, action="campaign.stop", actor=SYSTEM, summary=f"Stopped: {problem.detail}"[:500], now=now)


def note(campaign: Campaign, *, action: str, actor: Actor, summary: str, now: datetime) -> None:
    """One line in the audit trail, which is the campaign's timeline too."""
    record(action=action, actor=actor, object_type="campaign", object_id=campaign.id, summary=summary, now=now)


# After "it cannot be …".
DONE: Final = {
    CampaignEvent.SCHEDULE: "scheduled",
    CampaignEvent.WITHDRAW: "withdrawn",
    CampaignEvent.START: "started",
    CampaignEvent.FREEZE: "prepared",
    CampaignEvent.PAUSE: "paused",
    CampaignEvent.RESUME: "resumed",
    CampaignEvent.CANCEL: "cancelled",
    CampaignEvent.FINISH: "finished",
}
