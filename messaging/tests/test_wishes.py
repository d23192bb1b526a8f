"""Who opts out is heard at the wire: also for what a dispatcher has in stock, or gets back from an operator."""

from __future__ import annotations

import pytest

from compliance.models import Template
from compliance.services import opt_out, opt_out_many
from compliance.tests.builders import WRITER
from kernel.db.tenancy import platform_context, tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.ids import uuid7
from kernel.telecom.e164 import E164
from messaging.dispatcher.process import TAKE_BACK_S
from messaging.drafts import CampaignRef
from messaging.statuses import EventKind, Status
from messaging.tests.dispatching import OTP_BODY, OTP_TEXT, Scene, numbers, play
from messaging.tests.world import draft
from routing.smsc.settings import Settings

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_opt_out_ends_what_is_in_stock_before_its_turn() -> None:
    async def story(scene: Scene) -> None:
        recipients = numbers(60)
        scene.accept(*recipients)
        await scene.start()
        await scene.until(lambda: scene.submits() >= 1)
        with tenant_context(scene.world.tenant_id):
            opt_out_many(recipients=[E164(each) for each in recipients[50:]], actor=WRITER, now=utc_now())
        await scene.until(lambda: scene.statuses().get(Status.BLOCKED) == 10)
        assert scene.submits() < 50, "they ended while others still waited"
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 50, Status.BLOCKED: 10})
        assert (scene.submits(), scene.held()) == (50, 0)

    play(story, tps=20, window=4)


def test_without_a_notice_the_stock_is_looked_through_within_a_second() -> None:
    assert TAKE_BACK_S <= 1.0


def test_an_opt_out_ends_what_the_operator_gave_back() -> None:
    async def story(scene: Scene) -> None:
        recipients = numbers(40)
        scene.accept(*recipients)
        await scene.start()
        await scene.until(lambda: scene.smsc.centre.counters.throttled >= 5)
        with tenant_context(scene.world.tenant_id):
            opt_out_many(recipients=[E164(each) for each in recipients], actor=WRITER, now=utc_now())
        await scene.until(lambda: scene.statuses().keys() == {Status.BLOCKED, Status.DELIVERED})
        assert scene.events(EventKind.SUBMITTED)["messages"] == scene.statuses()[Status.DELIVERED] < 40

    play(story, settings=Settings(receipt_delay_ms=0, throttle_rate=5))


def test_an_opt_out_from_a_topic_ends_only_what_is_about_it() -> None:
    async def story(scene: Scene) -> None:
        recipients = numbers(40)
        with platform_context(reason="test: the template has a topic"):
            Template.objects.update(topic="Loans")
        scene.accept(*recipients)
        await scene.start()
        await scene.until(lambda: scene.submits() >= 1)
        with tenant_context(scene.world.tenant_id):
            opt_out(recipient=E164(recipients[-1]), topic="Cards", now=utc_now())
            opt_out(recipient=E164(recipients[-2]), topic="Loans", now=utc_now())
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 39, Status.BLOCKED: 1})

    play(story, tps=20, window=4)


def test_a_campaigns_expanded_messages_hear_it_and_passcodes_do_not() -> None:
    async def story(scene: Scene) -> None:
        recipients = numbers(40)
        scene.allow(OTP_BODY, is_otp=True)
        scene.world.accept(*[draft(each) for each in recipients], campaign=CampaignRef(uuid7(), "Sale"))
        scene.accept(recipients[-1], text=OTP_TEXT)
        await scene.start()
        await scene.until(lambda: scene.submits() >= 1)
        with tenant_context(scene.world.tenant_id):
            opt_out(recipient=E164(recipients[-1]), now=utc_now())
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 40, Status.BLOCKED: 1})

    play(story, tps=20, window=4, otp_binds=0)
