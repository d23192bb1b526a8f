"""The whole way over HTTP: accepted, dispatched to an aggregator on a socket, called back, matched, paid for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from django.db import connections
from django.test import Client

from gateways.http import views
from messaging.statuses import EventKind, Status
from messaging.tests.dispatching import LONG_TEXT, Scene, numbers
from messaging.tests.world import UNIT, make_route, make_world
from routing.callback_addresses import callback_url
from routing.models import RouteGauge
from routing.plan import RuleDraft
from routing.providers.http import HttpProvider, Timing
from routing.registry import providers
from routing.services.plans import save_plan
from routing.smsc.server import Simulator
from tests.contracts.aggregator import Aggregator, Fault

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD: Final = "secret"
ADDRESS: Final = "http://127.0.0.1:8000"


@dataclass
class HttpScene(Scene):
    aggregator: Aggregator = field(kw_only=True)
    answers: list[int] = field(default_factory=list)

    def call_back(self, receipt: dict[str, Any]) -> None:
        path = callback_url(self.world.route).removeprefix(ADDRESS)
        answer = Client().post(path, json.dumps({"receipts": [receipt]}), content_type="application/json")
        self.answers.append(answer.status_code)

    def add_route(self) -> int:
        """A second way, tried after the first."""
        other = make_route("Second", settings={"receipt_delay_ms": 0, "delivered_ratio": 1.0, "seed": 1})
        save_plan(rules=[RuleDraft(route_ids=[self.world.route.pk, other.pk])])
        return other.pk


def play(story: Callable[[HttpScene], Awaitable[None]], *, settings: dict[str, Any] | None = None) -> None:
    """Run `story` with an aggregator and a tenant that can send; no dispatcher runs yet. Checks the books behind it."""

    async def run() -> None:
        # Django keeps connections by context: each task of the aggregator would have one of its own.
        aggregator = Aggregator(lambda receipt: here.run(scene.call_back, receipt), password=PASSWORD)
        await aggregator.start()
        world = make_world(kind="http", settings={**aggregator.settings, **(settings or {})})
        scene = HttpScene(Simulator(), world, aggregator=aggregator)
        views._known.clear()
        here = copy_context()
        try:
            await story(scene)
            await scene.stop()
            assert set(scene.answers) <= {204}
            scene.assert_books_are_exact()
        finally:
            await scene.crash()
            await aggregator.stop()
            # The loop has a context of its own too.
            here.run(connections.close_all)
            connections.close_all()

    kinds = providers()
    usual = kinds["http"]
    kinds["http"] = HttpProvider(Timing(retry=0.02, retry_longest=0.1))
    try:
        asyncio.run(run())
    finally:
        kinds["http"] = usual


def test_messages_end_as_they_are_called_back_and_the_books_are_exact() -> None:
    async def story(scene: HttpScene) -> None:
        scene.accept(*numbers(20), *numbers(2, "01"), *numbers(2, "02"), *numbers(2, "03"))
        await scene.start()
        ends = {Status.DELIVERED: 20, Status.UNDELIVERED: 2, Status.EXPIRED: 2, Status.REJECTED: 2}
        await scene.until(lambda: scene.statuses() == ends)
        assert scene.events(EventKind.SUBMITTED)["charged_micros"] == 26 * UNIT
        assert (scene.held(), scene.unmatched()) == (0, 0)
        sent = scene.aggregator.taken[0]
        assert sent["callback"] == callback_url(scene.world.route)
        assert sent["dlt"]["template"]

    play(story)


@pytest.mark.parametrize("ending", ["30", "31", "32"])
def test_callbacks_that_repeat_or_come_before_the_answer_change_nothing(ending: str) -> None:
    async def story(scene: HttpScene) -> None:
        scene.accept(*numbers(2, ending))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 2})
        await scene.until(lambda: scene.unmatched() == 0)
        assert scene.events(EventKind.FINAL)["messages"] == 2

    play(story)


@pytest.mark.parametrize("ending", ["40", "41", "43"])
def test_what_an_aggregator_refuses_for_now_goes_again(ending: str) -> None:
    async def story(scene: HttpScene) -> None:
        scene.accept(*numbers(2, ending))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 2})
        assert scene.events(EventKind.SUBMITTED)["messages"] == 2

    play(story)


def test_a_final_refusal_costs_nothing() -> None:
    async def story(scene: HttpScene) -> None:
        [message] = scene.accept(*numbers(1, "10"))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.REJECTED: 1})
        assert scene.held() == 0
        assert scene.events(EventKind.FINAL, error_code="invalid_number")["messages"] == 1
        assert message.segments == 1

    play(story)


@pytest.mark.parametrize(
    "fault", [Fault(hangs=True), Fault(0), Fault(200, body="<html>")], ids=["silent", "cut", "garbage"]
)
def test_a_transactional_text_in_doubt_is_sent_again(fault: Fault) -> None:
    async def story(scene: HttpScene) -> None:
        scene.aggregator.faults.append(fault)
        scene.accept(*numbers(1))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1})
        assert len(scene.aggregator.taken) == 2
        assert scene.events(EventKind.SUBMITTED)["charged_micros"] == UNIT

    play(story, settings={"answer_s": 1})


def test_where_nobody_listens_the_next_route_takes_over() -> None:
    async def story(scene: HttpScene) -> None:
        second = scene.add_route()
        await scene.aggregator.stop()
        scene.accept(*numbers(5))
        await scene.start(fail_over_s=0.2)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 5})
        assert scene.events(EventKind.SUBMITTED, route_id=second)["messages"] == 5

    play(story)


def test_a_refused_login_goes_elsewhere_and_staff_are_told() -> None:
    async def story(scene: HttpScene) -> None:
        scene.aggregator.faults.extend([Fault(401, body='{"error": {"code": "1009"}}')] * 5)
        second = scene.add_route()
        scene.accept(*numbers(5))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 5})
        assert scene.events(EventKind.SUBMITTED, route_id=second)["messages"] == 5
        notes = RouteGauge.objects.filter(route=scene.world.route).values_list("note", flat=True)
        await scene.until(lambda: any("HTTP 401 1009" in note for note in notes.all()))

    play(story)


def test_a_callback_for_nobody_is_kept_and_changes_nothing() -> None:
    async def story(scene: HttpScene) -> None:
        scene.call_back({"id": "of-nobody", "status": "DELIVRD"})
        scene.accept(*numbers(1))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1})
        assert scene.sql("SELECT operator_ids FROM unmatched_receipts") == [(["of-nobody"],)]

    play(story)


def test_a_long_text_is_one_request_with_one_receipt_and_costs_its_parts() -> None:
    async def story(scene: HttpScene) -> None:
        scene.allow(LONG_TEXT)
        [message] = scene.accept(*numbers(1), text=LONG_TEXT)
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1})
        assert [sent["text"] for sent in scene.aggregator.taken] == [LONG_TEXT]
        assert message.segments > 1
        assert scene.events(EventKind.SUBMITTED)["charged_micros"] == message.segments * UNIT

    play(story)


def test_messages_that_share_a_request_have_ends_of_their_own() -> None:
    async def story(scene: HttpScene) -> None:
        scene.accept(*numbers(30), *numbers(3, "01"), *numbers(2, "10"))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 30, Status.UNDELIVERED: 3, Status.REJECTED: 2})
        assert len(scene.aggregator.taken) < 10

    several = {
        "batch_size": 10,
        "body": '{"from": "{from}", "messages": "{messages}"}',
        "item": '{"to": "{to}", "text": "{text}"}',
        "items_at": "results",
    }
    play(story, settings=several)
