"""Operators that answer oddly, late, never or too much: what the line does. The numbers are those of docs/rules.md."""

from __future__ import annotations

import asyncio
import socket
from itertools import pairwise
from typing import Any

import pytest

from kernel.smpp.liveness import Timers
from routing.contract import IN_DOUBT, BindStatus
from routing.providers.smpp.holding import Binds, Timing
from routing.providers.smpp.settings import SmppSettings
from routing.tests.builders import outgoing, smpp_config, stride
from tests.hostile.operator import (
    DELIVER,
    ENQUIRE,
    NACK,
    RESPONSE,
    SUBMIT,
    UNBIND,
    Line,
    Operator,
    Seen,
    deliver_body,
    raw,
    receipt_text,
    tlv,
)
from tests.hostile.stage import Stage, many, play, reaches, timing

RINVCMDLEN = 0x02


def test_case_04_an_answer_to_nothing_we_sent_changes_nothing() -> None:
    async def story(stage: Stage) -> None:
        line = await stage.bound()
        line.send(raw(SUBMIT | RESPONSE, b"ghost\0", sequence=4_711))
        stage.link.submit(stride(outgoing("real")))
        await stage.until(lambda: stage.ear.results)
        assert [(r.key, r.operator_id) for r in stage.ear.results] == [("real", "1")]
        line.answer(line.submits[0], "again")
        stage.link.submit(stride(outgoing("next")))
        await stage.until(lambda: len(stage.ear.results) == 2)
        assert stage.ear.results[1].operator_id == "2"

    play(story)


@pytest.mark.parametrize("length", [0, 4, 15])
def test_case_05_a_length_no_pdu_has_is_nacked_and_ends_the_line_with_the_window_in_doubt(length: int) -> None:
    async def story(stage: Stage) -> None:
        line = await stage.bound()
        stage.link.submit(stride(outgoing("a"), outgoing("b")))
        await stage.until(lambda: len(line.submits) == 2)
        line.send(raw(SUBMIT | RESPONSE, length=length))
        await stage.until(lambda: len(stage.ear.results) == 2)
        assert {r.action for r in stage.ear.results} == {IN_DOUBT}
        await stage.until(lambda: line.of(NACK))
        assert line.of(NACK)[0].status == RINVCMDLEN
        await stage.until(lambda: not line.is_open)
        await stage.until(lambda: stage.link.gauge().binds_up == 1)

    operator = Operator()
    operator.on_submit = operator.ignore
    play(story, operator=operator)


TLS_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 8


@pytest.mark.parametrize(
    ("first", "word"),
    [(b"\x7f\xff\xff\xff" + b"\0" * 12, "length"), (b"HTTP/1.1 400 Bad Request\r\n\r\n", "http"), (TLS_HELLO, "tls")],
)
def test_case_06_a_giant_length_or_another_protocol_is_named_and_closed(first: bytes, word: str) -> None:
    async def story(stage: Stage) -> None:
        (await stage.bound()).send(first)
        await stage.until(lambda: stage.reasons)
        assert word in stage.reasons[0].lower()
        assert stage.ear.states[1].status is BindStatus.BOUND

    play(story)


def test_case_07_a_pdu_that_trickles_is_whole_within_its_time_or_the_line_is_closed() -> None:
    async def story(stage: Stage) -> None:
        line = await stage.bound()
        whole = raw(DELIVER, deliver_body(receipt_text("7")), sequence=9)
        for at in range(0, len(whole), 40):
            line.send(whole[at : at + 40])
            await asyncio.sleep(0)
        await stage.until(lambda: stage.ear.receipts)
        line.send(whole[:30])
        await stage.until(lambda: stage.reasons)
        assert "slow_pdu" in stage.reasons[0]

    play(story, times=timing(session=Timers(pdu=0.2)))


def test_case_08_a_half_open_line_is_closed_by_unanswered_enquiries_within_a_minute() -> None:
    defaults = Timers()
    assert defaults.enquire_link + defaults.misses * defaults.enquire_link_resp <= 60

    async def story(stage: Stage) -> None:
        line = await stage.bound()
        await stage.until(lambda: stage.reasons)
        assert "no_answer" in stage.reasons[0]
        assert len(line.of(ENQUIRE)) == 2

    operator = Operator()
    operator.on_enquire = operator.ignore
    play(story, operator=operator, times=timing(session=Timers(enquire_link=0.1, enquire_link_resp=0.1)))


def test_case_09_an_answer_shortly_before_the_time_out_is_an_answer() -> None:
    waiting: list[tuple[Line, Seen]] = []

    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing("slow")))
        await stage.until(lambda: waiting)
        loop, sent = asyncio.get_running_loop(), asyncio.get_running_loop().time()
        await stage.until(lambda: loop.time() - sent >= 0.8 * 0.6)
        assert not stage.ear.results
        waiting[0][0].answer(waiting[0][1], "late but fine")
        await stage.until(lambda: stage.ear.results)
        assert (stage.ear.results[0].action, stage.ear.results[0].operator_id) == (None, "late but fine")
        assert len(stage.operator.submits) == 1

    operator = Operator(on_submit=lambda line, pdu: waiting.append((line, pdu)))
    play(story, operator=operator, times=timing(session=Timers(response=0.6)))


def test_case_10_a_window_that_is_never_answered_is_in_doubt_and_three_in_a_row_bind_anew() -> None:
    async def story(stage: Stage) -> None:
        first = await stage.bound()
        stage.link.submit(many(2))
        await stage.until(lambda: len(stage.ear.results) == 2)
        assert first.is_open
        stage.link.submit(many(1))
        await stage.until(lambda: len(stage.ear.results) == 3)
        assert {r.action for r in stage.ear.results} == {IN_DOUBT}
        await stage.until(lambda: len(stage.operator.lines) == 2)
        assert "3 submits in a row were not answered" in stage.reasons[0]

    operator = Operator()
    operator.on_submit = operator.ignore
    play(story, operator=operator, times=timing(session=Timers(response=0.1)))


@pytest.mark.parametrize("status", [0x0D, 0x05, 0x45, 0x401, 0x7FFF0000])
def test_case_12_a_bind_refused_with_any_code_is_shown_backed_off_and_costs_no_message(status: int) -> None:
    async def story(stage: Stage) -> None:
        await stage.until(lambda: stage.operator.binds >= 2)
        refused = next(state for state in stage.ear.states if state.status is BindStatus.REFUSED)
        assert f"{status:02X}" in refused.reason
        assert stage.link.room == 0
        assert f"{status:02X}" in stage.link.gauge().note
        assert stage.ear.results == []

    def refuse(line: Line, pdu: Seen) -> None:
        line.send(raw(pdu.command_id | RESPONSE, status=status, sequence=pdu.sequence))

    play(story, operator=Operator(on_bind=refuse), is_bound=False)


@pytest.mark.parametrize(
    ("status", "failures", "low", "high"),
    [
        (None, 1, 0.7, 1.3), (None, 3, 2.8, 5.2), (None, 20, 42, 78),
        (0x0E, 1, 600, 600), (0x0D, 4, 5, 11), (0x0D, 5, 600, 600), (0x05, 1, 21, 39), (0x401, 2, 1.4, 2.6),
    ],
)  # fmt: skip
def test_case_12_how_long_the_next_bind_waits(status: int | None, failures: int, low: float, high: float) -> None:
    async def ask() -> float:
        settings = SmppSettings("127.0.0.1", 1, "dakiya", "postman")
        listener: Any = None  # nothing is told: it never starts
        return Binds(smpp_config(1), settings, listener, Timing()).pause_s(status, failures)

    assert low <= asyncio.run(ask()) <= high


def test_case_13_a_bind_that_is_closed_at_once_counts_as_failed_and_waits_grow() -> None:
    async def story(stage: Stage) -> None:
        await stage.until(lambda: len(stage.operator.lines) >= 5)
        began = [line.began for line in stage.operator.lines[:5]]
        waits = [later - earlier for earlier, later in pairwise(began)]
        assert waits[3] > waits[0]

    def in_and_out(line: Line, pdu: Seen) -> None:
        line.send(raw(pdu.command_id | RESPONSE, b"operator\0", sequence=pdu.sequence))
        line.hang_up()

    play(story, operator=Operator(on_bind=in_and_out), is_bound=False, times=timing(retry=0.02, retry_longest=10))


def test_case_14_a_bind_that_is_never_answered_is_given_up() -> None:
    async def story(stage: Stage) -> None:
        await stage.until(lambda: stage.reasons)
        assert "bind_timeout" in stage.reasons[0]

    operator = Operator()
    operator.on_bind = operator.ignore
    play(story, operator=operator, is_bound=False, times=timing(session=Timers(bind=0.2)))


@pytest.mark.parametrize("body", [b"", b"operator\0", b"op\0" + tlv(0x0210, b"\x34") + tlv(0x1500, b"x"), b"\0"])
def test_case_14_a_bind_answer_without_body_or_with_optional_parameters_is_taken(body: bytes) -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing()))
        await stage.until(lambda: stage.ear.results)
        assert stage.ear.results[0].action is None

    def let_in(line: Line, pdu: Seen) -> None:
        line.send(raw(pdu.command_id | RESPONSE, body, sequence=pdu.sequence))

    play(story, operator=Operator(on_bind=let_in))


def test_case_15_an_unbind_in_the_middle_is_answered_after_what_came_with_it_and_the_rest_is_in_doubt() -> None:
    async def story(stage: Stage) -> None:
        line = await stage.bound()
        stage.link.submit(stride(outgoing("answered"), outgoing("open")))
        await stage.until(lambda: len(line.submits) == 2)
        answer = raw(SUBMIT | RESPONSE, b"id1\0", sequence=line.submits[0].sequence)
        line.send(raw(UNBIND, sequence=77), answer)
        await stage.until(lambda: len(stage.ear.results) == 2)
        assert {r.key: r.action for r in stage.ear.results} == {"answered": None, "open": IN_DOUBT}
        await stage.until(lambda: line.of(UNBIND | RESPONSE))
        assert line.of(UNBIND | RESPONSE)[0].sequence == 77
        await stage.until(lambda: len(stage.operator.lines) == 2 and stage.link.gauge().binds_up)

    operator = Operator()
    operator.on_submit = operator.ignore
    play(story, operator=operator)


def test_case_16_a_line_closed_after_every_hundred_answers_is_back_at_once_and_nothing_is_lost() -> None:
    async def story(stage: Stage) -> None:
        for number in range(450):
            stage.link.submit(stride(outgoing(number)))
        await stage.until(lambda: len(stage.ear.results) >= 450)
        assert len({r.key for r in stage.ear.results}) == 450
        began = [line.began for line in stage.operator.lines]
        # Four failures in a row would wait 0.7 s or longer at the least.
        assert all(later - earlier < 0.7 for earlier, later in pairwise(began))

    def take_some(line: Line, pdu: Seen) -> None:
        if len(line.submits) <= 101:
            operator.take(line, pdu)
        if len(line.submits) == 101:
            line.hang_up()

    operator = Operator(on_submit=take_some)
    play(story, operator=operator, window=1, times=timing(retry=0.1, retry_longest=10))


def test_case_34_a_line_that_answers_submits_but_no_enquiry_lives_with_a_warning() -> None:
    async def story(stage: Stage) -> None:
        line = await stage.bound()
        for asked in range(1, 4):
            await stage.until(reaches(lambda: len(line.of(ENQUIRE)), asked))
            stage.link.submit(stride(outgoing(asked)))
            await stage.until(reaches(lambda: len(stage.ear.results), asked))
        assert line.is_open
        assert len(stage.operator.lines) == 1
        assert "does not answer enquire_link" in stage.link.gauge().note

    operator = Operator()
    operator.on_enquire = operator.ignore
    play(story, operator=operator, times=timing(session=Timers(enquire_link=0.05, enquire_link_resp=5)))


def test_case_38_an_operator_that_reads_nothing_is_left_after_a_while() -> None:
    async def story(stage: Stage) -> None:
        line = await stage.bound()
        assert line.transport is not None
        line.transport.pause_reading()
        text = "x" * 150
        for number in range(200):
            stage.link.submit(stride(*[outgoing((number, each), text=text) for each in range(100)]))
        await stage.until(lambda: stage.reasons)
        assert "has read nothing for 0.3 s" in stage.reasons[0]

    operator = Operator()
    operator.on_submit = operator.ignore
    play(story, operator=operator, times=timing(blocked_write=0.3), window=20_000)


def test_case_46_every_address_of_a_name_is_tried_and_the_good_one_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = asyncio.BaseEventLoop.getaddrinfo

    async def resolve(loop: Any, host: Any, port: Any, **hints: Any) -> Any:
        if host == "operator.test":
            family = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
            return [(*family, ("127.0.0.9", port)), (*family, ("127.0.0.1", port))]
        return await usual(loop, host, port, **hints)

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)

    async def story(stage: Stage) -> None:
        line = await stage.bound()
        back_again = Operator()
        await back_again.start(host="127.0.0.9", port=stage.operator.port)
        line.hang_up()
        await stage.until(lambda: len(stage.operator.lines) == 2 and stage.link.gauge().binds_up)
        assert back_again.lines == []
        await back_again.stop()

    play(story, settings={"host": "operator.test"})


def test_case_46_a_name_without_any_address_is_said_to_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(loop: Any, host: Any, port: Any, **hints: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)

    async def story(stage: Stage) -> None:
        await stage.until(lambda: stage.reasons)
        assert "operator.test has no address" in stage.reasons[0]

    play(story, settings={"host": "operator.test"}, is_bound=False)
