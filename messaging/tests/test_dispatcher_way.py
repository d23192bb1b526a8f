"""The way of a message through the dispatcher when nothing goes wrong, and when the operator says no."""

from __future__ import annotations

import pytest

from billing.models import ChargedOn
from messaging.statuses import BatchState, EventKind, Status
from messaging.tests.dispatching import Scene, numbers, play
from messaging.tests.world import UNIT

pytestmark = pytest.mark.django_db(transaction=True)


def test_accepted_messages_are_submitted_charged_and_delivered() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(30))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 30})
        await scene.until(lambda: scene.states() == [BatchState.SENT])
        submitted = scene.events(EventKind.SUBMITTED)
        assert submitted == {
            "messages": 30, "segments": 30, "charged_micros": 30 * UNIT, "cost_micros": 30 * 90_000,
        }  # fmt: skip
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
