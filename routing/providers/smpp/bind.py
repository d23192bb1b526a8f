"""One connection to an operator: a thin asyncio shell around kernel.smpp.session, which knows the protocol."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, Protocol, cast

from kernel.smpp.constants import BindKind, CommandStatus, status_name
from kernel.smpp.events import (
    BindRefused,
    Bound,
    Closed,
    LateResult,
    LinkDead,
    Malformed,
    PeerUnbound,
    ProtocolFault,
    Receipts,
    Request,
    Response,
    Result,
    Results,
    TimedOut,
)
from kernel.smpp.liveness import Timers
from kernel.smpp.pdu import Bind as BindPdu
from kernel.smpp.pdu import DataSm, DataSmResp, DeliverSm, DeliverSmResp, UnbindResp
from kernel.smpp.receipts import parse_receipt
from kernel.smpp.session import Session
from kernel.smpp.states import Role, State
from kernel.smpp.status_map import IN_DOUBT, Action, action_for_nack
from kernel.smpp.texts import read_text
from routing.contract import UNREADABLE_OCTETS, IncomingMessage, IncomingReceipt, Unreadable
from routing.pace import BackOff
from routing.providers.smpp.packing import PartKey, Row

log: Final = logging.getLogger(__name__)

# Receipts taken and not yet committed by the dispatcher: above it the operator has to wait.
UNANSWERED_LIMIT: Final = 5_000
# A receipt nobody can read is refused twice; then it is taken, for it would block the operator's queue for ever.
UNREADABLE_TRIES: Final = 2
# Different ones of which a line remembers how often they came; an operator may send others for as long as it lives.
UNREADABLE_KEPT: Final = 1_000
# Octets of an unreadable PDU that the log keeps: its header; behind it are numbers and texts.
EVIDENCE: Final = 16
# The log has one of them in so long, and how many there were.
EVIDENCE_EVERY_S: Final = 60.0
# So many submits without an answer, one after the other, and nothing on this connection is believed any more.
UNANSWERED_IN_A_ROW: Final = 3
# A full socket is usual for moments; longer, and nothing more is given to it.
BLOCKED_S: Final = 0.5
# So many enquire_links must be unanswered on a line that lives before it is worth a word.
ENQUIRIES: Final = 2
_NEW: Final = tuple.__new__


class Owner(Protocol):
    """What a bind tells its link."""

    def on_answers(self, bind: Bind, results: Sequence[Result[PartKey]]) -> None: ...
    def on_lost(self, keys: Sequence[PartKey], action: Action, detail: str = "") -> None: ...
    def on_nack(self, bind: Bind, key: PartKey, status: int, action: Action) -> None: ...
    def on_receipts(self, receipts: list[IncomingReceipt]) -> None: ...
    def on_messages(self, messages: list[IncomingMessage]) -> None: ...
    def on_unreadable(self, pdu: Unreadable) -> None: ...
    def on_bound(self, bind: Bind) -> None: ...
    def on_writable(self) -> None: ...


class Bind(asyncio.Protocol):
    """Lives from connect to close; `closed` is done when nothing more will come, with the reason."""

    def __init__(
        self, owner: Owner, number: int, request: BindPdu, window: int, timers: Timers, blocked_write_s: float
    ) -> None:
        self._owner = owner
        self.number = number
        self._request = request
        self._loop = asyncio.get_running_loop()
        self._session: Session[PartKey] = Session(
            Role.ESME, window=window, timers=timers, now=self._loop.time(), in_bulk=True
        )
        self._transport: asyncio.Transport | None = None
        self._receipts: list[IncomingReceipt] = []
        self._messages: list[IncomingMessage] = []
        self._acks: list[int] = []
        self._reading = True
        self._unreadable: Counter[bytes] = Counter()
        self._reason = ""
        self.is_leaving = False
        self.back_off = BackOff()
        self.bound_at: float | None = None
        self.unreadable = 0
        self._unreadable_told_at: float | None = None
        self._blocked_write_s = blocked_write_s
        self._blocked_from: float | None = None
        self._unanswered_in_a_row = 0
        self.refused_with: int | None = None
        self.answered = 0
        self.closed: asyncio.Future[str] = self._loop.create_future()
        self._handlers: dict[type, Callable[[Any], None]] = {
            Results: lambda event: self._answers(event.results),
            LateResult: lambda event: self._answers([event.result]),
            Receipts: self._receipted,
            Request: self._requested,
            Response: self._nacked,
            TimedOut: self._timed_out,
            Malformed: self._malformed,
            Bound: self._bound,
            BindRefused: self._bind_refused,
            PeerUnbound: self._peer_unbound,
            ProtocolFault: lambda event: self._say(f"protocol fault: {event.reason} {event.detail}".rstrip()),
            LinkDead: lambda event: self._say(f"the line is dead: {event.reason}"),
            Closed: self._session_closed,
        }

    # -- for the link

    @property
    def sends(self) -> bool:
        """Whether submits go down this connection."""
        return self._request.kind is not BindKind.RECEIVER

    @property
    def is_bound(self) -> bool:
        return self._session.state.is_bound

    @property
    def room(self) -> int:
        """What may go down this connection now: nothing in a pause, or while the operator reads nothing."""
        if not self.sends or self.is_leaving:
            return 0
        if (self.back_off.until or self._blocked_from is not None) and self._has_to_wait(self._loop.time()):
            return 0
        return self._session.room

    def _has_to_wait(self, now: float) -> bool:
        is_blocked = self._blocked_from is not None and now - self._blocked_from >= BLOCKED_S
        return is_blocked or self.back_off.is_pausing(now)

    @property
    def has_window(self) -> bool:
        """Room, pauses aside."""
        return self.sends and not self.is_leaving and self._session.room > 0

    @property
    def complaint(self) -> str:
        """What is odd about a connection that works."""
        counters = self._session.counters
        if counters.enquiries >= ENQUIRIES and not counters.enquiries_answered:
            return "the operator does not answer enquire_link"
        return f"{self.unreadable} PDUs could not be read" if self.unreadable else ""

    @property
    def window(self) -> int:
        """Unanswered submits at once; a smaller one waits until enough are answered."""
        return self._session.window

    @window.setter
    def window(self, size: int) -> None:
        self._session.window = size

    @property
    def outstanding(self) -> int:
        return self._session.outstanding

    def submit(self, rows: Sequence[Row]) -> None:
        """All rows in one write; at most `room` of them."""
        self._write(self._session.submit_many(rows, self._loop.time()))

    def poll(self) -> None:
        """What is due: called every half second or so."""
        now = self._loop.time()
        if self._blocked_from is not None and now - self._blocked_from >= self._blocked_write_s:
            self.abort(f"the operator has read nothing for {self._blocked_write_s:g} s")
            return
        for octets in self._session.poll(now):
            self._write(octets)
        self._handle_events()

    def unbind(self) -> None:
        self._flush_acks()
        if self.is_bound:
            self._write(self._session.unbind(self._loop.time()))
        else:
            self.abort("closed by us")

    def part_if_idle(self) -> None:
        """A bind that is no longer wanted ends when all it sent is answered."""
        if self.is_leaving and self._session.state is not State.UNBINDING and not self.outstanding:
            self.unbind()

    def abort(self, reason: str) -> None:
        self._say(reason)
        self._session.connection_lost()
        self._handle_events()
        if self._transport is not None:
            self._transport.abort()

    # -- asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        # Every octet that cannot be written at once is told: pause_writing says since when the operator reads nothing.
        self._transport.set_write_buffer_limits(high=0)

    def begin(self) -> None:
        """Ask to bind: the first octets, once the peer is known to be the operator."""
        if not self._session.is_closed:
            self._write(self._session.send_bind(self._request, self._loop.time()))

    def pause_writing(self) -> None:
        self._blocked_from = self._loop.time()

    def resume_writing(self) -> None:
        self._blocked_from = None
        self._owner.on_writable()

    def data_received(self, data: bytes) -> None:
        self._session.receive_data(data, self._loop.time())
        self._write(self._session.data_to_send())
        self._handle_events()
        if self._receipts:
            receipts, self._receipts = self._receipts, []
            self._owner.on_receipts(receipts)
        if self._messages:
            messages, self._messages = self._messages, []
            self._owner.on_messages(messages)
        if self._reading and self._session.unanswered > UNANSWERED_LIMIT and self._transport is not None:
            self._reading = False
            self._transport.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._say(f"connection lost: {exc}" if exc else "the operator closed the connection")
        self._session.connection_lost()
        self._handle_events()
        self._transport = None

    # -- events of the session

    def _handle_events(self) -> None:
        for event in self._session.events():
            handler = self._handlers.get(type(event))
            if handler is not None:
                handler(event)

    def _answers(self, results: Sequence[Result[PartKey]]) -> None:
        self.answered += len(results)
        self._unanswered_in_a_row = 0
        self._owner.on_answers(self, results)

    def _bound(self, event: Bound) -> None:
        self.bound_at = self._loop.time()
        self._owner.on_bound(self)

    def _timed_out(self, event: TimedOut[PartKey]) -> None:
        self._unanswered_in_a_row += len(event.keys)
        self._owner.on_lost(event.keys, IN_DOUBT, "no answer in time")
        if self._unanswered_in_a_row >= UNANSWERED_IN_A_ROW:
            self.abort(f"{self._unanswered_in_a_row} submits in a row were not answered")

    def _receipted(self, event: Receipts) -> None:
        acknowledge = self._ack
        self._receipts += [
            _NEW(IncomingReceipt, (receipt, source, destination, partial(acknowledge, sequence)))
            for sequence, source, destination, receipt in event.receipts
        ]

    def _requested(self, event: Request) -> None:
        pdu = event.pdu
        if not isinstance(pdu, DeliverSm | DataSm):
            return  # alert_notification: nothing waits for it, nothing answers it
        receipt = parse_receipt(pdu)
        if receipt is not None:
            ack = partial(self._acknowledge, pdu) if isinstance(pdu, DataSm) else partial(self._ack, pdu.sequence)
            self._receipts.append(IncomingReceipt(receipt, pdu.source_addr, pdu.destination_addr, ack))
            return
        _, text = read_text(pdu.body, esm_class=pdu.esm_class, data_coding=pdu.data_coding)
        ack = partial(self._acknowledge, pdu)
        self._messages.append(IncomingMessage(pdu.source_addr, pdu.destination_addr, text, ack))

    def _acknowledge(self, pdu: DeliverSm | DataSm) -> None:
        response = DeliverSmResp if isinstance(pdu, DeliverSm) else DataSmResp
        self._write(self._session.respond(response(sequence=pdu.sequence)))
        self._read_on()

    def _ack(self, sequence: int) -> None:
        if not self._acks:
            # One write for all receipts of a commit.
            self._loop.call_soon(self._flush_acks)
        self._acks.append(sequence)

    def _flush_acks(self) -> None:
        acks, self._acks = self._acks, []
        if acks:
            self._write(self._session.acknowledge(acks))
        self._read_on()

    def _read_on(self) -> None:
        if not self._reading and self._session.unanswered <= UNANSWERED_LIMIT // 2 and self._transport is not None:
            self._reading = True
            self._transport.resume_reading()

    def _nacked(self, event: Response[PartKey]) -> None:
        status = getattr(event.pdu, "status", 0) or CommandStatus.RINVCMDID
        self._owner.on_nack(self, event.key, int(status), action_for_nack(status))

    def _malformed(self, event: Malformed) -> None:
        body = event.frame[16:]
        self._unreadable[body] += 1
        self.unreadable += 1
        gives_up = self._unreadable[body] > UNREADABLE_TRIES
        if len(self._unreadable) > UNREADABLE_KEPT:
            del self._unreadable[next(iter(self._unreadable))]
        self._log_unreadable(event)
        if gives_up:
            del self._unreadable[body]
            # The operator forgets it with our answer. The log may be all that has it, should this process end now.
            log.error("bind %s: taken unread, refused before: %s", self.number, event.frame[:UNREADABLE_OCTETS].hex())
        self._owner.on_unreadable(Unreadable(event.reason, event.frame[:UNREADABLE_OCTETS], len(event.frame), gives_up))
        response = DataSmResp if event.command_id == DataSm.command_id else DeliverSmResp
        self._write(self._session.respond(response(sequence=event.sequence, status=0 if gives_up else event.status)))

    def _log_unreadable(self, event: Malformed) -> None:
        now = self._loop.time()
        if self._unreadable_told_at is not None and now - self._unreadable_told_at < EVIDENCE_EVERY_S:
            return
        self._unreadable_told_at = now
        log.error(
            "bind %s: unreadable PDU (%s), %s octets, header %s; %s so far",
            self.number,
            event.reason,
            len(event.frame),
            event.frame[:EVIDENCE].hex(),
            self.unreadable,
        )

    def _bind_refused(self, event: BindRefused) -> None:
        self.refused_with = event.status
        self.abort(f"bind refused with {status_name(event.status)}")

    def _peer_unbound(self, event: PeerUnbound) -> None:
        self._say("the operator unbound")
        self._flush_acks()
        self._write(self._session.respond(UnbindResp(sequence=event.sequence)))

    def _session_closed(self, event: Closed[PartKey]) -> None:
        if event.in_doubt:
            self._owner.on_lost(event.in_doubt, IN_DOUBT, self._reason or "connection closed before the answer")
        self._write(self._session.data_to_send())
        if self._transport is not None:
            self._transport.close()
        if not self.closed.done():
            self.closed.set_result(self._reason or "closed")

    def _say(self, reason: str) -> None:
        # The first reason is the cause, the later ones are its consequences.
        self._reason = self._reason or reason

    def _write(self, octets: bytes) -> None:
        if octets and self._transport is not None and not self._transport.is_closing():
            self._transport.write(octets)
