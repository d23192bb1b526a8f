"""One connection to the simulated operator: the server's side of kernel.smpp.session."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, cast

from kernel.smpp.bulk import pack_delivers
from kernel.smpp.constants import BindKind, CommandId, CommandStatus, Tag, command_name
from kernel.smpp.events import (
    Closed,
    LinkDead,
    Malformed,
    PeerUnbound,
    ProtocolFault,
    Request,
    Results,
    Submits,
    TimedOut,
)
from kernel.smpp.liveness import Timers
from kernel.smpp.pdu import Bind, BindResp, DataSmResp, GenericNack, Other, SubmitSmResp, UnbindResp
from kernel.smpp.plain_submits import PlainSubmit
from kernel.smpp.session import Session
from kernel.smpp.states import Role, State
from kernel.smpp.tlv import int_tlv
from routing.smsc.behaviour import ONCE_STATUS, Behaviour, Once
from routing.smsc.centre import Centre, Due

log: Final = logging.getLogger(__name__)

_ROK: Final = 0
# Why a stranger's octets are no SMPP, for the log (docs/rules.md#refusals-by-operators).
_FAULTS: Final = {
    "http": "it speaks HTTP; the control port answers HTTP, this port speaks SMPP",
    "tls": "it begins a TLS handshake; this port is plain SMPP",
    "invalid_length": "its first four octets are no length of an SMPP PDU",
}
_TEMPORARY: Final = frozenset(map(int, (CommandStatus.RMSGQFUL, CommandStatus.RTHROTTLED, CommandStatus.RX_T_APPN)))

Answer = tuple[int, int, bytes]


class Connection(asyncio.Protocol):
    """Never raises for what the peer sends: it answers, or says in the log why it closes."""

    def __init__(self, centre: Centre, connections: set[Connection]) -> None:
        self._centre = centre
        self._connections = connections
        self._loop = asyncio.get_running_loop()
        self._session: Session[Due] = Session(
            Role.SMSC,
            window=centre.settings.receipt_window,
            timers=Timers.server(),
            now=self._loop.time(),
            in_bulk=True,
        )
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._peer = "?"
        self._system_id = ""
        self._submits = 0
        self._answers: list[Answer] = []
        self._usual: list[Due] = []
        self._cut = False
        self._handlers: dict[type, Callable[[Any], None]] = {
            Submits: self._submitted,
            Request: self._requested,
            Results: self._acknowledged,
            TimedOut: lambda event: centre.send_again(event.keys),
            Malformed: self._malformed,
            PeerUnbound: lambda event: self._write(self._session.respond(UnbindResp(sequence=event.sequence))),
            ProtocolFault: self._fault,
            LinkDead: lambda event: log.info("%s: closed: %s", self._peer, event.reason),
            Closed: self._session_closed,
        }

    # -- receipts, called by the centre

    @property
    def receipt_room(self) -> int:
        return self._session.room if self._session.state in (State.BOUND_RX, State.BOUND_TRX) else 0

    def send_receipts(self, receipts: list[Due]) -> None:
        """One write for all."""
        sequences = self._session.reserve(receipts, self._loop.time())
        self._write(pack_delivers(sequences, [receipt.body for receipt in receipts]))
        self._centre.counters.receipts_sent += len(receipts)

    def cut(self) -> None:
        """End the connection without unbinding; what is unanswered stays so."""
        self._centre.counters.disconnects += 1
        self._cut = True
        if self._centre.journal is not None:
            self._centre.journal.cut()
        if self._transport is not None:
            self._transport.abort()

    # -- asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        address = transport.get_extra_info("peername") or ("?", 0)
        self._peer = f"{address[0]}:{address[1]}"
        self._centre.counters.connections += 1
        self._connections.add(self)
        self._arm()

    def data_received(self, data: bytes) -> None:
        if self._cut:
            return
        self._session.receive_data(data, self._loop.time())
        self._handle_events()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        self._session.connection_lost()
        self._handle_events()
        self._transport = None

    def _arm(self) -> None:
        self._timer = self._loop.call_later(1.0, self._poll)

    def _poll(self) -> None:
        self._session.window = self._centre.settings.receipt_window
        for octets in self._session.poll(self._loop.time()):
            self._write(octets)
        self._handle_events()
        if not self._session.is_closed:
            self._arm()

    def _flush(self) -> None:
        answers, self._answers = self._answers, []
        if self._usual:
            usual, self._usual = self._usual, []
            self._centre.plan(usual, self._centre.settings.receipt_delay_ms / 1000)
        if self._cut:
            return
        delay_s = self._centre.settings.answer_delay_ms / 1000
        if answers and delay_s:
            self._loop.call_later(delay_s, self._answer, answers)
            answers = []
        octets = self._session.answer_submits(answers) if answers else b""
        self._write(self._session.data_to_send() + octets)

    def _answer(self, answers: list[Answer]) -> None:
        if not self._cut and not self._session.is_closed:
            self._write(self._session.answer_submits(answers))

    # -- events of the session

    def _handle_events(self) -> None:
        for event in self._session.events():
            handler = self._handlers.get(type(event))
            if handler is not None and not (self._cut and type(event) in (Request, Submits)):
                handler(event)

    def _submitted(self, event: Submits) -> None:
        for submit in event.submits:
            if self._cut:
                return
            self._submit(submit)

    def _requested(self, event: Request) -> None:
        pdu = event.pdu
        if isinstance(pdu, Bind):
            self._bind(pdu)
        elif pdu.command_id == CommandId.DATA_SM:
            self._write(self._session.respond(DataSmResp(sequence=pdu.sequence, status=CommandStatus.RINVCMDID)))
        else:
            # query_sm, cancel_sm: many real centres do not offer them either.
            response = Other(pdu.command_id | 0x80000000, pdu.sequence, int(CommandStatus.RINVCMDID))
            self._write(self._session.respond(response))

    def _bind(self, pdu: Bind) -> None:
        wanted = self._centre.credentials
        status = _ROK
        if wanted is not None and pdu.system_id != wanted[0]:
            status = int(CommandStatus.RINVSYSID)
        elif wanted is not None and pdu.password != wanted[1]:
            status = int(CommandStatus.RINVPASWD)
        version = int_tlv(Tag.SC_INTERFACE_VERSION, 0x34, 1)
        self._write(
            self._session.respond(
                BindResp(tlvs=(version,), sequence=pdu.sequence, status=status, kind=pdu.kind, system_id="DAKIYA-SMSC")
            )
        )
        if status:
            self._centre.counters.binds_refused += 1
            log.warning("%s: bind of %r refused, status 0x%02X", self._peer, pdu.system_id, status)
            return
        self._system_id = pdu.system_id
        self._centre.counters.binds += 1
        log.info("%s: %s bound as %s", self._peer, pdu.system_id, pdu.kind.name.lower())
        if pdu.kind is not BindKind.TRANSMITTER:
            account = self._centre.account(self._system_id)
            account.receivers.append(self)
            self._loop.call_soon(self._centre.pump, account)

    def _submit(self, submit: PlainSubmit) -> None:
        centre, settings = self._centre, self._centre.settings
        centre.counters.submits += 1
        self._submits += 1
        if settings.disconnect_every and self._submits % settings.disconnect_every == 0:
            centre.keep(self._system_id, "", _ROK, "disconnected instead of an answer", submit.frame)
            self._flush()
            self.cut()
        elif settings.silent:
            centre.counters.unanswered += 1
            centre.keep(self._system_id, "", _ROK, "silent: swallowed", submit.frame)
        elif settings.queue_full:
            self._refuse(submit, int(CommandStatus.RMSGQFUL), "queue full")
        elif centre.is_too_fast():
            centre.counters.throttled += 1
            self._refuse(submit, int(CommandStatus.RTHROTTLED), "throttled")
        else:
            self._behave(submit, centre.decide(submit.destination_addr.decode("latin-1")))

    def _behave(self, submit: PlainSubmit, behaviour: Behaviour) -> None:
        status = behaviour.status or (ONCE_STATUS.get(behaviour.once, _ROK) if behaviour.once else _ROK)
        if behaviour.once is Once.DISCONNECT:
            self._centre.keep(self._system_id, "", _ROK, behaviour.summary, submit.frame)
            self._flush()
            self.cut()
        elif status:
            self._refuse(submit, status, behaviour.summary)
        else:
            self._accept(submit, behaviour)

    def _accept(self, submit: PlainSubmit, behaviour: Behaviour) -> None:
        centre, settings = self._centre, self._centre.settings
        message_id, receipt_id = centre.ids.take(settings.id_notation)
        centre.counters.accepted += 1
        centre.keep(self._system_id, message_id, _ROK, behaviour.summary, submit.frame)
        if centre.journal is not None:
            centre.journal.taken(submit, is_answered=behaviour.is_answered)
        receipts = centre.receipts(self._system_id, receipt_id, submit, behaviour)
        if behaviour.is_before_response and receipts and self.receipt_room >= len(receipts):
            self.send_receipts(receipts)
        elif not behaviour.delay_s:
            self._usual += receipts
        elif receipts:
            centre.plan(receipts, settings.receipt_delay_ms / 1000 + behaviour.delay_s)
        if behaviour.is_answered:
            self._answers.append((submit.sequence, _ROK, message_id.encode("ascii")))
        else:
            centre.counters.unanswered += 1

    def _refuse(self, submit: PlainSubmit, status: int, summary: str) -> None:
        self._centre.counters.refused += 1
        self._centre.keep(self._system_id, "", status, summary, submit.frame)
        self._answers.append((submit.sequence, status, b""))

    def _acknowledged(self, event: Results[Due]) -> None:
        refused = [result.key for result in event.results if result.status in _TEMPORARY]
        self._centre.counters.receipts_acknowledged += len(event.results) - len(refused)
        if self._centre.journal is not None:
            for result in event.results:
                if result.status not in _TEMPORARY and result.key.is_receipt:
                    self._centre.journal.acknowledged(result.key.body)
        self._centre.send_again(refused)
        self._centre.pump(self._centre.account(self._system_id))

    def _malformed(self, event: Malformed) -> None:
        self._centre.counters.garbage += 1
        name = command_name(event.command_id)
        log.warning("%s: unreadable %s (%s): %s", self._peer, name, event.reason, event.frame[:64].hex())
        if event.command_id == CommandId.SUBMIT_SM:
            self._write(self._session.respond(SubmitSmResp(sequence=event.sequence, status=event.status)))
        else:
            self._write(self._session.respond(GenericNack(sequence=event.sequence, status=event.status)))

    def _fault(self, event: ProtocolFault) -> None:
        self._centre.counters.garbage += 1
        why = _FAULTS.get(event.reason, event.detail or event.reason)
        log.warning("%s: closed, this is no SMPP: %s (%s)", self._peer, why, event.detail or event.reason)

    def _session_closed(self, event: Closed[Due]) -> None:
        account = self._centre.account(self._system_id)
        if self in account.receivers:
            account.receivers.remove(self)
        # Nobody said they arrived: they come again, after those that wait already.
        self._centre.send_again(event.in_doubt, 0.0)
        self._flush()
        if self._transport is not None:
            self._transport.close()

    def _write(self, octets: bytes) -> None:
        if octets and self._transport is not None and not self._transport.is_closing():
            self._transport.write(octets)
