"""The half of a session that listens: what the peer's octets mean in the present state.

Split from `session` for its size; nobody but `Session` derives from it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, Final, Generic, cast

from kernel.smpp.codec import HEADER, decode, header_only, read_message_id
from kernel.smpp.constants import HEADER_SIZE, RESPONSE, BindKind, CommandId, CommandStatus
from kernel.smpp.errors import LocalProtocolError, RemoteProtocolError
from kernel.smpp.events import (
    BindRefused,
    Bound,
    Closed,
    Event,
    K,
    LateResult,
    Malformed,
    PeerUnbound,
    ProtocolFault,
    Receipts,
    Refused,
    Request,
    Response,
    Result,
    Results,
    Submits,
)
from kernel.smpp.framing import FrameSplitter
from kernel.smpp.liveness import Liveness, Timers
from kernel.smpp.outstanding import Outstanding
from kernel.smpp.pdu import NO_RESPONSE, Bind, BindResp, GenericNack, Other
from kernel.smpp.plain_receipts import PlainReceipt, read_plain_receipt
from kernel.smpp.plain_submits import PlainSubmit, read_plain_submit
from kernel.smpp.states import ACCEPTED, BULK_REQUEST, SIGNAL_OF_KIND, TRANSITIONS, Role, Signal, State, accepted_in
from kernel.smpp.tlv import Tlv

# Plain integers: looking a member up in its enum costs more than comparing, and this is asked of every PDU.
_GENERIC_NACK: Final = int(CommandId.GENERIC_NACK)
_ENQUIRE_LINK: Final = int(CommandId.ENQUIRE_LINK)
_UNBIND: Final = int(CommandId.UNBIND)
_BINDS: Final = frozenset(map(int, BindKind))
_NACKS_WITHOUT_SEQUENCE: Final = 3
_ABSENT: Final[Any] = object()  # Any: a default that no key can be
_NEW: Final = tuple.__new__


@dataclass(slots=True)
class Counters:
    """Oddities a session lived through, for metrics.

    `dropped`: responses to nothing we sent, repeated, or with the command of another request. `refused`: requests the
    session answered with an error. `enquiries`: how often we asked for life.
    """

    dropped: int = 0
    refused: int = 0
    nacks_without_sequence: int = 0
    enquiries: int = 0
    enquiries_answered: int = 0


class Receiver(Generic[K]):
    """State, events, and everything that comes in."""

    def __init__(
        self,
        role: Role,
        *,
        window: int,
        timers: Timers,
        now: float,
        first_sequence: int = 1,
        in_bulk: bool = False,
    ) -> None:
        self.role = role
        # What the other role sends in bulk.
        self._bulk_request = BULK_REQUEST[Role.SMSC if role is Role.ESME else Role.ESME] if in_bulk else 0
        self.state = State.OPEN
        self.counters = Counters()
        self.unanswered = 0
        """Requests of the peer handed to the owner and not yet answered: a reason to stop reading when it grows."""
        self._timers = timers
        self._splitter = FrameSplitter()
        self._outstanding: Outstanding[K] = Outstanding(window, timers.response, first_sequence, late=timers.late)
        self._liveness = Liveness(timers, now)
        self._events: deque[Event[K]] = deque()
        self._out: list[bytes] = []
        self._bulk_response = BULK_REQUEST[role] | RESPONSE
        self._bind: Bind | None = None
        self._peer_unbound = False
        self._accepted: frozenset[int] = frozenset()
        # The deadline of the present state: to bind, to answer our bind, to answer our unbind.
        self._state_deadline: float | None = now + timers.bind if role is Role.SMSC else None
        self._deadline_reason = "bind_timeout"

    @property
    def is_closed(self) -> bool:
        """Nothing is read or written any more; Closed has been told."""
        return self.state is State.CLOSED

    def receive_data(self, data: bytes, now: float) -> None:
        """Take octets from the socket in any cut. Never raises; what they mean comes as events."""
        if not self.is_closed:
            self._splitter.feed(data)
            self._read(now)

    def _read(self, now: float) -> None:
        results: list[Result[K]] = []
        requests: list[PlainReceipt | PlainSubmit] = []
        frames = 0
        try:
            for frame in self._splitter.frames():
                frames += 1
                _, command_id, status, sequence = HEADER.unpack_from(frame)
                if command_id == self._bulk_response:
                    self._receive_result(frame, status, sequence, results)
                    continue
                if command_id == self._bulk_request and self._take_plain(frame, sequence, requests):
                    continue
                # Order is kept: what came before is told before.
                self._flush(results, requests)
                self._receive(frame, command_id, status, sequence, now)
                if self.is_closed:
                    return
        except RemoteProtocolError as error:
            self._flush(results, requests)
            self._out.append(header_only(CommandId.GENERIC_NACK, error.status, 0))
            self._fail(error.reason, error.detail)
            return
        self._flush(results, requests)
        self._liveness.heard(now, whole_pdu=frames > 0, partial=self._splitter.buffered > 0)

    def _receive_result(self, frame: bytes, status: int, sequence: int, results: list[Result[K]]) -> None:
        """The answer to a bulk request: the hottest path of all."""
        key = self._outstanding.bulk.pop(sequence, _ABSENT)
        tlvs: tuple[Tlv, ...] = ()
        if frame.find(0, HEADER_SIZE) == len(frame) - 1:
            message_id = frame[HEADER_SIZE:-1].decode("latin-1")
        else:
            message_id, tlvs, _ = read_message_id(frame)
        if key is not _ABSENT:
            results.append(_NEW(Result, (key, status, message_id, tlvs)))
            return
        late = self._outstanding.match_late(sequence)
        if late is None:
            self.counters.dropped += 1
        else:
            self._events.append(LateResult(Result(late[0], status, message_id, tlvs)))

    def _take_plain(self, frame: bytes, sequence: int, requests: list[PlainReceipt | PlainSubmit]) -> bool:
        """False when the request has to be read and judged the long way."""
        if self._bulk_request not in self._accepted:
            return False
        read = read_plain_receipt if self.role is Role.ESME else read_plain_submit
        request = read(frame, sequence)
        if request is None:
            return False
        requests.append(request)
        return True

    def _flush(self, results: list[Result[K]], requests: list[PlainReceipt | PlainSubmit]) -> None:
        """Tell and empty both."""
        if results:
            self._events.append(Results(results.copy()))
            results.clear()
        if requests:
            self.unanswered += len(requests)
            told = cast("list[Any]", requests.copy())
            self._events.append(Receipts(told) if self.role is Role.ESME else Submits(told))
            requests.clear()

    def _receive(self, frame: bytes, command_id: int, status: int, sequence: int, now: float) -> None:
        """Anything but the answer to a bulk request."""
        if command_id in self._accepted:
            if command_id not in NO_RESPONSE:
                self.unanswered += 1
            self._hand_over(frame, command_id, sequence)
        elif command_id == _GENERIC_NACK:
            self._receive_nack(GenericNack(sequence, status))
        elif command_id & RESPONSE:
            self._receive_response(frame, command_id, status, sequence)
        elif command_id == _ENQUIRE_LINK:
            # Answered in every state, before the bind_resp too.
            if self._liveness.is_flood(now):
                self._fail("enquire_link_flood")
            else:
                self._out.append(header_only(CommandId.ENQUIRE_LINK_RESP, 0, sequence))
        elif command_id == _UNBIND:
            self._receive_unbind(sequence)
        elif command_id in _BINDS:
            self._receive_bind(frame, command_id, sequence)
        elif command_id in ACCEPTED[self.role]:
            self._refuse(command_id | RESPONSE, command_id, CommandStatus.RINVBNDSTS, sequence)
        else:
            self._refuse(_GENERIC_NACK, command_id, CommandStatus.RINVCMDID, sequence)

    def _receive_bind(self, frame: bytes, command_id: int, sequence: int) -> None:
        if self.role is Role.ESME:
            self._refuse(_GENERIC_NACK, command_id, CommandStatus.RINVCMDID, sequence)
        elif self.state is not State.OPEN:
            self._refuse(command_id | RESPONSE, command_id, CommandStatus.RALYBND, sequence)
        elif self._hand_over(frame, command_id, sequence):
            self._move(Signal.BIND_REQUESTED)

    def _hand_over(self, frame: bytes, command_id: int, sequence: int) -> bool:
        try:
            self._events.append(Request(decode(frame)))
        except RemoteProtocolError as error:
            self._events.append(Malformed(command_id, sequence, error.status, error.reason, frame))
            return False
        return True

    def _receive_unbind(self, sequence: int) -> None:
        if self._peer_unbound:
            # The owner is at it already; a repeat gets its own answer.
            self._out.append(header_only(CommandId.UNBIND_RESP, 0, sequence))
            return
        self._peer_unbound = True
        self._move(Signal.UNBIND_REQUESTED)
        self._events.append(PeerUnbound(sequence))

    def _receive_response(self, frame: bytes, command_id: int, status: int, sequence: int) -> None:
        if command_id == CommandId.ENQUIRE_LINK_RESP:
            self.counters.enquiries_answered += 1
            return  # any octet has already proved life
        if command_id == CommandId.UNBIND_RESP and self.state is State.UNBINDING:
            self._close(Signal.UNBOUND)
            return
        bind = self._bind
        if bind is not None and command_id == bind.kind | RESPONSE and sequence == bind.sequence:
            self._bind_answered(status, frame)
            return
        single = self._outstanding.match_single(command_id, sequence)
        if single is None:
            self.counters.dropped += 1
            return
        try:
            pdu = decode(frame)
        except RemoteProtocolError:
            # The request is answered, whatever the body was meant to be.
            pdu = Other(command_id, sequence, status, frame[HEADER_SIZE:])
        self._events.append(Response(single.key, pdu))

    def _bind_answered(self, status: int, frame: bytes | None) -> None:
        bind, self._bind = self._bind, None
        if bind is None or self.state is not State.BINDING:
            self.counters.dropped += 1
            return
        self._state_deadline = None
        pdu = None if frame is None else decode(frame)
        if status or not isinstance(pdu, BindResp):
            self._move(Signal.BIND_REFUSED)
            self._events.append(BindRefused(status))
        else:
            self._move(SIGNAL_OF_KIND[bind.kind])
            self._events.append(Bound(pdu))

    def _receive_nack(self, nack: GenericNack) -> None:
        if self._bind is not None and nack.sequence == self._bind.sequence:
            # Old centres refuse a kind of bind they do not know like this.
            self._bind_answered(nack.status or CommandStatus.RINVCMDID, None)
            return
        found = self._outstanding.match_nack(nack.sequence)
        if found is not None:
            self._events.append(Response(found[0], nack))
            return
        self.counters.dropped += 1
        if nack.sequence == 0:
            # It may refuse any of ours; after some of them nothing on this link can be trusted.
            self.counters.nacks_without_sequence += 1
            if self.counters.nacks_without_sequence >= _NACKS_WITHOUT_SEQUENCE:
                self._fail("nack_storm", f"{_NACKS_WITHOUT_SEQUENCE} generic_nacks without our sequence")

    def _refuse(self, response_id: int, command_id: int, status: int, sequence: int) -> None:
        if command_id in NO_RESPONSE:
            return
        self.counters.refused += 1
        self._out.append(header_only(response_id, status, sequence))
        self._events.append(Refused(command_id, sequence, status))

    def _move(self, signal: Signal) -> None:
        state = TRANSITIONS[self.state].get(signal)
        if state is None:
            raise LocalProtocolError(f"{signal.value} is impossible in state {self.state.value}")
        self.state = state
        self._accepted = accepted_in(self.role, state)

    def _fail(self, reason: str, detail: str = "") -> None:
        self._events.append(ProtocolFault(reason, detail))
        self._close(Signal.LOST)

    def _close(self, signal: Signal) -> None:
        self._move(signal)
        self._state_deadline = None
        self._events.append(Closed(self._outstanding.drain()))
