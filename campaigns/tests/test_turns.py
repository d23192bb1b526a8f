"""Who is looked after, and that one campaign's chunks do not stand before another's."""

from __future__ import annotations

from collections import deque
from datetime import timedelta

import pytest

from campaigns.models import Campaign
from campaigns.services import audience, control, running
from campaigns.tests.builders import MAYA, NOW, Cast, expand_all, make_campaign, make_list, start
from messaging.models import CampaignStop
from routing.costs import CostTable

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "CHUNK_SIZE", 4)


def test_campaigns_that_wait_for_ever_do_not_keep_others_from_being_looked_after(inside: Cast) -> None:
    people = make_list(count=1)
    for n in range(5):
        campaign = make_campaign(inside, people)
        Campaign.objects.filter(pk=campaign.pk).update(state="paused", started_at=NOW + timedelta(seconds=n))
    everybody = set(Campaign.objects.values_list("pk", flat=True))
    rounds = [control.unsettled(now=NOW + timedelta(seconds=n * control.CARE_EVERY_S), limit=2) for n in range(3)]
    assert {campaign_id for found in rounds for _, campaign_id in found} == everybody
    assert len(control.unsettled(now=NOW)) == 5


def test_a_small_campaign_is_written_while_a_large_one_still_is(inside: Cast) -> None:
    large = start(make_campaign(inside, make_list(count=4 * 3 * running.WINDOW)))
    small = start(make_campaign(inside, make_list("Few", count=3)))
    # As the broker has them: first come, first served, and each done chunk sends one more of its campaign.
    tasks = deque(running.queue_chunks(run_id=large.id, limit=running.WINDOW, now=NOW))
    tasks += running.queue_chunks(run_id=small.id, limit=running.WINDOW, now=NOW)
    done = []
    while tasks:
        run_id = running.expand_chunk(chunk_id=tasks.popleft(), now=NOW)
        assert run_id is not None
        done.append(run_id)
        tasks += running.queue_chunks(run_id=run_id, limit=1, now=NOW)
    assert (done.index(small.id), len(done)) == (running.WINDOW, 3 * running.WINDOW + 1)


def test_a_pause_a_resume_and_a_cancel_tell_the_dispatchers(inside: Cast) -> None:
    run = start(make_campaign(inside, make_list(count=3)))
    expand_all(run)
    control.pause(campaign_id=run.campaign_id, actor=MAYA, now=NOW)
    assert CampaignStop.objects.get().state == CampaignStop.State.PAUSED
    control.resume(campaign_id=run.campaign_id, actor=MAYA, now=NOW)
    assert not CampaignStop.objects.exists()
    control.cancel(campaign_id=run.campaign_id, actor=MAYA, now=NOW)
    assert CampaignStop.objects.get().state == CampaignStop.State.CANCELLED
    while control.cancel_rest(campaign_id=run.campaign_id, costs=CostTable({}), now=NOW):
        pass
    control.look_after(campaign_id=run.campaign_id, now=NOW)
    assert not CampaignStop.objects.exists()
