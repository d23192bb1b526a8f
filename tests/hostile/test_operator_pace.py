"""Operators that are too busy, in all the ways they say so, and the route's own table of codes."""

from __future__ import annotations

from itertools import pairwise

from kernel.smpp.status_map import QUEUE_OF_NUMBER_FULL
from routing.contract import ActionKind
from routing.tests.builders import outgoing, stride
from tests.hostile.operator import Line, Operator, Seen, refusing, tlv
from tests.hostile.stage import Stage, play, timing


def test_one_numbers_full_queue_delays_its_message_alone() -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(*[outgoing(number, f"+9198{number:08d}") for number in range(31)]))
        await stage.until(lambda: len(stage.ear.results) == 31)
        assert {r.key: r.action for r in stage.ear.results if r.action} == {30: QUEUE_OF_NUMBER_FULL}
        assert (stage.link.room > 0, stage.link.gauge().ceiling) == (True, 0)

    play(story, operator=Operator(on_submit=refusing(0x14, ["919800000030"])), tps=1_000)


def test_a_congested_operator_is_spared_before_it_refuses() -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing(1), outgoing(2)))
        await stage.until(lambda: len(stage.ear.results) == 2)
        assert [r.action for r in stage.ear.results] == [None, None]
        assert (stage.link.gauge().rate, stage.link.gauge().ceiling) == (90, 100)

    def warn(line: Line, pdu: Seen) -> None:
        line.answer(pdu, str(pdu.sequence), tlvs=tlv(0x0428, b"\x50"))

    play(story, operator=Operator(on_submit=warn), tps=100)


def test_a_vendor_code_means_what_the_route_says() -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing(1)))
        await stage.until(lambda: stage.ear.results)
        result = stage.ear.results[0]
        assert result.action is not None
        assert (result.status, result.action.kind) == (0x40B, ActionKind.SAME_ROUTE_LATER)
        assert (stage.link.room, stage.link.gauge().rate) == (0, 85)

    operator = Operator(on_submit=refusing(0x40B))
    play(story, operator=operator, tps=100, settings={"error_map": "0x40B = THROTTLED"})


def test_a_text_of_legal_length_that_is_too_long_for_the_operator_is_the_routes_fault() -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing(1)))
        await stage.until(lambda: stage.ear.results)
        action = stage.ear.results[0].action
        assert action is not None
        assert (action.kind, action.error_code) == (ActionKind.CONFIG_ERROR, "route_protocol")

    play(story, operator=Operator(on_submit=refusing(0x01)))


def test_binds_begin_one_after_the_other() -> None:
    async def story(stage: Stage) -> None:
        began = [line.began for line in stage.operator.lines]
        assert len(began) == 4
        assert min(later - earlier for earlier, later in pairwise(began)) >= 0.08

    play(story, binds=4, times=timing(stagger=0.1))


def test_parts_go_down_the_line_that_has_the_least_to_do() -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing(1), outgoing(2), outgoing(3)))
        await stage.until(lambda: len(stage.ear.results) == 2)
        stage.link.submit(stride(outgoing(4)))
        await stage.until(lambda: len(stage.ear.results) == 3)
        assert [len(line.submits) for line in stage.operator.lines] == [2, 2]
        assert stage.link.gauge().window_used == 1

    def slow_first(line: Line, pdu: Seen) -> None:
        if line is not operator.lines[0] or len(line.submits) > 1:
            operator.take(line, pdu)

    operator = Operator(on_submit=slow_first)
    play(story, operator=operator, binds=2, window=2)
