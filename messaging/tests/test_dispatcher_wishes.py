"""What people want is asked again when a promotion goes out, not only when it was accepted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from compliance import services
from compliance.consent.dnd import Preference
from compliance.consent.statuses import ConsentAction, ConsentSource
from compliance.services.consent import Proof
from compliance.tests.builders import WRITER
from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.traffic import TrafficClass
from kernel.telecom.e164 import E164
from messaging.statuses import EventKind, Status
from messaging.tests.dispatching import Scene, numbers, play

pytestmark = pytest.mark.django_db(transaction=True)
(ASKED, OTHER) = numbers(2)


def say(recipient: str, action: ConsentAction, until: datetime | None = None) -> None:
    now = utc_now()
    proof = Proof(ConsentSource.FORM, now - timedelta(minutes=1), evidence="form 4711", valid_until=until)
    services.record_consent(recipient=E164(recipient), action=action, proof=proof, actor=WRITER, now=now)


def withdraw() -> None:
    services.need_consent(is_needed=True, actor=WRITER, now=utc_now())
    say(OTHER, ConsentAction.GIVEN)
    say(ASKED, ConsentAction.WITHDRAWN)


def let_it_end() -> None:
    services.need_consent(is_needed=True, actor=WRITER, now=utc_now())
    say(OTHER, ConsentAction.GIVEN)
    say(ASKED, ConsentAction.GIVEN, until=utc_now() - timedelta(seconds=1))


def register() -> None:
    services.apply_preferences(
        source="file", name="march.csv", preferences=[Preference(ASKED, 1)], region="IN", actor=WRITER, now=utc_now()
    )


CHANGES = [(withdraw, "consent_missing"), (let_it_end, "consent_expired"), (register, "preference_blocked")]


@pytest.mark.parametrize(("change", "code"), CHANGES)
def test_a_promotion_is_asked_again_when_it_is_claimed(change: Callable[[], None], code: str) -> None:
    async def story(scene: Scene) -> None:
        scene.accept(ASKED, OTHER, traffic_class=TrafficClass.PROMOTIONAL)
        with tenant_context(scene.world.tenant_id):
            change()
        await scene.start()
        await scene.until(lambda: Status.BLOCKED in scene.statuses())
        assert scene.events(EventKind.FINAL, error_code=code)["messages"] == 1

    play(story)


@pytest.mark.parametrize("change", [withdraw, register])
def test_other_messages_go_whatever_becomes_of_consent(change: Callable[[], None]) -> None:
    async def story(scene: Scene) -> None:
        scene.accept(ASKED, OTHER)
        with tenant_context(scene.world.tenant_id):
            change()
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 2})

    play(story)


def test_promotions_in_stock_end_once_consent_is_asked_of_everybody() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(100), traffic_class=TrafficClass.PROMOTIONAL)
        await scene.start()
        await scene.until(lambda: scene.statuses().get(Status.DELIVERED, 0) > 5)
        with tenant_context(scene.world.tenant_id):
            services.need_consent(is_needed=True, actor=WRITER, now=utc_now())
        await scene.until(lambda: Status.ACCEPTED not in scene.statuses())
        assert scene.events(EventKind.FINAL, error_code="consent_missing")["messages"] > 10

    play(story, tps=20)
