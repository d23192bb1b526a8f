"""One SMPP session without socket, clock or log: octets and times go in, events and octets come out.

The owner feeds what its socket read into `receive_data`, takes `events`, writes what the sending methods return, and
calls `poll` when `next_deadline` has come. After either of the first and the last it also writes `data_to_send`:
answers the session gives by itself, to enquire_link and to requests that are unknown or come at the wrong time.
Everything else is answered by the owner, after its commit. Times are seconds of a monotonic clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Generic, NamedTuple

from kernel.smpp.bulk import pack_deliver_resps, pack_submit_resps, pack_submits
from kernel.smpp.codec import encode, header_only
from kernel.smpp.constants import RESPONSE, CommandId, command_name
from kernel.smpp.errors import LocalProtocolError
from kernel.smpp.events import Event, K, LinkDead, TimedOut
from kernel.smpp.liveness import Pulse
from kernel.smpp.pdu import NO_RESPONSE, Bind, BindResp, Pdu, UnbindResp
from kernel.smpp.receiving import Receiver
from kernel.smpp.states import BULK_REQUEST, REQUESTS, SIGNAL_OF_KIND, Role, Signal, State


class Submission(NamedTuple, Generic[K]):
    """One submit_sm for `submit_many`; `body` is what `bulk.submit_body` packs."""

    key: K
    body: bytes


class Session(Receiver[K]):
    """See the module; `K` is the type of the owner's keys.

    Sending methods raise LocalProtocolError when the state or the window forbids it or a value does not fit its field;
    then nothing is registered. What the peer sends never raises.
    """

    # -- window and events

    @property
    def room(self) -> int:
        """How many more requests the window takes; 0 unless bound."""
        return self._outstanding.room if self.state.is_bound else 0

    @property
    def window(self) -> int:
        """Requests of ours that may be unanswered at once; may be changed at any time."""
        return self._outstanding.window

    @window.setter
    def window(self, size: int) -> None:
        self._outstanding.window = size

    @property
    def outstanding(self) -> int:
        """Requests of ours without an answer."""
        return len(self._outstanding)

    def next_event(self) -> Event[K] | None:
        """The oldest event, None when there is none."""
        return self._events.popleft() if self._events else None

    def events(self) -> Iterator[Event[K]]:
        """All events there are, and those that come while iterating."""
        while self._events:
            yield self._events.popleft()

    def data_to_send(self) -> bytes:
        """Answers the session gave by itself since the last call; they go out before queued requests."""
        data = b"".join(self._out)
        self._out.clear()
        return data

    # -- requests

    def send_bind(self, bind: Bind, now: float) -> bytes:
        """Ask to bind (ESME); its sequence is set here. The answer is Bound or BindRefused."""
        if self.role is not Role.ESME or self.state is not State.OPEN:
            raise LocalProtocolError(f"cannot bind as {self.role.value} in state {self.state.value}")
        numbered = replace(bind, sequence=self._outstanding.take(1)[0])
        octets = encode(numbered)
        self._bind = numbered
        self._move(Signal.BIND_REQUESTED)
        self._wait_for("bind_timeout", now + self._timers.bind)
        return octets

    def send_request(self, pdu: Pdu, key: K, now: float) -> bytes:
        """Send one request of any kind this role may send; its sequence is set here.

        The answer comes as Response, or in Results for the role's bulk request. A request without a response
        (alert_notification) registers nothing.
        """
        command_id = pdu.command_id
        self._check_may_send(command_id)
        octets = encode(pdu)
        if command_id in NO_RESPONSE:
            sequence = self._outstanding.take(1)[0]
        elif command_id == BULK_REQUEST[self.role]:
            sequence = self._outstanding.add_bulk((key,), now)[0]
        else:
            sequence = self._outstanding.add_single(command_id | RESPONSE, key, now)
        return octets[:12] + sequence.to_bytes(4, "big") + octets[16:]

    def reserve(self, keys: Sequence[K], now: float) -> Sequence[int]:
        """Register bulk requests (submit_sm; deliver_sm of a centre) the owner packs itself: one sequence for each
        key."""
        self._check_may_send(BULK_REQUEST[self.role])
        return self._outstanding.add_bulk(keys, now)

    def submit_many(self, rows: Sequence[Submission[K]], now: float) -> bytes:
        """Number and register a stride of submit_sm (ESME), all or none."""
        if self.role is not Role.ESME:
            raise LocalProtocolError("submit_sm is sent by an ESME")
        sequences = self.reserve([key for key, _ in rows], now)
        return pack_submits(sequences, [body for _, body in rows])

    def unbind(self, now: float) -> bytes:
        """Ask to end. Requests outstanding may still be answered until the peer's unbind_resp or `Timers.unbind`."""
        if not self.state.is_bound:
            raise LocalProtocolError(f"cannot unbind in state {self.state.value}")
        self._move(Signal.UNBIND_REQUESTED)
        self._wait_for("unbind_timeout", now + self._timers.unbind)
        return header_only(CommandId.UNBIND, 0, self._outstanding.take(1)[0])

    # -- answers: empty once the session is closed, since a link may end while the owner commits

    def respond(self, pdu: Pdu) -> bytes:
        """Answer a Request, PeerUnbound or Malformed; the response carries the sequence of what it answers.

        A BindResp or UnbindResp moves the session.
        """
        if not pdu.command_id & RESPONSE:
            raise LocalProtocolError(f"{command_name(pdu.command_id)} is no response")
        if self.is_closed:
            return b""
        octets = encode(pdu)
        if isinstance(pdu, BindResp):
            self._answer_bind(pdu)
        elif isinstance(pdu, UnbindResp):
            self._close(Signal.UNBOUND)
        else:
            self.unanswered -= 1
        return octets

    def acknowledge(self, sequences: Sequence[int], status: int = 0) -> bytes:
        """deliver_sm_resp for each sequence, once what they brought is committed (ESME)."""
        self.unanswered -= len(sequences)
        return b"" if self.is_closed else pack_deliver_resps(sequences, status)

    def answer_submits(self, answers: Sequence[tuple[int, int, bytes]]) -> bytes:
        """submit_sm_resp for each (sequence, status, message_id), once the messages are committed (SMSC)."""
        self.unanswered -= len(answers)
        return b"" if self.is_closed else pack_submit_resps(answers)

    # -- time and the end

    def poll(self, now: float) -> list[bytes]:
        """Expire what is due and ask a silent peer: the octets to write, events besides."""
        if self.is_closed:
            return []
        keys = self._outstanding.expire(now)
        if keys:
            self._events.append(TimedOut(keys))
        if self._state_deadline is not None and now >= self._state_deadline:
            self._die(self._deadline_reason)
            return []
        pulse = self._liveness.check(now, may_ask=self.state.is_bound)
        if pulse is Pulse.ASK:
            self.counters.enquiries += 1
            # Outside the window: it must go out when the window is full and nothing comes back.
            return [header_only(CommandId.ENQUIRE_LINK, 0, self._outstanding.take(1)[0])]
        if pulse is not Pulse.FINE:
            self._die(pulse.value)
        return []

    def next_deadline(self) -> float | None:
        """When to call `poll` next, at the latest; None when closed or nothing is waited for."""
        if self.is_closed:
            return None
        times = (
            self._state_deadline,
            self._outstanding.next_deadline(),
            self._liveness.next_deadline(may_ask=self.state.is_bound),
        )
        return min((at for at in times if at is not None), default=None)

    def connection_lost(self) -> None:
        """The socket ended, after all it had was fed: Closed tells what is in doubt. Harmless when repeated."""
        if not self.is_closed:
            self._close(Signal.LOST)

    def _check_may_send(self, command_id: int) -> None:
        if self.state not in REQUESTS[self.role].get(command_id, ()):
            name, role = command_name(command_id), self.role.value
            raise LocalProtocolError(f"{name} is not for {role} in state {self.state.value}")

    def _answer_bind(self, pdu: BindResp) -> None:
        if pdu.status == 0:
            self._move(SIGNAL_OF_KIND[pdu.kind])
            self._state_deadline = None
        elif self.state is State.BINDING:  # a Malformed bind never left OPEN
            self._move(Signal.BIND_REFUSED)

    def _wait_for(self, reason: str, deadline: float) -> None:
        self._deadline_reason, self._state_deadline = reason, deadline

    def _die(self, reason: str) -> None:
        self._events.append(LinkDead(reason))
        self._close(Signal.LOST)
