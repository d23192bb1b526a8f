"""A campaign from its due time to the last message: nobody lost, nobody twice."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError

from campaigns.errors import NotFound
from campaigns.models import Campaign, Chunk, Contact, Run
from campaigns.progress import progress_of
from campaigns.services import audience, composing, control, running
from campaigns.tests.builders import (
    MAYA,
    NOW,
    Cast,
    expand_all,
    make_campaign,
    make_cast,
    make_list,
    number,
    start,
)
from kernel.db.tenancy import tenant_context
from messaging.models import Batch, Message
from messaging.statuses import BatchState, Status, Term
from routing.costs import CostTable

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "CHUNK_SIZE", 4)


def terms(run: Run) -> dict[str, int]:
    """What of the bar is not zero."""
    run.refresh_from_db()
    progress = progress_of(run.campaign, run)
    assert sum(progress.terms.values()) == progress.target
    return {term.value: count for term, count in progress.terms.items() if count}


def test_everybody_on_the_lists_is_written_to_once(inside: Cast) -> None:
    run = start(make_campaign(inside, make_list("A", 6), make_list("B", 6, start=3)))
    assert (run.target, run.chunks) == (9, 3)
    expand_all(run)
    recipients = Message.objects.filter(campaign_id=run.campaign_id).values_list("recipient", flat=True)
    assert sorted(recipients) == [number(index) for index in range(9)]
    assert terms(run) == {"waiting": 9}


def test_who_joins_a_list_after_the_freeze_is_not_written_to(inside: Cast) -> None:
    first = make_list("A", 3)
    run = start(make_campaign(inside, first))
    make_list("B", 2, start=10)
    moved = Contact.objects.get(phone=number(10))
    first.memberships.create(contact=moved)
    expand_all(run)
    assert Message.objects.count() == 3


def test_a_chunk_is_written_once_however_often_its_task_comes(inside: Cast) -> None:
    run = start(make_campaign(inside, make_list(count=4)))
    chunk = Chunk.objects.get()
    assert running.expand_chunk(chunk_id=chunk.id, now=NOW) == run.id
    assert running.expand_chunk(chunk_id=chunk.id, now=NOW) is None
    assert Message.objects.count() == 4


def test_the_primary_key_refuses_a_chunk_that_was_opened_again(inside: Cast) -> None:
    run = start(make_campaign(inside, make_list(count=4)))
    expand_all(run)
    Chunk.objects.update(state="pending")
    with pytest.raises(IntegrityError):
        running.expand_chunk(chunk_id=Chunk.objects.get().id, now=NOW)


def test_people_without_a_variable_are_blocked_and_counted(inside: Cast) -> None:
    full, empty = make_list("Full", 2), make_list("Empty", 3, start=10, other="x")
    run = start(make_campaign(inside, full, empty))
    expand_all(run)
    assert terms(run) == {"waiting": 2, "blocked": 3}
    assert set(Message.objects.filter(status=Status.BLOCKED).values_list("error_code", flat=True)) == {
        "variable_missing"
    }


def test_an_erased_contact_leaves_the_target(inside: Cast) -> None:
    run = start(make_campaign(inside, make_list(count=5)))
    Contact.objects.get(phone=number(2)).delete()
    expand_all(run)
    assert terms(run) == {"waiting": 4}


def test_a_paused_campaign_writes_nothing_until_it_is_resumed(inside: Cast) -> None:
    run = start(make_campaign(inside, make_list(count=5)))
    control.pause(campaign_id=run.campaign_id, actor=MAYA, now=NOW)
    expand_all(run)
    assert not Message.objects.exists()
    control.resume(campaign_id=run.campaign_id, actor=MAYA, now=NOW)
    expand_all(run)
    assert Message.objects.count() == 5


def test_what_a_suspension_held_back_goes_on_when_it_is_over(inside: Cast) -> None:
    run = start(make_campaign(inside, make_list(count=3)))
    expand_all(run)
    Batch.objects.update(state=BatchState.HELD)
    control.look_after(campaign_id=run.campaign_id, now=NOW)
    assert set(Batch.objects.values_list("state", flat=True)) == {BatchState.READY}


def test_what_returns_to_a_paused_campaign_is_held(inside: Cast) -> None:
    run = start(make_campaign(inside, make_list(count=3)))
    expand_all(run)
    control.pause(campaign_id=run.campaign_id, actor=MAYA, now=NOW)
    Batch.objects.update(state=BatchState.READY)
    control.look_after(campaign_id=run.campaign_id, now=NOW)
    assert set(Batch.objects.values_list("state", flat=True)) == {BatchState.HELD}


def test_a_campaign_cancelled_before_its_audience_was_frozen_comes_to_its_end(inside: Cast) -> None:
    campaign = make_campaign(inside, make_list(count=3))
    Campaign.objects.update(state="preparing", started_at=NOW)
    control.cancel(campaign_id=campaign.id, actor=MAYA, now=NOW)
    assert control.look_after(campaign_id=campaign.id, now=NOW) is control.Need.NOTHING
    assert Campaign.objects.get().finished_at == NOW


def test_cancelling_accounts_for_written_and_unwritten_people(inside: Cast) -> None:
    run = start(make_campaign(inside, make_list(count=10)))
    running.expand_chunk(chunk_id=Chunk.objects.get(number=0).id, now=NOW)
    control.cancel(campaign_id=run.campaign_id, actor=MAYA, now=NOW)
    expand_all(run)
    assert terms(run) == {"waiting": 4, "cancelled": 6}
    assert control.look_after(campaign_id=run.campaign_id, now=NOW) is control.Need.CANCEL_REST
    while control.cancel_rest(campaign_id=run.campaign_id, costs=CostTable({}), now=NOW):
        pass
    assert terms(run) == {"cancelled": 10}
    control.look_after(campaign_id=run.campaign_id, now=NOW)
    assert Campaign.objects.get().finished_at == NOW


def test_a_shortage_of_credit_pauses_and_uses_nobody_up() -> None:
    cast = make_cast(rupees=1)
    with tenant_context(cast.tenant_id):
        run = start(make_campaign(cast, make_list(count=10)))
        expand_all(run)
        campaign = Campaign.objects.get()
        assert (campaign.state, (campaign.stopped or {}).get("code")) == ("paused", "insufficient_credit")
        assert terms(run) == {"waiting": 10}
        assert Message.objects.count() == 4


def test_a_campaign_is_finished_when_everybody_is_accounted_for(inside: Cast) -> None:
    run = start(make_campaign(inside, make_list(count=3, other="x")))
    assert control.look_after(campaign_id=run.campaign_id, now=NOW) is control.Need.EXPAND
    expand_all(run)
    control.look_after(campaign_id=run.campaign_id, now=NOW)
    run.refresh_from_db()
    assert (Campaign.objects.get().state, run.progress["terms"][Term.BLOCKED]) == ("finished", 3)


def test_two_ticks_claim_a_due_campaign_once() -> None:
    cast = make_cast()
    with tenant_context(cast.tenant_id):
        campaign = make_campaign(cast, make_list())
        composing.launch(campaign_id=campaign.id, actor=MAYA, now=NOW)
    assert running.claim_due(now=NOW - timedelta(seconds=1)) == []
    assert [due.campaign_id for due in running.claim_due(now=NOW)] == [campaign.id]
    assert running.claim_due(now=NOW) == []


def test_a_campaign_that_nobody_started_in_time_asks_again() -> None:
    cast = make_cast()
    with tenant_context(cast.tenant_id):
        campaign = make_campaign(cast, make_list())
        composing.launch(campaign_id=campaign.id, actor=MAYA, now=NOW)
    late = NOW + timedelta(hours=25)
    assert running.claim_due(now=late) == []
    assert [due.campaign_id for due in running.missed(now=late)] == [campaign.id]
    with tenant_context(cast.tenant_id):
        assert running.withdraw_missed(campaign_id=campaign.id, now=late)
        campaign.refresh_from_db()
    assert (campaign.state, (campaign.stopped or {}).get("code")) == ("draft", "not_after_passed")


def test_chunks_are_sent_on_in_a_window_and_lost_ones_again(inside: Cast) -> None:
    run = start(make_campaign(inside, make_list(count=9)))
    assert len(running.queue_chunks(run_id=run.id, limit=2, now=NOW)) == 2
    assert len(running.queue_chunks(run_id=run.id, limit=9, now=NOW)) == 1
    assert running.queue_chunks(run_id=run.id, limit=9, now=NOW) == []
    assert running.window_of(campaign_id=run.campaign_id, now=NOW) == (run.id, running.WINDOW - 3)
    later = NOW + running.PATIENCE + timedelta(seconds=1)
    assert len(running.queue_chunks(run_id=run.id, limit=9, now=later)) == 3


def test_another_tenant_sees_and_moves_nothing(inside: Cast) -> None:
    run = start(make_campaign(inside, make_list()))
    with tenant_context(uuid4()):
        assert not Campaign.objects.exists()
        assert not Chunk.objects.exists()
        assert running.queue_chunks(run_id=run.id, limit=9, now=NOW) == []
        with pytest.raises(NotFound):
            control.cancel(campaign_id=run.campaign_id, actor=MAYA, now=NOW)
