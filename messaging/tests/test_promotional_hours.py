"""Promotions on the way: they wait for the recipient's hours, and none is handed over or arrives after them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.traffic import TrafficClass
from messaging.dispatcher import process
from messaging.drafts import Outcome
from messaging.models import Batch, Message
from messaging.statuses import BatchState, Status
from messaging.tests.dispatching import Scene, numbers, play
from messaging.tests.world import ASHA, World, draft, make_world

pytestmark = pytest.mark.django_db(transaction=True)
PROMOTIONAL = TrafficClass.PROMOTIONAL


class Clock:
    """Stands for the module `time` in the dispatcher."""

    def __init__(self) -> None:
        self.at = utc_now()

    def time(self) -> float:
        return self.at.timestamp()


def evening(hour: int, minute: int) -> datetime:
    """Tomorrow in India, so that no validity is over by the database's clock."""
    day = utc_now() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) - timedelta(hours=5, minutes=30)


@pytest.fixture(autouse=True)
def _kept(settings: Any) -> None:
    settings.KEEP_PROMOTIONAL_HOURS = True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(process, "time", made)
    return made


def accept(world: World, now: datetime, *recipients: str, **fields: Any) -> list[Outcome]:
    made = [draft(each, traffic_class=PROMOTIONAL, **fields) for each in recipients or (ASHA,)]
    return world.accept(*made, now=now)


def test_a_promotion_at_night_is_scheduled_for_the_morning_and_ends_with_the_day() -> None:
    world = make_world()
    (outcome,) = accept(world, evening(21, 30))
    morning = evening(10, 0) + timedelta(days=1)
    assert (outcome.status, outcome.send_at, outcome.warnings) == (Status.SCHEDULED, morning, ("promo_deferred",))
    with tenant_context(world.tenant_id):
        message, batch = Message.objects.get(), Batch.objects.get()
    assert (message.send_at, message.not_after) == (morning, morning + timedelta(hours=11))
    assert (batch.state, batch.due_at, batch.not_after) == (BatchState.WAITING, morning, message.not_after)


def test_a_promotion_by_day_ends_with_the_hours_and_a_service_text_does_not() -> None:
    world = make_world()
    (outcome,) = accept(world, evening(12, 0))
    world.accept(draft(), now=evening(23, 0))
    assert (outcome.status, outcome.warnings) == (Status.ACCEPTED, ())
    with tenant_context(world.tenant_id):
        ends = list(Message.objects.order_by("id").values_list("not_after", flat=True))
    assert ends == [evening(21, 0), evening(23, 0) + timedelta(hours=24)]


def test_what_is_of_no_use_in_the_morning_is_refused() -> None:
    world = make_world()
    (outcome,) = accept(world, evening(21, 30), not_after=evening(23, 0))
    assert outcome.refusal is not None
    assert outcome.refusal.code == "promo_window_closed"


def test_a_time_the_sender_asked_for_is_moved_into_the_hours() -> None:
    (outcome,) = accept(make_world(), evening(12, 0), send_at=evening(22, 0))
    assert outcome.send_at == evening(10, 0) + timedelta(days=1)


def test_the_api_says_when_it_goes(client: Client) -> None:
    world, at = make_world(), evening(21, 30)
    body = {"to": ASHA, "from": "ACMEIN", "text": draft().text, "class": "promotional", "send_at": at.isoformat()}
    told = client.post("/api/v1/messages", body, content_type="application/json", headers=world.headers())
    assert told.status_code == 202
    assert (told.json()["status"], told.json()["warnings"]) == ("scheduled", ["promo_deferred"])
    assert datetime.fromisoformat(told.json()["send_at"]) == evening(10, 0) + timedelta(days=1)


def test_within_the_hours_it_is_handed_over_with_what_is_left_of_them(clock: Clock) -> None:
    async def story(scene: Scene) -> None:
        accept(scene.world, evening(20, 40), *numbers(3))
        clock.at = evening(20, 45)
        await scene.start()
        await scene.until(lambda: scene.submits() == 3)

    play(story)


def test_after_the_last_hand_over_nothing_leaves_and_credit_comes_back(clock: Clock) -> None:
    async def story(scene: Scene) -> None:
        accept(scene.world, evening(20, 40), *numbers(3))
        clock.at = evening(20, 50)
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.EXPIRED: 3})
        await scene.until(lambda: scene.held() == 0)
        assert scene.submits() == 0
        assert {row[0] for row in scene.sql("SELECT error_code FROM messages")} == {"promo_window_closed"}

    play(story)


def test_stock_that_is_left_at_the_last_hand_over_expires(clock: Clock) -> None:
    async def story(scene: Scene) -> None:
        accept(scene.world, evening(20, 40), *numbers(40))
        clock.at = evening(20, 49)
        await scene.start()
        await scene.until(lambda: scene.submits() >= 3)
        clock.at = evening(20, 51)
        await scene.until(lambda: Status.EXPIRED in scene.statuses() and scene.held() == 0)
        assert scene.submits() < 40
        assert scene.statuses().keys() <= {Status.EXPIRED, Status.DELIVERED, Status.SUBMITTED, Status.ACCEPTED}

    play(story, tps=10, window=2)
