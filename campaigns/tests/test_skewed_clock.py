"""A worker whose clock is wrong starts campaigns when the database says so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns import tasks
from campaigns.models import Campaign
from campaigns.statuses import CampaignState
from campaigns.tests.builders import Cast, make_campaign, make_list
from kernel.db.clock import database_now
from kernel.db.tests.test_clock import Skewed
from kernel.domain import clock

pytestmark = pytest.mark.django_db


def test_a_clock_that_is_a_day_ahead_starts_nothing_early(inside: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = make_campaign(inside, make_list())
    started: list[str] = []
    monkeypatch.setattr(tasks.prepare, "delay", lambda tenant_id, campaign_id: started.append(campaign_id))
    monkeypatch.setattr(clock, "datetime", Skewed)
    due = database_now() + timedelta(hours=1)
    found = Campaign.objects.filter(pk=campaign.pk)
    found.update(state=CampaignState.SCHEDULED, send_at=due, not_after=due + timedelta(days=1))
    tasks.start_due()
    assert started == []
    found.update(send_at=database_now())
    tasks.start_due()
    assert started == [str(campaign.pk)]
