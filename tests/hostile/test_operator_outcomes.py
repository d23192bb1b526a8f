"""Operators that refuse, in whole or in part: where messages go, and what the books make of it."""

from __future__ import annotations

import pytest

from kernel.db.tenancy import tenant_context
from kernel.domain.traffic import TrafficClass
from messaging.dispatcher import decisions
from messaging.models import Message
from messaging.statuses import EventKind, Status
from messaging.tests.dispatching import LONG_TEXT, OTP_BODY, OTP_TEXT, numbers
from routing.statuses import Lane
from tests.hostile.operator import Line, Operator, Seen, refusing
from tests.hostile.stage import Books, play_books, reaches, spare_route

pytestmark = pytest.mark.django_db(transaction=True)


def test_case_22_a_passcode_leaves_a_throttling_operator_for_the_next_route(monkeypatch: pytest.MonkeyPatch) -> None:
    assert decisions.PASSCODE_PATIENCE_S == 5
    monkeypatch.setattr(decisions, "PASSCODE_PATIENCE_S", 0.4)

    async def story(scene: Books) -> None:
        spare = spare_route(scene)
        scene.allow(OTP_BODY, is_otp=True)
        scene.accept(*numbers(1), text=OTP_TEXT, traffic_class=TrafficClass.OTP)
        await scene.start(Lane.OTP)
        await scene.start(Lane.BULK)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1})
        assert scene.events(EventKind.FINAL, route_id=spare)["messages"] == 1

    play_books(story, operator=Operator(on_submit=refusing(0x58)))


def test_case_22_after_a_storm_everything_goes_in_its_order() -> None:
    refused: list[str] = []

    def storm(line: Line, pdu: Seen) -> None:
        if len(refused) < 10:
            refused.append(pdu.recipient)
            line.answer(pdu, "", 0x58)
        else:
            operator.take(line, pdu)

    async def story(scene: Books) -> None:
        messages = scene.accept(*numbers(10))
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 10)
        sent = [message.recipient[1:] for message in messages]
        assert sorted(scene.operator.recipients()[-10:]) == sorted(sent)
        assert scene.operator.recipients()[-10:] == refused

    operator = Operator(on_submit=storm)
    play_books(story, operator=operator)


def test_case_24_a_good_number_refused_is_asked_of_one_other_route_and_then_final() -> None:
    async def story(scene: Books) -> None:
        spare = spare_route(scene)
        scene.accept(*numbers(1))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1})
        assert scene.events(EventKind.FINAL, route_id=spare)["messages"] == 1
        assert len(scene.operator.submits) == 1

    play_books(story, operator=Operator(on_submit=refusing(0x0B)))


def test_case_24_without_another_route_a_refused_number_is_final_at_once() -> None:
    async def story(scene: Books) -> None:
        scene.accept(*numbers(1))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.REJECTED: 1})
        assert scene.message().error_code == "invalid_number"

    play_books(story, operator=Operator(on_submit=refusing(0x0B)))


def test_case_25_a_part_refused_stops_the_unsent_ones_and_fails_the_message_with_its_code() -> None:
    def second_is_refused(line: Line, pdu: Seen) -> None:
        if pdu.text[5] == 2:
            line.answer(pdu, "", 0x66)
        else:
            operator.take(line, pdu)

    async def story(scene: Books) -> None:
        scene.allow(LONG_TEXT)
        scene.accept(*numbers(1), text=LONG_TEXT)
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.REJECTED: 1})
        assert scene.message().error_code == "operator_rejected"
        assert [pdu.text[5] for pdu in scene.operator.submits] == [1, 2]
        # The part that was taken costs us, and counts as nothing else.
        sums = {"messages": 0, "segments": 0, "charged_micros": 0, "cost_micros": 90_000}
        assert (scene.events(EventKind.SUBMITTED), scene.held()) == (sums, 0)

    operator = Operator(on_submit=second_is_refused)
    play_books(story, operator=operator, window=1)


def test_case_26_parts_with_different_ends_fail_the_message() -> None:
    async def story(scene: Books) -> None:
        scene.allow(LONG_TEXT)
        (message,) = scene.accept(*numbers(1), text=LONG_TEXT)
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 1)
        scene.tell("1", message.recipient)
        scene.tell("2", message.recipient, "UNDELIV")
        scene.tell("3", message.recipient)
        await scene.until(lambda: scene.statuses() == {Status.UNDELIVERED: 1})
        await scene.until(lambda: scene.acknowledged() == 3)
        assert scene.statuses() == {Status.UNDELIVERED: 1}

    play_books(story)


def test_case_27_a_receipt_for_one_part_does_not_stand_for_the_others() -> None:
    async def story(scene: Books) -> None:
        scene.allow(LONG_TEXT)
        (message,) = scene.accept(*numbers(1), text=LONG_TEXT)
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 1)
        scene.tell("2", message.recipient)
        await scene.until(lambda: scene.acknowledged() == 1)
        assert scene.statuses() == {Status.ACCEPTED: 1}
        scene.tell("1", message.recipient)
        scene.tell("3", message.recipient)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1})

    play_books(story)


def test_case_27_one_id_for_all_parts_has_one_receipt_which_is_the_messages() -> None:
    async def story(scene: Books) -> None:
        scene.allow(LONG_TEXT)
        (message,) = scene.accept(*numbers(1), text=LONG_TEXT)
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 1)
        assert (len(scene.operator.submits), scene.events(EventKind.SUBMITTED)["segments"]) == (1, 3)
        scene.tell("1", message.recipient)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1})

    play_books(story, settings={"joining": "payload"})


def test_case_39_an_error_with_an_id_refuses_the_message_and_its_receipt_finds_it() -> None:
    async def story(scene: Books) -> None:
        (message,) = scene.accept(*numbers(1))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.REJECTED: 1})
        keys = "SELECT message_id FROM operator_ids WHERE operator_key = 'kept'"
        await scene.until(lambda: scene.sql(keys) == [(message.pk,)])
        scene.tell("kept", message.recipient)
        await scene.until(lambda: scene.acknowledged() == 1)
        assert (scene.statuses(), scene.unmatched()) == ({Status.REJECTED: 1}, 0)

    play_books(story, operator=Operator(on_submit=lambda line, pdu: line.answer(pdu, "kept", 0x0A)))


@pytest.mark.parametrize(
    ("words", "status"),
    [(("DELIVRD", "ENROUTE"), Status.DELIVERED), (("UNDELIV", "DELIVRD"), Status.UNDELIVERED),
     (("DELIVRD", "UNDELIV"), Status.DELIVERED), (("UNKNOWN", "DELIVRD"), Status.DELIVERED)],
)  # fmt: skip
def test_case_40_the_first_final_state_stands(words: tuple[str, str], status: Status) -> None:
    async def story(scene: Books) -> None:
        (message,) = scene.accept(*numbers(1))
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 1)
        for number, word in enumerate(words, 1):
            scene.tell("1", message.recipient, word)
            await scene.until(reaches(scene.acknowledged, number))
        await scene.until(lambda: scene.statuses() == {status: 1})
        with tenant_context(scene.world.tenant_id):
            assert Message.objects.get().status == status

    play_books(story)


def test_case_23_a_message_that_fails_three_times_here_goes_to_the_next_route() -> None:
    async def story(scene: Books) -> None:
        spare = spare_route(scene)
        (message,) = scene.accept(*numbers(1))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1})
        assert scene.operator.recipients() == [message.recipient[1:]] * 3
        assert scene.events(EventKind.FINAL, route_id=spare)["messages"] == 1

    play_books(story, operator=Operator(on_submit=refusing(0x08)))
