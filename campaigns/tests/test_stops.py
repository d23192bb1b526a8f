"""A campaign whose template, sender or entity is stopped goes on hold with the reason, and nobody is used up."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from campaigns.models import Campaign, Chunk, Run
from campaigns.services import audience, control, running
from campaigns.services.stopping import StoppedByCompliance
from campaigns.statuses import CampaignState, ChunkState
from campaigns.tests.builders import MAYA, NOW, Cast, expand_all, make_campaign, make_list, sign_in, start
from compliance.models import DltRegistration, Stop
from compliance.services import stops
from compliance.services.stops import Counts
from kernel.db.tenancy import tenant_context
from messaging.models import Batch, Message
from messaging.statuses import BatchState, Hold
from tenants.roles import Role

pytestmark = pytest.mark.django_db
REASON = "Its portal suspended the template “Order”"


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "CHUNK_SIZE", 4)


def stop_template(cast: Cast) -> Counts:
    return stops.stop(
        kind=Stop.Kind.TEMPLATE,
        key=str(cast.template_id),
        object_id=cast.template_id,
        label="Order",
        reason=REASON,
        actor=MAYA,
        now=NOW,
        country="IN",
    )


def expand_one(run: Run) -> None:
    chunk_id = Chunk.objects.filter(run=run, state=ChunkState.PENDING).values_list("pk", flat=True).first()
    assert chunk_id
    running.expand_chunk(chunk_id=chunk_id, now=NOW)


def test_a_stop_in_mid_campaign_puts_it_on_hold_with_the_reason(inside: Cast) -> None:
    run = start(make_campaign(inside, make_list(count=12)))
    expand_one(run)
    assert stop_template(inside) == Counts(messages=4, campaigns=1)
    campaign = Campaign.objects.get()
    assert campaign.stopped
    assert (campaign.state, campaign.stopped["code"]) == (CampaignState.PAUSED, "stopped_by_compliance")
    assert REASON in campaign.stopped["detail"]
    batch = Batch.objects.get()
    assert (batch.state, batch.holds) == (BatchState.HELD, Hold.CAMPAIGN | Hold.COMPLIANCE)
    (standing,) = stops.standing_of(inside.template_id)
    assert standing.counts == Counts(messages=4, campaigns=1)


def test_a_campaign_that_starts_on_a_stopped_template_uses_nobody_up(inside: Cast) -> None:
    assert stop_template(inside) == Counts()
    run = start(make_campaign(inside, make_list(count=12)))
    expand_one(run)
    assert Campaign.objects.get().state == CampaignState.PAUSED
    assert not Message.objects.exists()
    assert Chunk.objects.filter(state=ChunkState.PENDING).count() == 3


def test_it_is_resumed_by_hand_once_the_stop_is_lifted(inside: Cast) -> None:
    run = start(make_campaign(inside, make_list(count=8)))
    expand_one(run)
    stop_template(inside)
    with pytest.raises(StoppedByCompliance):
        control.resume(campaign_id=run.campaign_id, actor=MAYA, now=NOW)
    stops.lift(kind=Stop.Kind.TEMPLATE, object_id=inside.template_id, actor=MAYA, now=NOW, country="IN")
    assert Campaign.objects.get().state == CampaignState.PAUSED
    control.resume(campaign_id=run.campaign_id, actor=MAYA, now=NOW)
    expand_all(run)
    assert Message.objects.count() == 8
    assert not Batch.objects.exclude(state=BatchState.READY, holds=0).exists()


def page(client: Client, name: str, pk: object, **fields: str) -> str:
    where = reverse(name, args=[pk])
    answer = client.post(where, fields, follow=True) if fields else client.get(where)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_sealed_trail_names_no_number_that_may_still_grow(inside: Cast) -> None:
    expand_one(start(make_campaign(inside, make_list(count=12))))
    stop_template(inside)
    entry = Entry.objects.get(action="template.stop")
    assert entry.summary.startswith("Stopped what is unsent: ")
    assert set(entry.after or {}) == {"prefix", "reason"}


def test_the_pages_tell_what_was_stopped_where_it_was_done(cast: Cast) -> None:
    officer = sign_in(cast, Role.OWNER)
    with tenant_context(cast.tenant_id):
        run = start(make_campaign(cast, make_list(count=12)))
        expand_one(run)
        number = DltRegistration.objects.get().dlt_template_id
    registration = {"country": "IN", "dlt_template_id": number, "portal_state": "suspended"}
    told = page(officer, "compliance:template-register", cast.template_id, **registration)
    # Once as the answer of the action, once on the record.
    assert told.count("4 messages are kept back and 1 campaign is on hold.") == 2
    campaign = page(officer, "campaigns:campaign", run.campaign_id)
    assert "is suspended on its portal" in campaign
    assert "stopped_by_compliance" in campaign
    told = page(officer, "compliance:template-register", cast.template_id, **{**registration, "portal_state": "active"})
    assert "kept back" not in told
