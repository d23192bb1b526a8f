"""How many of a campaign's messages wait for the recipients' promotional hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.waiting_hours import waiting_for_hours
from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.ids import uuid7
from kernel.domain.traffic import TrafficClass
from messaging.drafts import CampaignRef
from messaging.tests.world import draft, make_world

pytestmark = pytest.mark.django_db(transaction=True)


def evening(hour: int, minute: int) -> datetime:
    day = utc_now() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) - timedelta(hours=5, minutes=30)


def test_campaigns_tell_how_many_wait_for_the_hours(settings: Any) -> None:
    settings.KEEP_PROMOTIONAL_HOURS = True
    world, campaign = make_world(), CampaignRef(uuid7(), "Sale")
    night = evening(21, 30)
    world.accept(draft(traffic_class=TrafficClass.PROMOTIONAL), draft("+919876543211"), now=night, campaign=campaign)
    with tenant_context(world.tenant_id):
        waiting = waiting_for_hours(campaign.id, now=night)
    assert waiting is not None
    assert (waiting.messages, waiting.first_at) == (1, evening(10, 0) + timedelta(days=1))
