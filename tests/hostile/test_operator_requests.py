"""What operators ask of us, as odd as it may be: receipts, enquiries, requests that nobody has heard of."""

from __future__ import annotations

import asyncio

import pytest

from routing.providers.smpp.bind import UNANSWERED_LIMIT
from routing.tests.builders import outgoing, stride
from tests.hostile.operator import (
    DELIVER,
    ENQUIRE,
    NACK,
    RESPONSE,
    Line,
    Operator,
    Seen,
    deliver_body,
    octets,
    raw,
    receipt_text,
    tlv,
)
from tests.hostile.stage import Stage, play, reaches

DELIVER_RESP = DELIVER | RESPONSE
RINVCMDID, RINVMSGLEN = 0x03, 0x01


def test_case_29_a_receipt_in_the_payload_is_read() -> None:
    async def story(stage: Stage) -> None:
        line = await stage.bound()
        line.deliver(deliver_body(b"", tlvs=tlv(0x0424, receipt_text("29"))))
        await stage.until(lambda: stage.ear.receipts)
        assert stage.ear.receipts[0].receipt.ids == ("29",)

    play(story)


@pytest.mark.parametrize(
    "odd",
    [
        tlv(0x001E, b"30", length=40),
        tlv(0x001E, b"30\0") + tlv(0x001E, b"30\0"),
        tlv(0x0427, b"\0\2") + tlv(0x000D, b"x"),
        tlv(0x1999, b"vendor") + tlv(0x0501, b"\1"),
        b"\x00\x1e\x00",
    ],
    ids=["cut", "doubled", "wrong length", "unknown", "stray octets"],
)
def test_case_30_odd_optional_parameters_do_not_cost_the_pdu(odd: bytes) -> None:
    async def story(stage: Stage) -> None:
        line = await stage.bound()
        line.deliver(deliver_body(receipt_text("30"), tlvs=odd))
        await stage.until(lambda: stage.ear.receipts)
        assert "30" in stage.ear.receipts[0].receipt.ids
        await stage.until(lambda: line.of(DELIVER_RESP))
        assert line.of(DELIVER_RESP)[0].status == 0

    play(story)


def test_case_31_what_nobody_can_read_is_refused_twice_then_taken_and_kept(caplog: pytest.LogCaptureFixture) -> None:
    async def story(stage: Stage) -> None:
        line = await stage.bound()
        for sequence in (1, 2, 3):
            line.send(raw(DELIVER, b"no field ends here", sequence=sequence))
            await stage.until(reaches(lambda: len(line.of(DELIVER_RESP)), sequence))
        assert [pdu.status for pdu in line.of(DELIVER_RESP)] == [RINVMSGLEN, RINVMSGLEN, 0]
        assert b"no field ends here".hex() in caplog.text
        assert "3 PDUs could not be read" in stage.link.gauge().note

    play(story)


@pytest.mark.parametrize("command_id", [0x111, 0x112, 0x113, 0x21, 0x0B0B, 0x7FFFFFF0])
def test_case_32_an_unknown_request_is_nacked_with_its_sequence_and_the_line_lives(command_id: int) -> None:
    async def story(stage: Stage) -> None:
        line = await stage.bound()
        line.send(raw(command_id, b"whatever", sequence=321))
        await stage.until(lambda: line.of(NACK))
        assert (line.of(NACK)[0].status, line.of(NACK)[0].sequence) == (RINVCMDID, 321)
        stage.link.submit(stride(outgoing()))
        await stage.until(lambda: stage.ear.results)

    play(story)


def test_case_33_any_sequence_in_a_request_is_echoed_and_each_is_answered() -> None:
    sequences = [0, 0x80000001, 0xFFFFFFFF, 5, 5]

    async def story(stage: Stage) -> None:
        line = await stage.bound()
        for sequence in sequences:
            line.send(
                raw(DELIVER, deliver_body(receipt_text("33")), sequence=sequence), raw(ENQUIRE, sequence=sequence)
            )
        await stage.until(lambda: len(line.of(DELIVER_RESP)) == len(sequences))
        assert [pdu.sequence for pdu in line.of(DELIVER_RESP)] == sequences
        assert [pdu.sequence for pdu in line.of(ENQUIRE | RESPONSE)] == sequences

    play(story)


def test_case_35_enquiries_are_answered_before_the_bind_too_and_a_flood_of_them_closes_the_line() -> None:
    async def story(stage: Stage) -> None:
        line = await stage.bound()
        assert [pdu.sequence for pdu in line.of(ENQUIRE | RESPONSE)] == [99]
        line.send(*[octets("enquire_link", sequence=number) for number in range(1, 1_500)])
        await stage.until(lambda: stage.reasons)
        assert "enquire_link_flood" in stage.reasons[0]

    def ask_first(line: Line, pdu: Seen) -> None:
        line.send(octets("enquire_link", sequence=99))
        operator.let_in(line, pdu)

    operator = Operator(on_bind=ask_first)
    play(story, operator=operator)


def test_case_36_a_days_backlog_at_once_stops_our_reading_until_it_is_committed() -> None:
    backlog = 6 * UNANSWERED_LIMIT

    async def story(stage: Stage) -> None:
        line = await stage.bound()
        body = deliver_body(receipt_text("36"))
        line.send(*[raw(DELIVER, body, sequence=number) for number in range(1, backlog + 1)])
        await stage.until(lambda: len(stage.ear.receipts) > UNANSWERED_LIMIT)
        for _ in range(100):
            await asyncio.sleep(0)
        # One read may go beyond the limit, no more.
        assert len(stage.ear.receipts) < 2 * UNANSWERED_LIMIT
        committed = 0

        def commit() -> bool:
            nonlocal committed
            for receipt in stage.ear.receipts[committed:]:
                receipt.ack()
            committed = len(stage.ear.receipts)
            return len(line.of(DELIVER_RESP)) == backlog

        await stage.until(commit)
        assert committed == backlog

    play(story, acks=False)


def test_case_43_a_submit_from_the_operator_is_nacked() -> None:
    async def story(stage: Stage) -> None:
        line = await stage.bound()
        line.send(
            octets(
                "submit_sm",
                sequence=55,
                source_addr="1",
                destination_addr="919810000000",
                short_message=b"x",
                service_type="",
            )
        )
        await stage.until(lambda: line.of(NACK))
        assert (line.of(NACK)[0].status, line.of(NACK)[0].sequence) == (RINVCMDID, 55)
        assert (stage.ear.receipts, line.is_open) == ([], True)

    play(story)


@pytest.mark.parametrize("text", [b"my id: is fine", b"stat: all is well", b"id please and stat please"])
def test_case_45_a_persons_text_that_looks_like_a_receipt_is_none(text: bytes) -> None:
    async def story(stage: Stage) -> None:
        line = await stage.bound()
        line.deliver(deliver_body(text, esm=0), deliver_body(receipt_text("45")))
        await stage.until(lambda: stage.ear.receipts)
        assert [incoming.receipt.ids for incoming in stage.ear.receipts] == [("45",)]

    play(story)
