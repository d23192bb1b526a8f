"""A message that goes twice is one message: in events, in charges and in figures."""

from __future__ import annotations

import pytest
from django.db.models import Sum

from billing.models import LedgerEntry
from kernel.db.tenancy import tenant_context
from kernel.domain.traffic import TrafficClass
from messaging.statuses import EventKind, Status
from messaging.tests.dispatching import OTP_BODY, OTP_TEXT, Scene, numbers, play
from messaging.tests.world import UNIT
from reporting.models import Rollup
from reporting.tests.catching_up import fold_everything
from routing.statuses import Lane

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_passcode_in_doubt_that_the_next_dispatcher_sends_again_counts_and_costs_once() -> None:
    async def story(scene: Scene) -> None:
        scene.allow(OTP_BODY, is_otp=True)
        scene.change(silent=True)
        scene.accept(*numbers(1), text=OTP_TEXT, traffic_class=TrafficClass.OTP)
        await scene.start(Lane.OTP)
        await scene.until(lambda: scene.submits() == 1)
        await scene.crash()
        scene.change(silent=False)
        scene.let_leases_end()
        await scene.start(Lane.OTP)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1})
        await scene.stop()
        sums = {"messages": 1, "segments": 1, "charged_micros": UNIT, "cost_micros": 90_000}
        assert (scene.submits(), scene.events(EventKind.SUBMITTED)) == (2, sums)
        fold_everything()
        with tenant_context(scene.world.tenant_id):
            handed_over = Rollup.objects.filter(outcome=Status.SUBMITTED)
            assert handed_over.aggregate(n=Sum("messages"), c=Sum("charged_micros")) == {"n": 1, "c": UNIT}
            assert LedgerEntry.objects.filter(kind="charge").aggregate(n=Sum("messages")) == {"n": 1}

    play(story)
