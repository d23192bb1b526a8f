"""Operators whose ids and receipts are odd: what the books make of it, with a dispatcher and its database."""

from __future__ import annotations

import pytest

from kernel.smpp.liveness import Timers
from messaging.statuses import BatchState, EventKind, Status
from messaging.tests.dispatching import numbers
from messaging.tests.world import make_route, make_world
from routing.services.plans import RuleDraft, save_plan
from routing.services.unreadable import unreadable_of
from tests.hostile.operator import Line, Operator, Seen, deliver_body, raw, receipt_text
from tests.hostile.stage import Books, play_books, timing

pytestmark = pytest.mark.django_db(transaction=True)


def test_case_01_a_receipt_before_the_answer_is_kept_acknowledged_and_matched_when_the_id_lands() -> None:
    held: list[tuple[Line, Seen]] = []

    async def story(scene: Books) -> None:
        (message,) = scene.accept(*numbers(1))
        await scene.start()
        await scene.until(lambda: held)
        scene.tell("early", message.recipient)
        await scene.until(lambda: scene.acknowledged() == 1)
        assert scene.unmatched() == 1
        held[0][0].answer(held[0][1], "early")
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1})
        assert scene.unmatched() == 0

    play_books(story, operator=Operator(on_submit=lambda line, pdu: held.append((line, pdu))))


def test_case_02_the_same_receipt_a_hundred_times_changes_nothing_and_is_acknowledged_each_time() -> None:
    async def story(scene: Books) -> None:
        (message,) = scene.accept(*numbers(1))
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 1)
        body = deliver_body(receipt_text("1"), source=message.recipient[1:].encode())
        scene.operator.line.deliver(*[body] * 100)
        await scene.until(lambda: scene.acknowledged() == 100)
        assert scene.statuses() == {Status.DELIVERED: 1}
        assert scene.events(EventKind.FINAL)["messages"] == 1

    play_books(story)


@pytest.mark.parametrize(
    ("answered", "told"),
    [("1A2B3C", "1715004"), ("1715004", "1a2b3c"), ("0000123", "123"), ("ABC-def", "abc-DEF"), ("77", "0000000077")],
)
def test_case_03_an_id_in_another_base_case_or_padding_is_found(answered: str, told: str) -> None:
    async def story(scene: Books) -> None:
        (message,) = scene.accept(*numbers(1))
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 1)
        scene.tell(told, message.recipient)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1})

    play_books(story, operator=Operator(on_submit=lambda line, pdu: line.answer(pdu, answered)))


def test_case_11_an_answer_after_the_time_out_and_another_try_keeps_both_ids() -> None:
    held: list[tuple[Line, Seen]] = []

    async def story(scene: Books) -> None:
        (message,) = scene.accept(*numbers(1))
        await scene.start()
        await scene.until(lambda: len(held) == 2)
        line, second = held[1]
        line.answer(held[0][1], "first")
        line.answer(second, "second")
        keys = "SELECT operator_key FROM operator_ids WHERE message_id = %s ORDER BY 1"
        await scene.until(lambda: scene.sql(keys, message.pk) == [("first",), ("second",)])
        scene.tell("first", message.recipient)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1})
        assert scene.events(EventKind.SUBMITTED)["messages"] == 1

    operator = Operator(on_submit=lambda line, pdu: held.append((line, pdu)))
    play_books(story, operator=operator, times=timing(session=Timers(response=0.2)))


def test_case_17_one_id_for_two_messages_is_told_apart_by_the_recipient() -> None:
    async def story(scene: Books) -> None:
        first, second = scene.accept(*numbers(2))
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 2)
        scene.tell("same", first.recipient, "UNDELIV")
        scene.tell("same", second.recipient)
        await scene.until(lambda: scene.statuses() == {Status.UNDELIVERED: 1, Status.DELIVERED: 1})
        assert scene.message(pk=first.pk).status == Status.UNDELIVERED

    play_books(story, operator=Operator(on_submit=lambda line, pdu: line.answer(pdu, "same")))


def test_case_18_an_id_used_again_belongs_to_the_newest_message() -> None:
    async def story(scene: Books) -> None:
        (recipient,) = numbers(1)
        (old,) = scene.accept(recipient)
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 1)
        scene.tell("again", recipient, "UNDELIV")
        await scene.until(lambda: scene.statuses() == {Status.UNDELIVERED: 1})
        (new,) = await scene.accept_beside(recipient)
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 2)
        scene.tell("again", recipient)
        await scene.until(lambda: scene.message(pk=new.pk).status == Status.DELIVERED)
        assert scene.message(pk=old.pk).status == Status.UNDELIVERED

    play_books(story, operator=Operator(on_submit=lambda line, pdu: line.answer(pdu, "again")))


def test_case_19_an_empty_id_is_submitted_and_no_receipt_is_taken_for_its() -> None:
    async def story(scene: Books) -> None:
        (message,) = scene.accept(*numbers(1))
        await scene.start()
        await scene.until(lambda: scene.states() == [BatchState.SENT])
        assert scene.events(EventKind.SUBMITTED)["messages"] == 1
        scene.tell("", message.recipient)
        await scene.until(lambda: scene.acknowledged() == 1)
        assert scene.statuses() == {Status.ACCEPTED: 1}

    play_books(story, operator=Operator(on_submit=lambda line, pdu: line.answer(pdu, "")))


@pytest.mark.parametrize("ident", ["x" * 64, "two words", "caf\xe9", '"quoted"'])
def test_case_20_a_strange_id_is_matched_by_its_normal_form(ident: str) -> None:
    async def story(scene: Books) -> None:
        (message,) = scene.accept(*numbers(1))
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 1)
        scene.tell(ident, message.recipient)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1})

    play_books(story, operator=Operator(on_submit=lambda line, pdu: line.answer(pdu, ident)))


def test_case_21_a_receipt_for_an_id_of_another_route_is_not_matched_and_shown_to_nobody() -> None:
    async def story(scene: Books) -> None:
        other = Operator()
        await other.start()
        where = {"host": "127.0.0.1", "port": other.port, "system_id": "dakiya", "bind_as": "transceiver"}
        make_route("Other", kind="smpp", settings=where)
        save_plan(rules=[RuleDraft(route_ids=[scene.world.route.pk])])
        (message,) = scene.accept(*numbers(1))
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 1)
        await scene.until(lambda: other.binds == 1)
        scene.tell("1", message.recipient, line=other.line)
        await scene.until(lambda: scene.unmatched() == 1)
        assert scene.statuses() == {Status.ACCEPTED: 1}
        await other.stop()

    play_books(story)


def test_case_21_a_receipt_reaches_the_tenant_whose_message_it_is_alone() -> None:
    async def story(scene: Books) -> None:
        neighbour = make_world(kind="smpp")
        scene.others.append(neighbour)
        (mine,) = scene.accept(*numbers(1))
        (theirs,) = scene.accept("+919820000000", world=neighbour)
        await scene.start()
        await scene.until(lambda: len(scene.operator.submits) == 2)
        place = scene.operator.recipients().index(theirs.recipient[1:]) + 1
        scene.tell(str(place), theirs.recipient)
        await scene.until(lambda: scene.statuses(neighbour) == {Status.DELIVERED: 1})
        assert scene.statuses() == {Status.ACCEPTED: 1}
        assert mine.status == Status.ACCEPTED

    play_books(story)


@pytest.mark.parametrize("date", ["0001010000", "9912312359", "0000000000", "20261123091500", "later"])
def test_case_28_a_receipt_from_a_clock_that_is_wrong_ends_the_message_when_it_arrives(date: str) -> None:
    async def story(scene: Books) -> None:
        (message,) = scene.accept(*numbers(1))
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 1)
        scene.tell("1", message.recipient, date=date)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1})
        final_at = scene.message().final_at
        assert final_at is not None
        assert 0 <= (final_at - message.accepted_at).total_seconds() < 60

    play_books(story)


def test_case_31_a_receipt_nobody_can_read_holds_up_none_behind_it() -> None:
    async def story(scene: Books) -> None:
        (message,) = scene.accept(*numbers(1))
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 1)
        for sequence in (1, 2, 3):
            scene.operator.line.send(raw(0x05, b"no field ends here", sequence=sequence))
        scene.tell("1", message.recipient)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1})
        # What is committed is answered a moment later.
        await scene.until(lambda: scene.acknowledged() == 4)
        statuses = [pdu.status for pdu in scene.operator.line.of(0x80000005)]
        assert sorted(statuses) == [0, 0, 1, 1]
        await scene.until(lambda: unreadable_of(scene.world.route.pk))
        (kept,) = unreadable_of(scene.world.route.pk)
        assert (kept.times, kept.is_taken, bytes(kept.octets)[16:]) == (3, True, b"no field ends here")

    play_books(story)


def test_case_37_a_receipt_delivered_again_on_the_next_line_changes_nothing() -> None:
    async def story(scene: Books) -> None:
        (message,) = scene.accept(*numbers(1))
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 1)
        scene.tell("1", message.recipient)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1})
        scene.operator.line.reset()
        await scene.until(lambda: scene.operator.binds == 2)
        scene.tell("1", message.recipient)
        # The first answer may have gone down with its line: that is why an operator brings a receipt again.
        await scene.until(lambda: scene.operator.line.of(0x80000005))
        assert scene.events(EventKind.FINAL)["messages"] == 1
        assert scene.events(EventKind.CORRECTED)["messages"] == 0

    play_books(story)
