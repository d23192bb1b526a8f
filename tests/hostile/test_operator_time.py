"""Operators that answer late, never report, or whose clocks are wrong: what the books make of it, as time goes by."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone

import pytest
from django.conf import settings

from kernel.domain.clock import utc_now
from kernel.smpp.liveness import Timers
from kernel.smpp.receipt_writing import receipt_date
from messaging.services import sweeping
from messaging.statuses import BatchState, EventKind, Status
from messaging.tests.dispatching import numbers
from routing.dialects import ENOUGH, summary
from routing.services.dialects import known_counts
from tests.hostile.operator import Line, Operator, Seen, deliver_body, receipt_text
from tests.hostile.stage import Books, play_books, timing

pytestmark = pytest.mark.django_db(transaction=True)
INDIA = timezone(timedelta(hours=5, minutes=30))


def test_case_09_what_is_answered_shortly_before_the_time_out_is_not_sent_again() -> None:
    held: list[tuple[Line, Seen, float]] = []

    async def story(scene: Books) -> None:
        loop = asyncio.get_running_loop()
        (message,) = scene.accept(*numbers(1))
        await scene.start()
        await scene.until(lambda: held and loop.time() - held[0][2] >= 0.8 * 1.0)
        line, submit, _ = held[0]
        line.answer(submit, "late")
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 1)
        await scene.until(lambda: loop.time() - held[0][2] >= 1.5)
        assert scene.operator.recipients() == [message.recipient[1:]]
        assert scene.sql("SELECT operator_key FROM operator_ids WHERE message_id = %s", message.pk) == [("late",)]

    operator = Operator(on_submit=lambda line, pdu: held.append((line, pdu, asyncio.get_running_loop().time())))
    play_books(story, operator=operator, times=timing(session=Timers(response=1.0)))


def test_case_19_what_has_no_id_is_unknown_once_validity_and_grace_are_over() -> None:
    async def story(scene: Books) -> None:
        (message,) = scene.accept(*numbers(1))
        await scene.start()
        await scene.until(lambda: scene.states() == [BatchState.SENT])
        await scene.stop()
        ((not_after,),) = scene.sql("SELECT not_after FROM batches")
        grace = timedelta(hours=settings.RECEIPT_GRACE_HOURS)
        assert sweeping.settle_silent(not_after + grace - timedelta(minutes=1)) == 0
        assert sweeping.settle_silent(not_after + grace + timedelta(minutes=1)) == 1
        assert scene.statuses() == {Status.UNKNOWN: 1}
        assert scene.message(pk=message.pk).error_code == "outcome_unknown"

    play_books(story, operator=Operator(on_submit=lambda line, pdu: line.answer(pdu, "")))


def test_case_28_how_far_the_operators_clock_is_off_is_measured_on_its_route() -> None:
    """Ahead by seven minutes, in a zone of its own."""

    async def story(scene: Books) -> None:
        scene.accept(*numbers(ENOUGH + 10))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: ENOUGH + 10})
        route_id = scene.world.route.pk
        await scene.until(lambda: learnt(route_id).get("Clock", (0, ""))[0] >= 10)
        assert learnt(route_id)["Clock"][1] == "The clock is ahead by 7 minutes."
        assert learnt(route_id)["Zone of dates"][1] == "Dates are in UTC+05:30."

    def report(line: Line, pdu: Seen) -> None:
        operator.take(line, pdu)
        there: datetime = utc_now().astimezone(INDIA) + timedelta(minutes=7, seconds=25)
        date = receipt_date(there.replace(tzinfo=None))
        body = deliver_body(receipt_text(str(operator.ids), date=date), source=pdu.recipient.encode())
        line.deliver(body, first=5_000 + operator.ids)

    operator = Operator(on_submit=report)
    play_books(story, operator=operator)


def learnt(route_id: int) -> dict[str, tuple[int, str]]:
    """Title → receipts that agree and sentence, as the route's page has them."""
    found = summary(known_counts([route_id]).get(route_id, []), {}).findings
    return {finding.title: (finding.agreeing, finding.sentence) for finding in found}
