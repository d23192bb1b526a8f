"""What ends outside the dispatcher: cancelled, expired, silent; and what time starts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from billing.models import ChargedOn, Wallet
from kernel.db.tenancy import platform_context, tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.ids import uuid7
from messaging.drafts import CampaignRef
from messaging.models import Batch, Message, MessageEvent
from messaging.services import campaign_control, sweeping
from messaging.services.books import audit_tenant
from messaging.statuses import BatchState, EventKind, Hold, Status
from messaging.tests.world import ASHA, RAVI, UNIT, World, draft, make_world
from routing.costs import CostTable
from tenants.models import Tenant

pytestmark = pytest.mark.django_db
CAMPAIGN = CampaignRef(uuid7(), "Diwali")
COSTS = CostTable({})


@pytest.fixture
def world() -> Iterator[World]:
    made = make_world()
    yield made
    with platform_context(reason="test: the books are exact whatever happened"):
        assert audit_tenant(made.tenant_id) == []


def send_campaign(world: World) -> UUID:
    world.accept(draft(ASHA), draft(RAVI), campaign=CAMPAIGN)
    return CAMPAIGN.id


def states(world: World) -> tuple[set[int], set[int], int]:
    """Statuses of messages, states of batches, what is held."""
    with tenant_context(world.tenant_id):
        messages = set(Message.objects.values_list("status", flat=True))
        return messages, set(Batch.objects.values_list("state", flat=True)), Wallet.objects.get().held_micros


def test_a_held_campaign_keeps_its_batches_back_until_it_is_resumed(world: World) -> None:
    campaign_id = send_campaign(world)
    with tenant_context(world.tenant_id):
        assert campaign_control.hold_campaign(campaign_id) == 1
        assert Batch.objects.get().state == BatchState.HELD
        assert campaign_control.resume_campaign(campaign_id) == 1
        assert Batch.objects.get().state == BatchState.READY


def test_cancelling_ends_what_waits_and_gives_the_credit_back(world: World) -> None:
    campaign_id = send_campaign(world)
    with tenant_context(world.tenant_id):
        assert campaign_control.cancel_campaign(campaign_id, costs=COSTS, now=utc_now()) == 1
        assert campaign_control.cancel_campaign(campaign_id, costs=COSTS, now=utc_now()) == 0
        event = MessageEvent.objects.get(kind=EventKind.FINAL)
        assert (event.outcome, event.messages, event.campaign_id) == (Status.CANCELLED, 2, campaign_id)
    assert states(world) == ({Status.CANCELLED}, {BatchState.CANCELLED}, 0)


def test_cancelling_counts_as_submitted_what_may_have_reached_an_operator(world: World) -> None:
    campaign_id = send_campaign(world)
    with tenant_context(world.tenant_id):
        Batch.objects.update(sent_upto=1, state=BatchState.HELD)
        campaign_control.cancel_campaign(campaign_id, costs=COSTS, now=utc_now())
        event = MessageEvent.objects.get(kind=EventKind.SUBMITTED)
        assert (event.messages, event.charged_micros) == (1, UNIT)
    assert states(world) == ({Status.ACCEPTED, Status.CANCELLED}, {BatchState.SENT}, 0)


def test_another_tenants_campaign_cannot_be_cancelled(world: World) -> None:
    campaign_id = send_campaign(world)
    with tenant_context(make_world().tenant_id):
        assert campaign_control.cancel_campaign(campaign_id, costs=COSTS, now=utc_now()) == 0
        assert campaign_control.hold_campaign(campaign_id) == 0
    assert states(world)[1] == {BatchState.READY}


def test_a_due_batch_is_given_to_the_dispatchers_once(world: World) -> None:
    due = utc_now() + timedelta(hours=1)
    world.accept(draft(send_at=due))
    assert sweeping.release_due(due - timedelta(seconds=1)) == 0
    assert sweeping.release_due(due) == 1
    assert sweeping.release_due(due) == 0
    assert states(world)[1] == {BatchState.READY}


def test_what_no_operator_had_in_time_expires_and_is_not_paid(world: World) -> None:
    world.accept(draft(), now=utc_now())
    late = utc_now() + timedelta(hours=25)
    assert sweeping.expire_overdue(late) == 1
    assert states(world) == ({Status.EXPIRED}, {BatchState.CLOSED}, 0)
    with tenant_context(world.tenant_id):
        assert Message.objects.get().error_code == "validity_expired"


def test_a_batch_of_another_tenant_that_is_not_overdue_stays(world: World) -> None:
    world.accept(draft())
    assert sweeping.expire_overdue(utc_now()) == 0
    assert sweeping.settle_silent(utc_now() + timedelta(hours=25)) == 0


def test_silence_ends_as_unknown_after_validity_and_grace() -> None:
    world = make_world(charged_on=ChargedOn.DELIVERY)
    world.accept(draft())
    with tenant_context(world.tenant_id):
        Batch.objects.update(state=BatchState.SENT, sent_upto=1)
    assert sweeping.settle_silent(utc_now() + timedelta(hours=47)) == 0
    assert sweeping.settle_silent(utc_now() + timedelta(hours=49)) == 1
    assert states(world) == ({Status.UNKNOWN}, {BatchState.CLOSED}, 0)


def test_silence_of_a_message_in_doubt_counts_as_submitted_and_is_charged(world: World) -> None:
    world.accept(draft())
    with tenant_context(world.tenant_id):
        Batch.objects.update(state=BatchState.SENT, sent_upto=1)
        before = Wallet.objects.get().balance_micros
    sweeping.settle_silent(utc_now() + timedelta(hours=49))
    with tenant_context(world.tenant_id):
        wallet = Wallet.objects.get()
        assert (wallet.balance_micros, wallet.held_micros) == (before - UNIT, 0)


@pytest.mark.parametrize("sent_upto", [0, 1])
def test_a_receipt_of_a_message_nobody_counted_as_submitted_leaves_no_hold_open(world: World, sent_upto: int) -> None:
    send_campaign(world)
    with tenant_context(world.tenant_id):
        # An answer that came after the lease had ended: the batch waits again, yet its first message was delivered.
        Batch.objects.update(state=BatchState.HELD, sent_upto=sent_upto)
        first = Message.objects.get(pk=Batch.objects.get().ids[0])
        told = MessageEvent(kind=EventKind.FINAL, outcome=Status.DELIVERED, batch_id=first.batch_id, messages=1)
        told.traffic_class, told.source, told.segments, told.ids = first.traffic_class, first.source, 1, [first.pk]
        told.cohort_at = told.at = utc_now()
        told.save()
        Message.objects.filter(pk=first.pk).update(status=Status.DELIVERED)
        campaign_control.cancel_campaign(CAMPAIGN.id, costs=COSTS, now=utc_now())
    sweeping.settle_silent(utc_now() + timedelta(hours=49))
    assert states(world)[2] == 0


def test_what_a_suspension_put_aside_goes_on_with_its_end_and_a_paused_campaign_does_not(world: World) -> None:
    world.accept(draft())
    send_campaign(world)
    with platform_context(reason="test: suspended, and its batches put aside by a claim"):
        Tenant.objects.update(state=Tenant.State.SUSPENDED)
        Batch.objects.update(state=BatchState.HELD)
        Batch.objects.exclude(campaign_id=None).update(holds=Hold.CAMPAIGN)
    assert sweeping.release_held() == 0
    with platform_context(reason="test: active again"):
        Tenant.objects.update(state=Tenant.State.ACTIVE)
    assert sweeping.release_held() == 1
    with tenant_context(world.tenant_id):
        assert Batch.objects.get(campaign_id=None).state == BatchState.READY


def test_a_sweep_goes_on_while_there_is_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "BATCHES_PER_ROUND", 2)
    for _ in range(5):
        world.accept(draft())
    assert sweeping.expire_overdue(utc_now() + timedelta(hours=25)) == 5


def test_sweeping_twice_changes_nothing_more(world: World) -> None:
    world.accept(draft())
    late = utc_now() + timedelta(hours=25)
    assert [sweeping.expire_overdue(late), sweeping.expire_overdue(late)] == [1, 0]


def test_an_end_is_booked_to_the_route_where_the_batch_stood(world: World) -> None:
    world.accept(draft())
    with tenant_context(world.tenant_id):
        Batch.objects.update(route_id=4711)
    sweeping.expire_overdue(utc_now() + timedelta(hours=25))
    with tenant_context(world.tenant_id):
        assert MessageEvent.objects.get(kind=EventKind.FINAL).route_id == 4711


def test_one_wallet_that_does_not_add_up_keeps_nobody_else_waiting(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "BATCHES_PER_ROUND", 1)
    broken, sound = make_world(), make_world()
    broken.accept(draft())
    sound.accept(draft())
    with tenant_context(broken.tenant_id):
        Wallet.objects.update(held_micros=0)
    sweeping.expire_overdue(utc_now() + timedelta(hours=25))
    assert states(broken)[0] == {Status.ACCEPTED}
    assert states(sound) == ({Status.EXPIRED}, {BatchState.CLOSED}, 0)
    assert "could not be ended" in caplog.text
