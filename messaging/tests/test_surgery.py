"""Staff at the queues: counted first, done in strides, books exact behind it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from audit.models import Entry
from audit.services import PLATFORM, Actor
from billing.models import Wallet
from kernel.db.tenancy import platform_context, tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.traffic import TrafficClass
from messaging.errors import NotSensible
from messaging.models import Batch, Message, Operation
from messaging.services import sweeping
from messaging.services.books import audit_tenant
from messaging.services.campaign_control import hold_campaign, resume_campaign
from messaging.services.selecting import Selection
from messaging.services.surgery import Action, Order, carry_out, forget_unconfirmed, prepare, start
from messaging.statuses import BatchState, Hold, Status
from messaging.tests.dispatching import numbers
from messaging.tests.world import World, draft, make_route, make_world
from routing.services.plans import RuleDraft, save_plan

pytestmark = pytest.mark.django_db
STAFF = Actor(None, "Tara of the platform")


@pytest.fixture
def world() -> World:
    return make_world()


def counted(action: Action, **fields: Any) -> Operation:
    """An operation on everything but for `fields`."""
    options = {name: fields.pop(name) for name in ("target", "ending") if name in fields}
    now = utc_now()
    with platform_context(reason="test: staff count"):
        return prepare(order=Order(action, Selection(now, **fields), **options), actor=STAFF, now=now)


def done(operation: Operation) -> Operation:
    """The operation after a worker."""
    with platform_context(reason="test: staff confirm"):
        start(operation_id=operation.pk)
    carry_out(operation_id=operation.pk, now=utc_now())
    operation.refresh_from_db()
    return operation


def operate(action: Action, **fields: Any) -> Operation:
    return done(counted(action, **fields))


def batches(world: World) -> dict[str, Any]:
    with tenant_context(world.tenant_id):
        return {batch.sender: (batch.state, batch.holds, batch.route_id) for batch in Batch.objects.all()}


def states(world: World) -> list[int]:
    with tenant_context(world.tenant_id):
        return list(Batch.objects.order_by("pk").values_list("state", flat=True))


def change(world: World, **columns: Any) -> None:
    with tenant_context(world.tenant_id):
        Batch.objects.update(**columns)


def assert_books_are_exact(*worlds: World) -> None:
    for world in worlds:
        with platform_context(reason="test: the books after it"):
            assert audit_tenant(world.tenant_id) == []


def test_a_dry_run_counts_by_tenant_route_and_class_and_changes_nothing(world: World) -> None:
    world.accept(*(draft(number) for number in numbers(3)))
    other = make_world()
    other.accept(draft())
    operation = counted(Action.EXPIRE)
    assert (operation.counted["batches"], operation.counted["messages"]) == (2, 4)
    assert operation.counted["by_tenant"] == {str(world.tenant_id): [1, 3], str(other.tenant_id): [1, 1]}
    assert operation.counted["held_micros"] == {"INR": 4 * 150_000}
    assert states(world) == [BatchState.READY]


@pytest.mark.parametrize("action", list(Action)[:4])
def test_what_a_dispatcher_has_is_counted_and_left_alone(world: World, action: Action) -> None:
    world.accept(draft())
    change(world, state=BatchState.LEASED, lease_until=utc_now() + timedelta(hours=1))
    target = make_route("Second").pk
    operation = operate(action, target=target)
    assert operation.counted["leased"] == [1, 1]
    assert (operation.done, states(world)) == ({}, [BatchState.LEASED])


def test_a_queue_moves_to_another_route_and_forgets_it_as_a_candidate(world: World) -> None:
    world.accept(draft())
    target = make_route("Second")
    change(world, candidates=[target.pk, 99])
    operation = operate(Action.MOVE, route_id=world.route.pk, target=target.pk)
    assert operation.done["batches"] == 1
    with tenant_context(world.tenant_id):
        batch = Batch.objects.get()
        assert (batch.route_id, batch.candidates, batch.state) == (target.pk, [99], BatchState.READY)


def test_a_move_goes_no_way_that_the_plan_does_not_know(world: World) -> None:
    target = make_route("Second")
    with platform_context(reason="test: another plan"):
        save_plan(rules=[RuleDraft([target.pk], prefix="44"), RuleDraft([world.route.pk])])
    world.accept(draft())
    operation = operate(Action.MOVE, target=target.pk)
    assert (operation.counted["batches"], operation.counted["refused"]) == (0, [1, 1])
    assert (operation.done, batches(world)["ACMEIN"][2]) == ({"refused": [1, 1]}, world.route.pk)


def test_a_move_asks_the_plan_again_when_it_is_done(world: World) -> None:
    world.accept(draft())
    target = make_route("Second")
    operation = counted(Action.MOVE, target=target.pk)
    with platform_context(reason="test: another plan"):
        save_plan(rules=[RuleDraft([world.route.pk])])
    assert operation.counted["batches"] == 1
    assert done(operation).done == {"refused": [1, 1]}


def test_a_move_goes_the_way_of_todays_plan_for_a_class_a_tenant_and_a_sender(world: World) -> None:
    world.accept(draft())
    target = make_route("Second")
    rule = RuleDraft([target.pk], "91", int(TrafficClass.TRANSACTIONAL), world.tenant_id, "ACMEIN")
    with platform_context(reason="test: another plan"):
        save_plan(rules=[rule, RuleDraft([world.route.pk])])
    assert operate(Action.MOVE, target=target.pk).done["batches"] == 1


@pytest.mark.parametrize("state", ["disabled", "draining"])
def test_a_queue_is_not_moved_to_a_route_that_sends_nothing(world: World, state: str) -> None:
    target = make_route("Second")
    type(target).objects.filter(pk=target.pk).update(state=state)
    with pytest.raises(NotSensible, match="takes no messages now"):
        counted(Action.MOVE, target=target.pk)


def test_a_queue_is_not_moved_to_where_it_is(world: World) -> None:
    with pytest.raises(NotSensible, match="already"):
        counted(Action.MOVE, route_id=world.route.pk, target=world.route.pk)


def test_what_staff_hold_goes_on_only_when_staff_say_so(world: World) -> None:
    world.accept(draft())
    operate(Action.HOLD)
    sweeping.release_held()
    assert states(world) == [BatchState.HELD]
    operate(Action.RESUME)
    assert states(world) == [BatchState.READY]


@pytest.mark.parametrize("staff_first", [True, False])
def test_a_batch_held_by_staff_and_by_a_pause_waits_for_both(world: World, staff_first: bool) -> None:
    world.accept(draft())
    campaign = world.template_id  # any id
    change(world, campaign_id=campaign)
    with tenant_context(world.tenant_id):
        hold_campaign(campaign)
    operate(Action.HOLD)
    with tenant_context(world.tenant_id):
        assert Batch.objects.get().holds == Hold.CAMPAIGN | Hold.STAFF
    for is_staff in (staff_first, not staff_first):
        assert states(world) == [BatchState.HELD]
        if is_staff:
            operate(Action.RESUME)
        else:
            _resume(world)
    assert states(world) == [BatchState.READY]


def _resume(world: World) -> None:
    with tenant_context(world.tenant_id):
        resume_campaign(world.template_id)


def test_what_was_to_go_later_waits_for_its_time_again_when_it_is_resumed(world: World) -> None:
    world.accept(draft(send_at=utc_now() + timedelta(hours=2)))
    operate(Action.HOLD)
    assert states(world) == [BatchState.HELD]
    operate(Action.RESUME)
    assert states(world) == [BatchState.WAITING]


@pytest.mark.parametrize("state", [BatchState.READY, BatchState.WAITING, BatchState.HELD])
def test_expiring_ends_messages_with_a_reason_and_gives_the_money_back(world: World, state: BatchState) -> None:
    world.accept(*(draft(number) for number in numbers(3)))
    change(world, state=state)
    operation = operate(Action.EXPIRE)
    assert (operation.done["batches"], operation.done["messages"]) == (1, 3)
    with tenant_context(world.tenant_id):
        assert set(Message.objects.values_list("status", "error_code")) == {(Status.EXPIRED, "withdrawn")}
        assert Wallet.objects.get().held_micros == 0
    assert_books_are_exact(world)


def test_expiring_what_a_dead_dispatcher_may_have_sent_charges_it_and_waits_for_receipts(world: World) -> None:
    world.accept(*(draft(number) for number in numbers(3)))
    change(world, sent_upto=2)
    operation = operate(Action.EXPIRE)
    assert operation.done["messages"] == 1
    with tenant_context(world.tenant_id):
        assert Message.objects.filter(status=Status.ACCEPTED).count() == 2
        assert Wallet.objects.get().held_micros == 0
    assert states(world) == [BatchState.SENT]
    assert_books_are_exact(world)


@pytest.mark.parametrize(
    "fields", [{"sender": "OTHERS"}, {"traffic_class": int(TrafficClass.OTP)}, {"waiting": timedelta(hours=1)}]
)
def test_what_is_not_selected_is_left_alone(world: World, fields: dict[str, Any]) -> None:
    world.accept(draft())
    operation = operate(Action.EXPIRE, **fields)
    assert (operation.counted["batches"], operation.done) == (0, {})
    assert states(world) == [BatchState.READY]


def test_a_tenants_queue_is_chosen_among_others(world: World) -> None:
    world.accept(draft())
    other = make_world()
    other.accept(draft())
    operate(Action.EXPIRE, tenant_id=world.tenant_id)
    assert (states(world), states(other)) == ([BatchState.CLOSED], [BatchState.READY])
    assert_books_are_exact(world, other)


def test_what_came_after_the_count_is_not_meant(world: World) -> None:
    operation = counted(Action.EXPIRE)
    world.accept(draft(), now=utc_now() + timedelta(seconds=1))
    assert done(operation).done == {}
    assert states(world) == [BatchState.READY]


def test_a_repeated_confirmation_changes_nothing(world: World) -> None:
    world.accept(draft())
    operation = operate(Action.EXPIRE)
    before = operation.done
    assert done(operation).done == before
    with platform_context(reason="test: one entry"):
        assert Entry.objects.filter(tenant_id=PLATFORM, action="queue.expire").count() == 1


def test_the_trail_names_selection_and_counts_for_platform_and_tenant(world: World) -> None:
    world.accept(draft())
    operate(Action.HOLD, sender="ACMEIN")
    with platform_context(reason="test: the trail"):
        own, platforms = Entry.objects.order_by("-tenant_id").filter(action="queue.hold")
    assert (own.tenant_id, own.actor_label) == (world.tenant_id, STAFF.label)
    assert own.after is not None
    assert platforms.after is not None
    assert platforms.before is not None
    assert own.after["selection"]["sender"] == platforms.after["selection"]["sender"] == "ACMEIN"
    assert (own.after["messages"], platforms.before["counted"]["messages"]) == (1, 1)


def test_many_batches_are_done_in_strides(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("messaging.services.surgery.STRIDE", 2)
    for _ in range(5):
        world.accept(draft())
    assert operate(Action.HOLD).done["batches"] == 5
    assert states(world) == [BatchState.HELD] * 5


def test_counts_that_nobody_confirmed_are_forgotten(world: World) -> None:
    counted(Action.HOLD)
    assert forget_unconfirmed(utc_now() + timedelta(days=2)) == 1
