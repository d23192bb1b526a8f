"""Who is looked after, and that one campaign's chunks do not stand before another's."""

from __future__ import annotations

from collections import deque
from datetime import timedelta

import pytest
from celery import current_app

from campaigns import tasks as tasks_of_campaigns
from campaigns.models import Campaign, Chunk
from campaigns.services import audience, control, running
from campaigns.tests.builders import MAYA, NOW, Cast, expand_all, make_campaign, make_list, start
from compliance.models import Template
from compliance.statuses import Category
from kernel.db.tenancy import platform_context
from kernel.queues import Queue
from messaging.models import CampaignStop
from routing.costs import CostTable
from tenants.models import Tenant

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


def test_campaigns_of_one_tenant_share_a_window_that_grows_with_its_weight(inside: Cast) -> None:
    people = make_list(count=4 * 2 * running.WINDOW)
    first, second, third = [start(make_campaign(inside, people)) for _ in range(3)]
    running.queue_chunks(run_id=first.id, limit=running.WINDOW, now=NOW)
    # The others have one each, so that none waits until all of the first is written.
    assert running.window_of(campaign_id=second.campaign_id, now=NOW) == (second.id, 1)
    running.queue_chunks(run_id=second.id, limit=1, now=NOW)
    assert running.window_of(campaign_id=second.campaign_id, now=NOW) == (second.id, 0)
    with platform_context(reason="test: a tenant of another weight"):
        Tenant.objects.filter(pk=inside.tenant_id).update(send_weight=2)
    assert running.window_of(campaign_id=third.campaign_id, now=NOW) == (third.id, running.WINDOW - 1)


def test_chunks_of_transactional_campaigns_are_taken_before_promotional_ones(inside: Cast) -> None:
    run = start(make_campaign(inside, make_list(count=8)))
    with current_app.connection_for_write() as connection, connection.SimpleQueue(Queue.BULK.value) as queue:
        queue.clear()
        Template.objects.update(category=Category.PROMOTIONAL)
        tasks_of_campaigns.send_chunks(str(inside.tenant_id), run.id, 1)
        Template.objects.update(category=Category.TRANSACTIONAL)
        tasks_of_campaigns.send_chunks(str(inside.tenant_id), run.id, 1)
        taken = [queue.get(timeout=5) for _ in range(2)]
        for message in taken:
            message.ack()
    numbers = [Chunk.objects.get(pk=message.payload[0][1]).number for message in taken]
    assert numbers == [1, 0]


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
