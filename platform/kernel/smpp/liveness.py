"""Timers of a session (SMPP 3.4 section 7.2): is the peer alive, is it flooding us, does a PDU trickle in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


@dataclass(frozen=True, slots=True)
class Timers:
    """Seconds. The defaults are those of a bind to an operator; `Timers.server()` those of a centre's side.

    `bind`: ESME, for the bind_resp; SMSC, for the peer to bind. `response`: for the answer to a request.
    `enquire_link`: of silence until we ask, `enquire_link_resp` for the answer, `misses` in a row until the link is
    dead. `inactivity`: without any PDU, None for no limit. `pdu`: for one PDU to arrive whole. `unbind`: for the
    unbind_resp. `late`: how long an answer is awaited after its time-out.
    """

    bind: float = 30.0
    response: float = 30.0
    enquire_link: float = 20.0
    enquire_link_resp: float = 10.0
    misses: int = 2
    inactivity: float | None = None
    pdu: float = 30.0
    unbind: float = 5.0
    late: float = 300.0

    @classmethod
    def server(cls) -> Timers:
        """For connections of customers: 10 s to bind, asked after a minute, closed after 15 minutes without a PDU."""
        return cls(bind=10.0, enquire_link=60.0, inactivity=900.0)


class Pulse(Enum):
    """What `Liveness.check` found."""

    FINE = "fine"
    ASK = "ask"
    NO_ANSWER = "no_answer"
    INACTIVE = "inactive"
    SLOW_PDU = "slow_pdu"


FLOOD_LIMIT: Final = 1_000
"""enquire_links in one second that make a peer a nuisance: each of them costs an answer."""


class Liveness:
    """Any received octet proves life, so a peer that answers submits but not enquire_link is never given up."""

    __slots__ = ("_asked_at", "_asks", "_flood", "_flood_from", "_heard_at", "_partial_from", "_pdu_at", "_timers")

    def __init__(self, timers: Timers, now: float) -> None:
        self._timers = timers
        self._heard_at = now
        self._pdu_at = now
        self._asked_at: float | None = None
        self._asks = 0
        self._partial_from: float | None = None
        self._flood = 0
        self._flood_from = now

    def heard(self, now: float, *, whole_pdu: bool, partial: bool) -> None:
        """Octets came: with a whole PDU among them or not, leaving a partial one behind or not."""
        self._heard_at = now
        self._asked_at, self._asks = None, 0
        if whole_pdu:
            self._pdu_at = now
        if not partial:
            self._partial_from = None
        elif whole_pdu or self._partial_from is None:
            self._partial_from = now

    def is_flood(self, now: float) -> bool:
        """Count an enquire_link; True when there are too many of them."""
        if now - self._flood_from >= 1.0:
            self._flood_from, self._flood = now, 0
        self._flood += 1
        return self._flood > FLOOD_LIMIT

    def check(self, now: float, *, may_ask: bool) -> Pulse:
        """What is due. ASK counts as asked at `now`; `may_ask` is whether the session is bound."""
        timers = self._timers
        if self._partial_from is not None and now >= self._partial_from + timers.pdu:
            return Pulse.SLOW_PDU
        if timers.inactivity is not None and now >= self._pdu_at + timers.inactivity:
            return Pulse.INACTIVE
        if not may_ask or now < self._ask_at():
            return Pulse.FINE
        if self._asks >= timers.misses:
            return Pulse.NO_ANSWER
        self._asks += 1
        self._asked_at = now
        return Pulse.ASK

    def _ask_at(self) -> float:
        if self._asked_at is None:
            return self._heard_at + self._timers.enquire_link
        return self._asked_at + self._timers.enquire_link_resp

    def next_deadline(self, *, may_ask: bool) -> float | None:
        """When `check` has to be called next, at the latest."""
        times = [self._ask_at()] if may_ask else []
        if self._partial_from is not None:
            times.append(self._partial_from + self._timers.pdu)
        if self._timers.inactivity is not None:
            times.append(self._pdu_at + self._timers.inactivity)
        return min(times, default=None)
