"""An operator that does what a test tells it, right or wrong, over a real socket.

Independent of this project's codec: PDUs are made and read by smpplib where it can, and by `struct` where a PDU has to
be one that no honest library makes.
"""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from smpplib import smpp

HEADER: Final = struct.Struct(">IIII")
RESPONSE: Final = 0x80000000
NACK: Final = 0x80000000
BIND_TRX: Final = 0x09
BIND_KINDS: Final = frozenset({0x01, 0x02, 0x09})
SUBMIT: Final = 0x04
DELIVER: Final = 0x05
UNBIND: Final = 0x06
ENQUIRE: Final = 0x15
DATE: Final = "2611230915"


class _Client:
    """What smpplib asks of its client when it makes a request."""

    sequence = 0

    def next_sequence(self) -> int:
        return self.sequence


def octets(command: str, *, status: int = 0, sequence: int = 0, **fields: Any) -> bytes:
    """A PDU that smpplib makes."""
    pdu = smpp.make_pdu(command, client=_Client(), **fields)
    pdu.status, pdu.sequence = status, sequence
    return bytes(pdu.generate())


def raw(command_id: int, body: bytes = b"", *, status: int = 0, sequence: int = 1, length: int | None = None) -> bytes:
    """A PDU by hand; `length` may lie."""
    return HEADER.pack(16 + len(body) if length is None else length, command_id, status, sequence) + body


def tlv(tag: int, value: bytes, length: int | None = None) -> bytes:
    return struct.pack(">HH", tag, len(value) if length is None else length) + value


def deliver_body(
    text: bytes, *, source: bytes = b"919810000000", esm: int = 4, destination: bytes = b"ACMEIN", tlvs: bytes = b""
) -> bytes:
    """The mandatory part of a deliver_sm and what follows it."""
    head = b"\0" + b"\1\1" + source + b"\0" + b"\5\0" + destination + b"\0"
    return head + bytes((esm, 0, 0)) + b"\0\0" + b"\0\0\0\0" + bytes((len(text),)) + text + tlvs


def receipt_text(ident: str, stat: str = "DELIVRD", *, err: str = "000", date: str = DATE) -> bytes:
    return f"id:{ident} sub:001 dlvrd:001 submit date:{date} done date:{date} stat:{stat} err:{err} text:".encode(
        "latin-1"
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """One PDU of ours, as it lay on the wire."""

    command_id: int
    status: int
    sequence: int
    body: bytes

    @property
    def pdu(self) -> Any:
        """As smpplib reads it; without TLVs, of which it knows too few."""
        octets = HEADER.pack(16 + len(self.body), self.command_id, self.status, self.sequence) + self.body
        return smpp.parse_pdu(octets, client=_Client(), allow_unknown_opt_params=True)

    @property
    def recipient(self) -> str:
        """destination_addr of a submit_sm."""
        return self.fields[6].decode()

    @property
    def fields(self) -> list[bytes]:
        """The mandatory part of a submit_sm, field by field, in the order of the specification."""
        found, at = [], 0
        for width in (0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1):
            end = at + width if width else self.body.index(b"\0", at)
            found.append(self.body[at:end])
            at = end + (not width)
        length = self.body[at]
        found.append(self.body[at + 1 : at + 1 + length])
        found.append(self.body[at + 1 + length :])
        return found

    @property
    def text(self) -> bytes:
        return self.fields[16]

    @property
    def tlvs(self) -> bytes:
        return self.fields[17]


class Line(asyncio.Protocol):
    """One connection of ours, from the operator's side."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self._buffer = b""
        self.transport: asyncio.Transport | None = None
        self.seen: list[Seen] = []
        self.is_open = False
        self.began = asyncio.get_running_loop().time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.is_open = True
        self._operator.lines.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= 16:
            length, command_id, status, sequence = HEADER.unpack_from(self._buffer)
            if len(self._buffer) < length:
                return
            pdu = Seen(command_id, status, sequence, self._buffer[16:length])
            self._buffer = self._buffer[length:]
            self.seen.append(pdu)
            self._operator.react(self, pdu)

    def of(self, command_id: int) -> list[Seen]:
        return [pdu for pdu in self.seen if pdu.command_id == command_id]

    @property
    def submits(self) -> list[Seen]:
        return self.of(SUBMIT)

    def send(self, *pdus: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(b"".join(pdus))

    def answer(self, submit: Seen, ident: str = "", status: int = 0, tlvs: bytes = b"") -> None:
        body = ident.encode("latin-1") + b"\0" + tlvs
        self.send(raw(SUBMIT | RESPONSE, body, status=status, sequence=submit.sequence))

    def deliver(self, *bodies: bytes, first: int = 1_000) -> None:
        self.send(*[raw(DELIVER, body, sequence=first + number) for number, body in enumerate(bodies)])

    def hang_up(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def reset(self) -> None:
        if self.transport is not None:
            self.transport.abort()


React = Callable[[Line, Seen], None]


@dataclass
class Operator:
    """Answers binds, submits and enquire_links as an honest one would, until a test puts something in the place.

    `on_submit` and the others are called instead of the honest answer.
    """

    on_bind: React | None = None
    on_submit: React | None = None
    on_enquire: React | None = None
    on_unbind: React | None = None
    lines: list[Line] = field(default_factory=list)
    ids: int = 0
    port: int = 0
    _server: asyncio.Server | None = None

    async def start(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Line(self), host, port, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for line in self.lines:
            line.reset()
        if self._server is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._server.wait_closed(), 1)

    def react(self, line: Line, pdu: Seen) -> None:
        if pdu.command_id in BIND_KINDS:
            (self.on_bind or self.let_in)(line, pdu)
        elif pdu.command_id == SUBMIT:
            (self.on_submit or self.take)(line, pdu)
        elif pdu.command_id == ENQUIRE:
            (self.on_enquire or self.live)(line, pdu)
        elif pdu.command_id == UNBIND:
            (self.on_unbind or self.part)(line, pdu)

    def let_in(self, line: Line, pdu: Seen) -> None:
        line.send(raw(pdu.command_id | RESPONSE, b"operator\0", sequence=pdu.sequence))

    def take(self, line: Line, pdu: Seen) -> None:
        self.ids += 1
        line.answer(pdu, str(self.ids))

    def live(self, line: Line, pdu: Seen) -> None:
        line.send(octets("enquire_link_resp", sequence=pdu.sequence))

    def part(self, line: Line, pdu: Seen) -> None:
        line.send(octets("unbind_resp", sequence=pdu.sequence))

    def ignore(self, line: Line, pdu: Seen) -> None:
        """For what is not to be answered."""

    # -- looking

    @property
    def line(self) -> Line:
        """The newest connection."""
        return self.lines[-1]

    @property
    def submits(self) -> list[Seen]:
        return [pdu for line in self.lines for pdu in line.submits]

    @property
    def binds(self) -> int:
        return sum(len(line.of(kind)) for line in self.lines for kind in BIND_KINDS)

    def recipients(self) -> list[str]:
        return [pdu.recipient for pdu in self.submits]


def refusing(status: int, recipients: Iterable[str] = ()) -> React:
    """Refuse submits, all or those to some recipients."""
    chosen = frozenset(recipients)

    def react(line: Line, pdu: Seen) -> None:
        if not chosen or pdu.recipient in chosen:
            line.answer(pdu, "", status)
        else:
            line.answer(pdu, f"ok{pdu.sequence}")

    return react
