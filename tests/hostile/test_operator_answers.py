"""Operators whose answers are strange or refuse: what the line makes of them. The numbers are of docs/rules.md."""

from __future__ import annotations

import pytest

from routing.contract import IN_DOUBT, ActionKind
from routing.tests.builders import outgoing, stride
from tests.hostile.operator import (
    Line,
    Operator,
    Seen,
    deliver_body,
    octets,
    receipt_text,
    refusing,
)
from tests.hostile.stage import Stage, many, play


@pytest.mark.parametrize("ident", ["x" * 64, "two words", "caf\xe9", "<script>\x01", " 0042 "])
def test_case_20_whatever_octets_an_id_has_it_is_taken_as_it_is(ident: str) -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing()))
        await stage.until(lambda: stage.ear.results)
        assert stage.ear.results[0].action is None
        assert stage.ear.results[0].operator_id == ident
        stage.link.submit(stride(outgoing()))
        await stage.until(lambda: len(stage.ear.results) == 2)

    play(story, operator=Operator(on_submit=lambda line, pdu: line.answer(pdu, ident)))


def test_case_22_a_storm_of_throttling_slows_the_line_down_and_counts_no_try() -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(many(5))
        await stage.until(lambda: len(stage.ear.results) == 5)
        actions = {r.action for r in stage.ear.results}
        assert [(a.kind, a.counts_as_try) for a in actions if a] == [(ActionKind.SAME_ROUTE_LATER, False)]
        gauge = stage.link.gauge()
        assert (stage.link.room, gauge.rate, gauge.ceiling) == (0, 85, 100)
        assert [r.key for r in stage.ear.results] == list(range(5))

    play(story, operator=Operator(on_submit=refusing(0x58)), tps=100)


def test_case_22_a_pause_is_the_binds_that_was_refused_and_not_its_neighbours() -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(many(2))
        await stage.until(lambda: len(stage.ear.results) == 2)
        assert [r.action is None for r in sorted(stage.ear.results, key=lambda r: r.status)] == [True, False]
        assert stage.link.room == 1

    def on_submit(line: Line, pdu: Seen) -> None:
        refusing(0x58)(line, pdu) if line is operator.lines[0] else operator.take(line, pdu)

    operator = Operator(on_submit=on_submit)
    play(story, operator=operator, window=1, binds=2)


def test_case_23_system_errors_are_three_tries_here_and_then_another_route() -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(many(1))
        await stage.until(lambda: stage.ear.results)
        action = stage.ear.results[0].action
        assert action is not None
        assert (action.kind, action.max_tries, action.then) == (ActionKind.SAME_ROUTE_LATER, 3, ActionKind.OTHER_ROUTE)

    play(story, operator=Operator(on_submit=refusing(0x08)))


def test_case_24_a_number_refused_is_final_until_the_operator_refuses_a_fifth_of_them() -> None:
    bad = [f"9198{number:08d}" for number in range(40, 60)]

    async def story(stage: Stage) -> None:
        stage.link.submit(many(41))
        await stage.until(lambda: len(stage.ear.results) == 41)
        first = stage.ear.results[40].action
        assert first is not None
        assert (first.kind, first.error_code, first.trust_our_number_check) == (
            ActionKind.FINAL,
            "invalid_number",
            True,
        )
        stage.link.submit(many(60))
        await stage.until(lambda: len(stage.ear.results) == 101)
        last = stage.ear.results[-1].action
        assert last is not None
        assert (last.kind, last.error_code) == (ActionKind.CONFIG_ERROR, "invalid_number")
        assert "RINVDSTADR" in stage.link.gauge().note

    play(story, operator=Operator(on_submit=refusing(0x0B, bad)))


def test_case_39_an_error_with_an_id_is_an_error_and_the_id_is_kept() -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing()))
        await stage.until(lambda: stage.ear.results)
        result = stage.ear.results[0]
        assert result.action is not None
        assert (result.status, result.operator_id, result.action.kind) == (0x0A, "kept", ActionKind.FINAL)

    play(story, operator=Operator(on_submit=lambda line, pdu: line.answer(pdu, "kept", 0x0A)))


def test_case_41_receipts_too_fast_to_be_true_are_pointed_out() -> None:
    async def story(stage: Stage) -> None:
        for number in range(60):
            stage.link.submit(stride(outgoing(number, f"+9198{number:08d}")))
        await stage.until(lambda: len(stage.ear.receipts) == 60)
        assert "test with phones of your own" in stage.link.gauge().note

    def invent(line: Line, pdu: Seen) -> None:
        operator.take(line, pdu)
        line.deliver(deliver_body(receipt_text(str(operator.ids)), source=pdu.recipient.encode()))

    operator = Operator(on_submit=invent)
    play(story, operator=operator)


def test_case_41_one_receipt_of_another_kind_is_enough_to_believe_them() -> None:
    async def story(stage: Stage) -> None:
        for number in range(60):
            stage.link.submit(stride(outgoing(number, f"+9198{number:08d}")))
        await stage.until(lambda: len(stage.ear.receipts) == 60)
        assert stage.link.gauge().note == ""

    def report(line: Line, pdu: Seen) -> None:
        operator.take(line, pdu)
        stat = "UNDELIV" if operator.ids == 40 else "DELIVRD"
        line.deliver(deliver_body(receipt_text(str(operator.ids), stat), source=pdu.recipient.encode()))

    operator = Operator(on_submit=report)
    play(story, operator=operator)


def test_case_42_a_nack_is_matched_by_its_sequence() -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing("nacked")))
        await stage.until(lambda: stage.ear.results)
        result = stage.ear.results[0]
        assert result.action is not None
        assert (result.key, result.status, result.action.error_code) == ("nacked", 0x08, "route_protocol")

    def nack(line: Line, pdu: Seen) -> None:
        line.send(octets("generic_nack", status=0x08, sequence=pdu.sequence))

    play(story, operator=Operator(on_submit=nack))


def test_case_42_three_nacks_without_a_sequence_close_the_line() -> None:
    async def story(stage: Stage) -> None:
        line = await stage.bound()
        stage.link.submit(stride(outgoing("open")))
        await stage.until(lambda: line.submits)
        line.send(*[octets("generic_nack", status=0x03, sequence=0) for _ in range(3)])
        await stage.until(lambda: stage.ear.results)
        assert stage.ear.results[0].action == IN_DOUBT
        assert "nack_storm" in stage.reasons[0]

    operator = Operator()
    operator.on_submit = operator.ignore
    play(story, operator=operator)
