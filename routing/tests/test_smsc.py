from __future__ import annotations

import asyncio
import json
import logging
import random
import struct
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from kernel.smpp.codec import decode, encode
from kernel.smpp.constants import BindKind, CommandId, CommandStatus
from kernel.smpp.framing import FrameSplitter
from kernel.smpp.message_ids import id_candidates, normalise_id
from kernel.smpp.pdu import Bind, BindResp, DeliverSm, GenericNack, Pdu, QuerySm, SubmitSm, SubmitSmResp
from kernel.smpp.receipts import ReceiptState
from routing.smsc.inspect import arrivals
from routing.smsc.journal import Journal, read
from routing.smsc.server import Simulator
from routing.smsc.settings import Settings, SettingsRefused
from routing.tests.builders import outgoing, stride
from routing.tests.stage import Stage, play


class Raw:
    """A client without manners: sends octets, reads PDUs."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._splitter = FrameSplitter()
        self._pdus: list[Pdu] = []

    @classmethod
    async def connect(cls, smsc: Simulator) -> Raw:
        raw = cls(*await asyncio.open_connection("127.0.0.1", smsc.port))
        OPEN.append(raw)
        return raw

    def send(self, octets: bytes) -> None:
        self._writer.write(octets)

    async def receive(self) -> Pdu | None:
        """The next PDU, None at the end of the connection."""
        while not self._pdus:
            data = await asyncio.wait_for(self._reader.read(65_536), 5)
            if not data:
                return None
            self._splitter.feed(data)
            self._pdus += [decode(frame) for frame in self._splitter.frames()]
        return self._pdus.pop(0)

    async def ask(self, pdu: Pdu) -> Pdu | None:
        self.send(encode(pdu))
        return await self.receive()

    def close(self) -> None:
        self._writer.transport.abort()


OPEN: Final[list[Raw]] = []


def serve(story: Callable[[Simulator], Awaitable[None]], **options: Any) -> None:
    async def run() -> None:
        smsc = Simulator(**options)
        await smsc.start()
        try:
            async with asyncio.timeout(20):
                await story(smsc)
        finally:
            while OPEN:
                OPEN.pop().close()
            await smsc.stop()

    asyncio.run(run())


async def http(smsc: Simulator, request: bytes) -> tuple[int, Any]:
    reader, writer = await asyncio.open_connection("127.0.0.1", smsc.control_port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


async def get(smsc: Simulator, path: str) -> tuple[int, Any]:
    return await http(smsc, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())


async def post(smsc: Simulator, path: str, body: bytes = b"") -> tuple[int, Any]:
    return await http(smsc, f"POST {path} HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


# -- strangers on the SMPP port


@pytest.mark.parametrize(
    ("octets", "word"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "TLS"),
        (b"\x00" * 16, "no length"),
        (b"\xff" * 5_000, "no length"),
        (b"hello there, is anybody listening?\r\n", "no length"),
    ],
)
def test_garbage_gets_a_nack_a_closed_connection_and_a_line_in_the_log(
    octets: bytes, word: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(smsc: Simulator) -> None:
        raw = await Raw.connect(smsc)
        raw.send(octets)
        answer = await raw.receive()
        assert isinstance(answer, GenericNack)
        assert answer.status == CommandStatus.RINVCMDLEN
        assert await raw.receive() is None
        assert await binds(smsc)

    with caplog.at_level(logging.WARNING, "routing.smsc"):
        serve(story)
    (line,) = [record.getMessage() for record in caplog.records]
    assert word in line
    assert "127.0.0.1" in line


async def binds(smsc: Simulator) -> bool:
    """Whether the server still serves."""
    raw = await Raw.connect(smsc)
    answer = await raw.ask(Bind(sequence=1, system_id="anybody"))
    return isinstance(answer, BindResp) and answer.status == 0


def test_a_broken_submit_is_refused_and_the_session_goes_on() -> None:
    async def story(smsc: Simulator) -> None:
        raw = await Raw.connect(smsc)
        await raw.ask(Bind(sequence=1, system_id="a", kind=BindKind.TRANSMITTER))
        raw.send(b"\0\0\0\x14\0\0\0\x04\0\0\0\0\0\0\0\x02abcd")
        answer = await raw.receive()
        assert isinstance(answer, SubmitSmResp)
        assert (answer.status, answer.sequence) == (CommandStatus.RINVMSGLEN, 2)
        good = await raw.ask(SubmitSm(sequence=3, destination_addr="919800000001", short_message=b"Hi"))
        assert isinstance(good, SubmitSmResp)
        assert good.status == 0

    serve(story)


def test_requests_it_does_not_offer_are_answered_so() -> None:
    async def story(smsc: Simulator) -> None:
        raw = await Raw.connect(smsc)
        await raw.ask(Bind(sequence=1, system_id="a"))
        answer = await raw.ask(QuerySm(sequence=2, message_id="1", source_addr="A"))
        assert answer is not None
        assert getattr(answer, "status", None) == CommandStatus.RINVCMDID
        assert answer.command_id == CommandId.QUERY_SM_RESP

    serve(story)


def test_a_submit_before_the_bind_is_refused() -> None:
    async def story(smsc: Simulator) -> None:
        raw = await Raw.connect(smsc)
        answer = await raw.ask(SubmitSm(sequence=1, destination_addr="919800000001"))
        assert getattr(answer, "status", None) == CommandStatus.RINVBNDSTS
        assert smsc.centre.counters.submits == 0

    serve(story)


@pytest.mark.parametrize(
    ("system_id", "password", "status"),
    [("me", "right", 0), ("me", "wrong", CommandStatus.RINVPASWD), ("you", "right", CommandStatus.RINVSYSID)],
)
def test_with_credentials_only_that_account_is_let_in(system_id: str, password: str, status: int) -> None:
    async def story(smsc: Simulator) -> None:
        raw = await Raw.connect(smsc)
        answer = await raw.ask(Bind(sequence=1, system_id=system_id, password=password))
        assert isinstance(answer, BindResp)
        assert answer.status == status

    serve(story, credentials=("me", "right"))


# -- behaviour by number


@pytest.mark.parametrize(
    ("suffix", "states"),
    [
        ("00", [ReceiptState.DELIVERED]),
        ("01", [ReceiptState.UNDELIVERED]),
        ("02", [ReceiptState.EXPIRED]),
        ("03", [ReceiptState.REJECTED]),
        ("04", [ReceiptState.UNKNOWN]),
        ("05", [ReceiptState.UNDELIVERED]),
        ("06", [ReceiptState.ENROUTE, ReceiptState.DELIVERED]),
        ("30", [ReceiptState.DELIVERED] * 2),
        ("32", [ReceiptState.DELIVERED] * 100),
        ("50", [ReceiptState.DELIVERED]),
        ("51", [ReceiptState.DELIVERED]),
    ],
)
def test_the_end_of_a_number_chooses_its_receipts(suffix: str, states: list[ReceiptState]) -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing(recipient=f"+9198009090{suffix}")))
        await stage.ear.until(lambda: len(stage.ear.receipts) == len(states))
        assert [incoming.receipt.state for incoming in stage.ear.receipts] == states

    play(story)


def test_a_receipt_can_come_before_the_response() -> None:
    async def story(smsc: Simulator) -> None:
        raw = await Raw.connect(smsc)
        await raw.ask(Bind(sequence=1, system_id="me"))
        raw.send(encode(SubmitSm(sequence=2, destination_addr="919800909031", registered_delivery=1)))
        first, second = await raw.receive(), await raw.receive()
        assert isinstance(first, DeliverSm)
        assert isinstance(second, SubmitSmResp)
        assert second.message_id.encode() in first.short_message

    serve(story)


def test_a_late_receipt_waits_for_its_seconds() -> None:
    async def story(stage: Stage) -> None:
        began = asyncio.get_running_loop().time()
        stage.link.submit(stride(outgoing(recipient="+919800909051")))
        await stage.settled(1)
        assert asyncio.get_running_loop().time() - began >= 1.0

    play(story)


@pytest.mark.parametrize("suffix", ["20", "21"])
def test_some_numbers_never_have_a_receipt(suffix: str) -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing(recipient=f"+9198009090{suffix}"), outgoing("other")))
        await stage.ear.until(lambda: stage.ear.receipts)
        assert stage.smsc.status()["receipts_planned"] == 0
        assert stage.smsc.centre.counters.submits == 2
        assert len(stage.ear.receipts) == 1

    play(story)


@pytest.mark.parametrize("suffix", ["40", "41", "42", "43"])
def test_a_fault_that_comes_once_lets_the_second_try_pass(suffix: str) -> None:
    async def story(stage: Stage) -> None:
        message = outgoing(recipient=f"+9198009090{suffix}")
        stage.link.submit(stride(message))
        await stage.ear.until(lambda: stage.ear.results)
        await stage.ear.until(lambda: stage.link.gauge().binds_up == 1)
        stage.link.submit(stride(message))
        await stage.ear.until(lambda: stage.ear.receipts)
        assert stage.ear.results[0].action is not None
        assert stage.ear.results[1].action is None

    play(story)


# -- settings


def test_outcomes_follow_the_ratio_and_repeat_with_the_seed() -> None:
    outcomes: list[list[ReceiptState]] = []

    async def story(stage: Stage) -> None:
        stage.link.submit(stride(*[outgoing(number, f"+91980000{number:04d}") for number in range(100)]))
        await stage.settled(100)
        by_number = sorted(stage.ear.receipts, key=lambda incoming: incoming.source)
        outcomes.append([incoming.receipt.state for incoming in by_number])

    for _ in range(2):
        play(story, settings=Settings(receipt_delay_ms=0, delivered_ratio=0.7))
    assert outcomes[0] == outcomes[1]
    assert 55 <= outcomes[0].count(ReceiptState.DELIVERED) <= 85


@pytest.mark.parametrize("notation", ["decimal", "hex", "hex_in_response"])
def test_ids_are_written_in_the_notation_and_can_be_matched(notation: str) -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing()))
        await stage.settled(1)
        answered, receipted = stage.ear.results[0].operator_id, stage.ear.receipts[0].receipt.ids[0]
        assert normalise_id(answered) in id_candidates(receipted)
        assert (answered == receipted) is (notation != "hex_in_response")

    play(story, settings=Settings(receipt_delay_ms=0, id_notation=notation))


def test_above_the_throttle_rate_submits_are_refused() -> None:
    async def story(stage: Stage) -> None:
        stage.change(throttle_rate=50)
        stage.link.submit(stride(*[outgoing(number) for number in range(100)]))
        await stage.ear.until(lambda: len(stage.ear.results) == 100)
        refused = [r for r in stage.ear.results if r.status == CommandStatus.RTHROTTLED]
        assert len(refused) == stage.smsc.centre.counters.throttled
        assert 80 <= len(refused) <= 95

    play(story)


def test_receipts_are_repeated_at_the_ratio() -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(*[outgoing(number) for number in range(10)]))
        await stage.ear.until(lambda: len(stage.ear.receipts) == 20)

    play(story, settings=Settings(receipt_delay_ms=0, duplicate_ratio=1.0))


@pytest.mark.parametrize(
    "changes",
    [
        {"nonsense": 1},
        {"delivered_ratio": 1.5},
        {"delivered_ratio": "all"},
        {"receipt_delay_ms": -1},
        {"queue_full": 1},
        {"throttle_rate": True},
        {"receipt_window": 0},
        {"id_notation": "roman"},
    ],
)
def test_settings_without_sense_are_refused_by_name(changes: dict[str, object]) -> None:
    with pytest.raises(SettingsRefused, match=next(iter(changes))):
        Settings().changed(changes)


# -- the control port


def test_the_control_port_counts_and_changes() -> None:
    async def story(smsc: Simulator) -> None:
        status, before = await get(smsc, "/")
        assert (status, before["counters"]["submits"], before["settings"]["queue_full"]) == (200, 0, False)
        status, changed = await post(smsc, "/settings", b'{"queue_full": true}')
        assert (status, changed["queue_full"]) == (200, True)
        await post(smsc, "/reset")
        assert not smsc.centre.settings.queue_full

    serve(story)


def test_arrivals_at_watched_destinations_are_kept_with_their_time() -> None:
    async def story(stage: Stage) -> None:
        stage.smsc.centre.watch("9170")
        stage.link.submit(stride(outgoing(1, "+917000000001"), outgoing(2, "+919800009170")))
        await stage.settled(2)
        ((at, destination),) = arrivals(stage.smsc.centre.arrivals, "9170")
        assert destination == "917000000001"
        assert abs(at - time.time()) < 60

    play(story)


@pytest.mark.parametrize(
    ("request_line", "body", "status", "word"),
    [
        ("GET /nowhere", b"", 404, "/messages"),
        ("DELETE /", b"", 405, "GET"),
        ("POST /settings", b"not json", 400, "JSON"),
        ("POST /settings", b"[1]", 422, "object"),
        ("POST /settings", b'{"silent": "yes"}', 422, "silent"),
        ("GET /messages?limit=0", b"", 422, "limit"),
        ("POST /arrivals?prefix=%2B91", b"", 422, "prefix"),
        ("POST /messages", b'{"from": "a b", "to": "1", "text": "x"}', 422, "from"),
        ("POST /messages", b'{"from": "1", "to": 2, "text": "x"}', 422, "to"),
        ("POST /messages", b'{"from": "1", "to": "2", "text": ""}', 422, "characters"),
        ("POST /messages", b'{"from": "1", "to": "2", "text": "\\ud800"}', 422, "cannot be sent"),
        ("POST /messages", b'{"from": "1", "to": "2", "text": "x", "system_id": 3}', 422, "system_id"),
    ],
)
def test_a_wrong_request_to_the_control_port_is_explained(
    request_line: str, body: bytes, status: int, word: str
) -> None:
    async def story(smsc: Simulator) -> None:
        head = f"{request_line} HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n"
        found, answer = await http(smsc, head.encode() + body)
        assert found == status
        assert word in answer["error"]

    serve(story)


@pytest.mark.parametrize(
    "octets", [b"\x00\x00\x00\x10\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"]
)
def test_garbage_on_the_control_port_is_answered_and_harms_nothing(octets: bytes) -> None:
    async def story(smsc: Simulator) -> None:
        status, answer = await http(smsc, octets)
        assert status == 400
        assert "SMPP" in answer["error"]
        assert (await get(smsc, "/"))[0] == 200

    serve(story)


def test_received_messages_are_shown_decoded_joined_and_newest_first() -> None:
    async def story(smsc: Simulator) -> None:
        raw = await Raw.connect(smsc)
        await raw.ask(Bind(sequence=1, system_id="me", kind=BindKind.TRANSMITTER))
        head = b"\x05\x00\x03\x07\x02"
        for number, text in ((2, " दुनिया"), (1, "नमस्ते")):
            body = head + bytes((number,)) + text.encode("utf-16-be")
            part = SubmitSm(esm_class=0x40, destination_addr="919800000001", data_coding=8, short_message=body)
            await raw.ask(replace(part, sequence=number + 1))
        await raw.ask(
            SubmitSm(((0x1400, b"1101\0"),), sequence=9, destination_addr="919800000002", short_message=b"\x00")
        )
        status, answer = await get(smsc, "/messages?limit=2")
        last, joined = answer["messages"]
        assert status == 200
        assert (last["text"], last["tlvs"][0]["name"]) == ("@", "dlt_entity_id")
        assert (joined["text"], [part["number"] for part in joined["parts"]]) == ("नमस्ते दुनिया", [1, 2])

    serve(story)


def test_every_connection_can_be_cut() -> None:
    async def story(smsc: Simulator) -> None:
        raw = await Raw.connect(smsc)
        await raw.ask(Bind(sequence=1, system_id="me"))
        assert (await post(smsc, "/disconnect"))[1] == {"disconnected": 1}
        assert await raw.receive() is None

    serve(story)


def test_receipts_wait_for_a_receiver_of_their_account() -> None:
    async def story(smsc: Simulator) -> None:
        sender, stranger = await Raw.connect(smsc), await Raw.connect(smsc)
        await sender.ask(Bind(sequence=1, system_id="me", kind=BindKind.TRANSMITTER))
        await stranger.ask(Bind(sequence=1, system_id="other"))
        submit = SubmitSm(sequence=2, destination_addr="919800000001", registered_delivery=1)
        await sender.ask(submit)
        late = await Raw.connect(smsc)
        await late.ask(Bind(sequence=1, system_id="me", kind=BindKind.RECEIVER))
        receipt = await late.receive()
        assert receipt is not None
        assert receipt.command_id == CommandId.DELIVER_SM
        assert smsc.centre.counters.receipts_sent == 1

    serve(story, settings=Settings(receipt_delay_ms=0))


def test_no_receipt_is_sent_that_nobody_asked_for() -> None:
    async def story(smsc: Simulator) -> None:
        raw = await Raw.connect(smsc)
        await raw.ask(Bind(sequence=1, system_id="me"))
        await raw.ask(SubmitSm(sequence=2, destination_addr="919800000001", registered_delivery=0))
        await raw.ask(SubmitSm(sequence=3, destination_addr="919800909001", registered_delivery=3))
        await raw.ask(SubmitSm(sequence=4, destination_addr="919800909000", registered_delivery=2))
        assert smsc.status()["receipts_planned"] == 0

    serve(story)


def test_a_taken_port_is_an_error_of_the_start() -> None:
    async def story(smsc: Simulator) -> None:
        with pytest.raises(OSError, match=r"in use"):
            await Simulator().start(port=smsc.port)

    serve(story)


def test_no_octets_whatsoever_end_the_server() -> None:
    chance = random.Random(7)

    async def story(smsc: Simulator) -> None:
        for number in range(200):
            raw = await Raw.connect(smsc)
            if number % 2:
                await raw.ask(Bind(sequence=1, system_id="me"))
            command = chance.choice([*CommandId, chance.getrandbits(32)])
            body = chance.randbytes(chance.randrange(60))
            raw.send(struct.pack(">IIII", 16 + len(body), command, chance.getrandbits(32), number) + body)
            raw.send(chance.randbytes(chance.randrange(100)))
        assert await binds(smsc)

    serve(story)


# -- the journal, and faults by chance


def test_the_journal_says_what_was_taken_acknowledged_and_cut(tmp_path: Path) -> None:
    path = tmp_path / "submits"

    async def story(stage: Stage) -> None:
        stage.smsc.centre.journal = Journal(path)
        long = outgoing("long", "+919820000001", "a" * 200)
        stage.link.submit(stride(long, outgoing("silent", "+919820909021"), outgoing("bad", "+919820909010")))
        await stage.ear.until(lambda: stage.smsc.centre.counters.receipts_acknowledged == 2)
        stage.smsc.disconnect()

    play(story)
    assert sorted(read(path)) == [
        ("+", "919820000001", 1),
        ("+", "919820000001", 2),
        ("-", "919820909021", 1),
        ("=", "919820000001", 1),
        ("=", "919820000001", 1),
        ("x", "-", 0),
    ]


def test_faults_by_chance_refuse_lose_answers_and_hurry_receipts() -> None:
    def outcomes(**ratio: Any) -> tuple[int, int, int]:
        counted: list[int] = []

        async def story(stage: Stage) -> None:
            stage.link.submit(stride(*[outgoing(n, f"+91980000{n:04d}") for n in range(20)]))
            await stage.ear.until(lambda: stage.smsc.centre.counters.submits == 20)
            counters = stage.smsc.centre.counters
            counted.extend((counters.refused, counters.unanswered, counters.receipts_sent))

        play(story, settings=Settings(receipt_delay_ms=60_000, **ratio))
        refused, unanswered, receipts = counted
        return refused, unanswered, receipts

    assert outcomes(error_ratio=1.0) == (20, 0, 0)
    assert outcomes(lost_answer_ratio=1.0) == (0, 20, 0)
    assert outcomes(early_ratio=1.0) == (0, 0, 20)


def test_an_answer_can_take_its_time() -> None:
    async def story(stage: Stage) -> None:
        began = asyncio.get_running_loop().time()
        stage.link.submit(stride(outgoing()))
        await stage.ear.until(lambda: stage.ear.results)
        assert asyncio.get_running_loop().time() - began >= 0.1

    play(story, settings=Settings(answer_delay_ms=100))
