"""Replies by SMS: kept before they are acknowledged, for the right tenant, and what they ask for is done."""

from __future__ import annotations

from datetime import timedelta

import pytest

from compliance.models import ConsentEvent, OptOut, Sender
from compliance.statuses import ReviewState, SenderKind
from compliance.tests.builders import make_sender
from kernel.db.tenancy import platform_context, tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.ids import uuid7
from messaging.drafts import CampaignRef
from messaging.models import InboundMessage, UnmatchedInbound
from messaging.services.inbound import MOST_AN_HOUR, UNMATCHED_KEPT, Heard, keep_messages
from messaging.services.retention import INBOUND_DAYS, forget_old
from messaging.statuses import Status
from messaging.tests.dispatching import Scene, numbers, play
from messaging.tests.world import HEADER, World, draft, make_world

pytestmark = pytest.mark.django_db(transaction=True)
HANDSET = "919812345678"
SENDER = f"VM-{HEADER}-S"


def say(text: str, *, to: str = SENDER, by: str = HANDSET) -> None:
    keep_messages([Heard(1, by, to, text)], now=utc_now())


def standing(world: World) -> list[tuple[str, str | None]]:
    with tenant_context(world.tenant_id):
        return list(OptOut.objects.filter(lifted_at=None).values_list("recipient", "sender"))


def inbox(world: World) -> list[InboundMessage]:
    with tenant_context(world.tenant_id):
        return list(InboundMessage.objects.order_by("id"))


def test_stop_from_the_handset_blocks_what_a_campaign_has_in_stock_within_a_second() -> None:
    async def story(scene: Scene) -> None:
        recipients = numbers(60)
        scene.world.accept(*[draft(each) for each in recipients], campaign=CampaignRef(uuid7(), "Sale"))
        await scene.start()
        await scene.until(lambda: scene.submits() >= 1)
        scene.smsc.centre.send_text(source=recipients[-1][1:], destination=SENDER, text="Stop!")
        await scene.until(lambda: scene.statuses().get(Status.BLOCKED) == 1, timeout_s=1.0)
        assert standing(scene.world) == [(recipients[-1], HEADER)]
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 59, Status.BLOCKED: 1})

    play(story, tps=20, window=4)


def test_a_message_is_acknowledged_once_it_is_kept() -> None:
    async def story(scene: Scene) -> None:
        await scene.start()
        counters = scene.smsc.centre.counters
        await scene.until(lambda: scene.smsc.centre.send_text(source=HANDSET, destination=SENDER, text="Hi") == 1)
        await scene.until(lambda: counters.receipts_acknowledged == 1)
        assert [(each.number, each.text) for each in inbox(scene.world)] == [(f"+{HANDSET}", "Hi")]

    play(story)


def test_stop_is_about_the_sender_and_start_takes_it_back() -> None:
    world = make_world()
    say("please stop")
    assert standing(world) == [(f"+{HANDSET}", HEADER)]
    say("START")
    assert standing(world) == []
    say("STOP ALL")
    assert standing(world) == [(f"+{HANDSET}", None)]
    assert [each.wish for each in inbox(world)] == ["stop", "start", "stop_all"]


def test_start_of_somebody_who_never_stopped_is_consent_and_counts_once() -> None:
    world = make_world()
    say("START")
    say("start")
    with tenant_context(world.tenant_id):
        (event,) = ConsentEvent.objects.all()
    assert (event.action, event.source, event.sender, event.is_proven) == ("given", "keyword", HEADER, True)


def test_a_text_that_asks_for_nothing_is_kept_without_what_no_person_types() -> None:
    world = make_world()
    say("<b>do not stop</b>\0\x1b\x85\nyes" + "x" * 2_000)
    (kept,) = inbox(world)
    assert (kept.wish, kept.text[:23], len(kept.text)) == ("", "<b>do not stop</b>\nyesx", 1_000)
    assert standing(world) == []


@pytest.mark.parametrize("source", ["", "VM-OTHER", "7" * 40, "\0\0", "140"])
def test_an_address_that_is_no_handset_opts_nobody_out(source: str) -> None:
    world = make_world()
    say("STOP", by=source)
    assert (standing(world), len(inbox(world)), inbox(world)[0].wish) == ([], 1, "")


def test_a_shared_sender_is_answered_to_whoever_wrote_last() -> None:
    first, second = make_world(), make_world()
    say("STOP")
    assert (standing(first), standing(second), UnmatchedInbound.objects.count()) == ([], [], 1)
    first.accept(draft(f"+{HANDSET}"))
    second.accept(draft(f"+{HANDSET}"))
    say("STOP")
    assert (standing(first), standing(second)) == ([], [(f"+{HANDSET}", HEADER)])


def test_a_sender_that_is_not_approved_claims_no_replies() -> None:
    first, second = make_world(), make_world()
    with tenant_context(second.tenant_id):
        Sender.objects.update(state=ReviewState.DRAFT)
    say("STOP")
    assert (len(standing(first)), standing(second)) == (1, [])


def test_a_number_that_only_takes_replies_stops_all_that_its_tenant_sends() -> None:
    world = make_world()
    with tenant_context(world.tenant_id):
        make_sender("56767", kind=SenderKind.SHORT)
    say("STOP", to="56767")
    assert standing(world) == [(f"+{HANDSET}", None)]


def test_to_an_unknown_number_a_reply_may_name_the_sender() -> None:
    world = make_world()
    say(f"STOP {HEADER}", to="99999")
    say("STOP", to="99999")
    assert (standing(world), UnmatchedInbound.objects.get().destination) == ([(f"+{HANDSET}", HEADER)], "99999")


def test_a_flood_of_one_number_is_kept_in_bounds_and_its_stop_still_counts() -> None:
    world = make_world()
    for _ in range(3):
        keep_messages([Heard(1, HANDSET, SENDER, f"again {n}") for n in range(40)], now=utc_now())
    assert len(inbox(world)) == MOST_AN_HOUR
    say("STOP")
    say("START")
    assert (len(inbox(world)), standing(world)) == (MOST_AN_HOUR, [(f"+{HANDSET}", HEADER)])


def test_what_belongs_to_nobody_is_kept_for_staff_in_bounds() -> None:
    with platform_context(reason="test: as many as are kept"):
        rows = [
            UnmatchedInbound(route_id=1, number="1", destination="1", text="", received_at=utc_now())
            for _ in range(UNMATCHED_KEPT)
        ]
        UnmatchedInbound.objects.bulk_create(rows)
    say("hello", to="nobody")
    assert UnmatchedInbound.objects.count() == UNMATCHED_KEPT
    assert UnmatchedInbound.objects.latest("pk").text == "hello"


def test_what_people_sent_is_forgotten_after_ninety_days() -> None:
    world, now = make_world(), utc_now()
    say("hello")
    say("hello", to="nobody")
    assert forget_old(now + timedelta(days=6))["unmatched_inbound"] == 0
    assert forget_old(now + timedelta(days=INBOUND_DAYS - 1))["inbound_messages"] == 0
    gone = forget_old(now + timedelta(days=INBOUND_DAYS + 1))
    assert (gone["inbound_messages"], inbox(world), UnmatchedInbound.objects.count()) == (1, [], 0)
