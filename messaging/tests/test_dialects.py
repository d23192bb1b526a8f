"""Operators' habits: learnt from receipts, used, and forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from audit.models import Entry
from audit.services import Actor
from kernel.db.tenancy import platform_context
from kernel.domain.clock import utc_now
from kernel.smpp.message_ids import Notation
from kernel.smpp.receipts import Receipt, ReceiptState
from messaging.dispatcher.dialects import WINDOW, Dialects, masked
from messaging.dispatcher.news import Known
from messaging.statuses import EventKind, Status
from messaging.tests.dispatching import Scene, numbers, play
from messaging.tests.flights import make_job
from routing.contract import IncomingReceipt
from routing.dialects import ENOUGH, Count, Habit, Repeat, findings, suggestions, tallies
from routing.models import RouteDialect
from routing.services.dialects import MAX_VALUES, add_counts, forget_dialect, known_counts
from routing.smsc.settings import Settings
from routing.tests.builders import make_route

NOW = utc_now()


def count(value: str, receipts: int, habit: str = Habit.NOTATION) -> Count:
    return Count(habit, value, receipts, NOW, NOW, "id:1")


def taught(receipt: Receipt, *, source: str = "919800000001", raw: str = "", ago_s: float = 1.0) -> dict[str, str]:
    """What one receipt about a message in memory shows: habit → value."""
    dialects, known, job = Dialects(), Known(), make_job()
    job.sent_at = 100.0 - ago_s
    known.jobs["abc1"] = job, 1
    if raw:
        known.raws["abc1"] = raw
    dialects.look([(1, IncomingReceipt(receipt, source, "ACMEIN", lambda: None))], {1: known}, 100.0)
    counts, _ = dialects.take()
    return {each.habit: each.value for each in counts.get(1, [])}


def receipt(**changes: Any) -> Receipt:
    date = f"{utc_now() + timedelta(hours=5, minutes=30):%y%m%d%H%M}"
    fields = {"stat": "DELIVRD", "err": "000", "sub": "001", "dlvrd": "001"}
    return Receipt(
        ("abc1",), ReceiptState.DELIVERED, **{**fields, "submit_at_raw": date, "done_at_raw": date, **changes}
    )


def test_a_receipt_of_the_standards_form_shows_nothing_odd_but_its_zone() -> None:
    assert taught(receipt()) == {
        "mark": "marked", "place": "text", "addresses": "swapped", "missing": "nothing", "date": "YYMMDDhhmm",
        "zone": "+05:30", "clock": "0", "spelling": "same", "shape": "4 hexadecimal digits",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "habit", "value"),
    [
        ({"sub": "", "dlvrd": "", "err": ""}, Habit.MISSING, "sub, dlvrd, err"),
        ({"done_at_raw": ""}, Habit.DATE, "missing"),
        ({"done_at_raw": "0000000000"}, Habit.DATE, "zeros"),
        ({"unmarked": True}, Habit.MARK, "unmarked"),
        ({"stat": "2"}, Habit.PLACE, "parameters"),
        ({"ids": ("abc1", "zzz")}, Habit.PLACE, "both, different"),
    ],
)
def test_what_an_operator_does_otherwise_is_seen(changes: dict[str, Any], habit: Habit, value: str) -> None:
    assert taught(receipt()._replace(**changes))[habit] == value


def test_spelling_is_compared_with_the_answer_as_it_came() -> None:
    assert taught(receipt(), raw="00ABC1")[Habit.SPELLING] == "zeros removed"
    assert taught(receipt(), raw="ABC1")[Habit.SPELLING] == "small letters"


def test_a_late_receipt_says_nothing_about_the_clock() -> None:
    assert Habit.ZONE not in taught(receipt(), ago_s=7200)


def test_a_sample_has_no_number_and_no_text() -> None:
    assert masked("919812345678") == "9198…78"
    assert masked("ACMEIN") == "ACMEIN"


def test_fifty_that_agree_are_a_habit_and_forty_nine_or_one_in_ten_against_it_are_none() -> None:
    dialects = Dialects()
    for counts, learns in (
        ([count("decimal", ENOUGH - 1)], False),
        ([count("decimal", ENOUGH)], True),
        ([count("decimal", 90), count("same", 10)], False),
        ([count("same", 1_000)], False),
        ([], False),
    ):
        dialects.believe([1], {1: counts})
        assert (1 in dialects.readers) is learns
    dialects.believe([1], {1: [count("decimal", ENOUGH)]})
    assert dialects.readers[1]("28570") == "6f9a"


def test_a_notation_is_unlearnt_when_receipts_speak_against_it() -> None:
    dialects = Dialects()
    dialects.believe([1], {1: [count("decimal", 10_000)]})
    dialects.matched([(1, "a")] * (WINDOW - 5), [(1, "10", "10")] * 5)
    assert dialects.readers
    dialects.matched([(1, "a")] * (WINDOW - 11), [(1, "10", "10")] * 11)
    counts, unlearnt = dialects.take()
    assert (dialects.readers, counts, unlearnt) == ({}, {}, {1})


def test_the_page_says_what_was_learnt_and_on_what_evidence() -> None:
    (found,) = findings([count("decimal", 1_204), count("same", 3)])
    assert found.sentence == "The operator writes ids in decimal where its answers had hexadecimal."
    assert (found.agreeing, found.total, found.is_learnt) == (1_204, 1_207, True)
    assert found.others == [("Receipts have the id of the answer.", 3)]


def test_a_clock_that_is_off_is_said_to_be_ahead_or_behind() -> None:
    sentences = [findings([count(value, 60, Habit.CLOCK)])[0].sentence for value in ("3", "-3", "0")]
    assert [sentence.rpartition("clock is ")[2] for sentence in sentences] == [
        "ahead by 3 minutes.", "behind by 3 minutes.", "right to the minute.",
    ]  # fmt: skip


def test_an_operator_that_stops_at_accepted_is_pointed_out() -> None:
    counts = [count("ACCEPTD", 80, Habit.PROGRESS), count("same", 1)]
    assert len(suggestions(counts, {})) == 1
    assert suggestions(counts, {"accepted_is_final": True}) == []
    assert suggestions([*counts, count("decimal", 79)], {}) == []


@pytest.mark.django_db(transaction=True)
def test_dispatchers_add_up_and_invented_values_fill_no_table() -> None:
    route = make_route()
    add_counts({route.pk: [count("decimal", 30)], route.pk + 1: [count("decimal", 1)]})
    add_counts({route.pk: [count("decimal", 25)]})
    assert tallies(known_counts([route.pk, route.pk + 1])[route.pk], Habit.NOTATION) == {"decimal": 55}
    for number in range(MAX_VALUES + 5):
        add_counts({route.pk: [count(f"WORD{number}", 1, Habit.PROGRESS)]})
    assert RouteDialect.objects.filter(habit=Habit.PROGRESS).count() == MAX_VALUES


@pytest.mark.django_db(transaction=True)
def test_a_notation_is_learnt_in_use_at_first_sight_and_forgotten_on_demand() -> None:
    async def story(scene: Scene) -> None:
        dispatcher = await scene.start()
        readers, route_id = dispatcher.routes.dialects.readers, scene.world.route.pk
        await scene.accept_beside(*numbers(ENOUGH + 5))
        await scene.until(lambda: route_id in readers)
        await scene.accept_beside(*[f"+91981000{number:04d}" for number in range(20)])
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: ENOUGH + 25})
        wanted = {Notation.DECIMAL.value: ENOUGH + 25}
        await scene.until(lambda: tallies(known_counts([route_id])[route_id], Habit.NOTATION) == wanted)
        forget_dialect(route_id=route_id, actor=Actor(None, "Tests"), now=utc_now())
        await scene.until(lambda: route_id not in readers)
        with platform_context(reason="test: the platform's trail"):
            assert Entry.objects.filter(action="route.forget_dialect").count() == 1

    play(story, settings=Settings(receipt_delay_ms=0, id_notation="hex_in_response"))


@pytest.mark.django_db(transaction=True)
def test_repeated_and_contradicting_receipts_are_counted() -> None:
    async def story(scene: Scene) -> None:
        scene.change(receipts=False)
        (message,) = scene.accept(*numbers(1))
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 1)
        ((key,),) = scene.sql("SELECT operator_key FROM operator_ids WHERE message_id = %s", message.pk)
        for stat in ("DELIVRD", "DELIVRD", "UNDELIV", "ENROUTE"):
            done = scene.smsc.centre.counters.receipts_acknowledged
            scene.receive(key, message.recipient, stat)
            await scene.until(lambda done=done: scene.smsc.centre.counters.receipts_acknowledged == done + 1)  # type: ignore[misc]
        await scene.stop()
        counts = known_counts([scene.world.route.pk])[scene.world.route.pk]
        assert tallies(counts, Habit.REPEATS) == {Repeat.SAME: 1, Repeat.OTHER: 1}
        assert tallies(counts, Habit.PROGRESS) == {"ENROUTE": 1}

    play(story)
