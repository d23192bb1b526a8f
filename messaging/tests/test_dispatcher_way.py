"""The dispatcher when nothing breaks: yes and no of operators, and what is dropped before it is sent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from billing.models import ChargedOn
from compliance.services import opt_out
from kernel.db.tenancy import platform_context, tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.traffic import TrafficClass
from kernel.telecom.e164 import E164
from messaging.drafts import CampaignRef
from messaging.models import Batch, Message
from messaging.services import campaign_control
from messaging.statuses import BatchState, EventKind, Status
from messaging.tests.dispatching import LONG_TEXT, OTP_BODY, OTP_TEXT, Scene, numbers, play
from messaging.tests.world import UNIT, draft, make_route, make_world
from routing.costs import CostTable
from routing.services.plans import RuleDraft, save_plan
from routing.statuses import Lane
from tenants.models import Tenant

pytestmark = pytest.mark.django_db(transaction=True)


def test_accepted_messages_are_submitted_charged_and_delivered() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(30))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 30})
        await scene.until(lambda: scene.states() == [BatchState.SENT])
        sums = {"messages": 30, "segments": 30, "charged_micros": 30 * UNIT, "cost_micros": 30 * 90_000}
        assert scene.events(EventKind.SUBMITTED) == sums
        assert scene.events(EventKind.FINAL, outcome=Status.DELIVERED)["messages"] == 30
        assert scene.held() == 0

    play(story)


def test_a_tenant_charged_on_delivery_pays_for_what_was_delivered_only() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(5), *numbers(3, "01"))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 5, Status.UNDELIVERED: 3})
        assert scene.events(EventKind.SUBMITTED)["charged_micros"] == 0
        assert scene.events(EventKind.FINAL)["charged_micros"] == 5 * UNIT
        assert scene.held() == 0

    play(story, charged_on=ChargedOn.DELIVERY)


@pytest.mark.parametrize(
    ("ending", "status", "error_code"),
    [
        ("01", Status.UNDELIVERED, "undeliverable"),
        ("02", Status.EXPIRED, "validity_expired"),
        ("03", Status.REJECTED, "operator_rejected"),
        ("04", Status.UNKNOWN, "outcome_unknown"),
        ("06", Status.DELIVERED, None),
    ],
)
def test_a_receipt_ends_the_message_with_its_code_and_the_operators_words(
    ending: str, status: Status, error_code: str | None
) -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(1, ending))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {status: 1})
        with tenant_context(scene.world.tenant_id):
            message = Message.objects.get()
        assert message.error_code == error_code
        assert bool(message.operator_code) == bool(error_code)
        assert scene.events(EventKind.SUBMITTED)["charged_micros"] == UNIT

    play(story)


@pytest.mark.parametrize(
    ("ending", "error_code"),
    [("10", "invalid_number"), ("11", "sender_not_allowed"), ("13", "operator_rejected"), ("14", "dlt_parameters")],
)
def test_a_refused_submit_rejects_the_message_and_gives_its_credit_back(ending: str, error_code: str) -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(2, ending))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.REJECTED: 2})
        assert scene.events(EventKind.FINAL, error_code=error_code)["messages"] == 2
        assert scene.events(EventKind.SUBMITTED)["messages"] == 0
        assert (scene.held(), scene.states()) == (0, [BatchState.SENT])

    play(story)


def test_a_message_that_fails_every_time_is_tried_three_times_and_fails() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(1, "12"))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.FAILED: 1})
        assert scene.submits() == 3
        assert scene.events(EventKind.FINAL, error_code="operator_error")["messages"] == 1
        assert scene.held() == 0

    play(story)


def test_what_one_route_refuses_goes_to_the_next_and_is_paid_by_the_first_hold() -> None:
    async def story(scene: Scene) -> None:
        spare = make_route("Spare", kind="simulator", settings={"receipt_delay_ms": 0, "delivered_ratio": 1, "seed": 1})
        save_plan(rules=[RuleDraft(route_ids=[scene.world.route.pk, spare.pk])])
        scene.accept(*numbers(3), *numbers(2, "10"))
        await scene.start()
        # The spare operator does not know these numbers either: that is final.
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 3, Status.REJECTED: 2})
        await scene.until(lambda: scene.states() == [BatchState.SENT, BatchState.SENT])
        assert scene.events(EventKind.FINAL, route_id=spare.pk)["messages"] == 2
        assert scene.held() == 0

    play(story)


def test_a_long_message_is_delivered_when_all_its_parts_are() -> None:
    async def story(scene: Scene) -> None:
        scene.allow(LONG_TEXT)
        scene.accept(*numbers(4), text=LONG_TEXT)
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 4})
        assert scene.submits() == 12
        assert scene.events(EventKind.SUBMITTED)["charged_micros"] == 12 * UNIT
        tenant_id = scene.world.tenant_id
        assert scene.sql("SELECT DISTINCT parts FROM operator_ids WHERE tenant_id = %s", tenant_id) == [(3,)]
        parts = scene.sql("SELECT count(*), count(DISTINCT part) FROM message_parts WHERE tenant_id = %s", tenant_id)
        assert parts == [(12, 3)]

    play(story)


def test_a_long_message_fails_with_the_first_part_that_does() -> None:
    async def story(scene: Scene) -> None:
        scene.allow(LONG_TEXT)
        scene.accept(*numbers(2, "01"), text=LONG_TEXT)
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.UNDELIVERED: 2})
        assert scene.events(EventKind.FINAL)["messages"] == 2
        assert scene.events(EventKind.SUBMITTED)["messages"] == 2

    play(story)


def test_two_tenants_have_books_of_their_own() -> None:
    async def story(scene: Scene) -> None:
        other = make_world(charged_on=ChargedOn.DELIVERY, name=scene.world.route.name)
        scene.others.append(other)
        scene.accept(*numbers(20), *numbers(2, "10"))
        scene.accept(*numbers(7), *numbers(3, "01"), world=other)
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 20, Status.REJECTED: 2})
        await scene.until(lambda: scene.statuses(other) == {Status.DELIVERED: 7, Status.UNDELIVERED: 3})
        assert (scene.held(), scene.held(other)) == (0, 0)
        assert scene.events(EventKind.FINAL)["messages"] == 22

    play(story)


def test_passcodes_go_by_the_otp_lane_only() -> None:
    async def story(scene: Scene) -> None:
        scene.allow(OTP_BODY, is_otp=True)
        passcode = scene.accept(*numbers(1), text=OTP_TEXT)
        scene.accept(*numbers(2))
        assert passcode[0].traffic_class == TrafficClass.OTP
        await scene.start(Lane.BULK)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 2, Status.ACCEPTED: 1})
        await scene.start(Lane.OTP)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 3})

    play(story)


def test_who_opted_out_after_the_accept_gets_nothing_and_costs_nothing() -> None:
    async def story(scene: Scene) -> None:
        recipients = numbers(3)
        scene.accept(*recipients)
        with tenant_context(scene.world.tenant_id):
            opt_out(recipient=E164(recipients[1]), now=utc_now())
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 2, Status.BLOCKED: 1})
        assert scene.submits() == 2
        assert scene.events(EventKind.FINAL, error_code="opted_out")["messages"] == 1
        assert scene.held() == 0

    play(story)


def test_what_is_past_its_validity_at_the_claim_expires_unsent() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(2), not_after=utc_now() + timedelta(seconds=1))
        scene.sql("UPDATE messages SET not_after = now() - interval '1 s'")
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.EXPIRED: 2})
        assert (scene.submits(), scene.held()) == (0, 0)

    play(story)


def test_a_suspended_tenants_batches_are_put_aside() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(2))
        with platform_context(reason="test: suspend"):
            Tenant.objects.update(state=Tenant.State.SUSPENDED)
        await scene.start()
        await scene.until(lambda: scene.states() == [BatchState.HELD])
        assert scene.submits() == 0

    play(story)


def test_a_held_campaign_is_not_sent_until_it_is_resumed_and_a_cancelled_one_never() -> None:
    async def story(scene: Scene) -> None:
        campaigns = [CampaignRef(scene.world.template_id, "Diwali"), CampaignRef(scene.world.tenant_id, "Holi")]
        for campaign in campaigns:
            scene.world.accept(*[draft(number) for number in numbers(2)], campaign=campaign)
        with tenant_context(scene.world.tenant_id):
            campaign_control.hold_campaign(campaigns[0].id)
            campaign_control.cancel_campaign(campaigns[1].id, costs=CostTable({}), now=utc_now())
        await scene.start()
        await scene.accept_beside(*numbers(1))
        await scene.until(lambda: scene.statuses().get(Status.DELIVERED) == 1)
        assert scene.statuses() == {Status.DELIVERED: 1, Status.ACCEPTED: 2, Status.CANCELLED: 2}
        with tenant_context(scene.world.tenant_id):
            campaign_control.resume_campaign(campaigns[0].id)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 3, Status.CANCELLED: 2})

    play(story)


def test_urgent_batches_overtake_promotions_in_stock() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(400), traffic_class=TrafficClass.PROMOTIONAL)
        await scene.start()
        await scene.until(lambda: scene.statuses().get(Status.DELIVERED, 0) > 5)
        await scene.accept_beside(*numbers(3, "00"))
        with tenant_context(scene.world.tenant_id):
            urgent = Batch.objects.get(traffic_class=TrafficClass.TRANSACTIONAL)
            messages = Message.objects.filter(batch_id=urgent.pk)
            await scene.until(lambda: not messages.exclude(status=Status.DELIVERED).exists())
        assert scene.statuses()[Status.ACCEPTED] > 100

    play(story, tps=100)
