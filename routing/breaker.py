"""The circuit breaker of a route: when its results speak against it, messages keep away and a few probe it.

One row a route, shared by all dispatchers and the plan; each dispatcher counts its own results
(docs/rules.md#circuit-breaker).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from django.db import transaction

from kernel.db.tenancy import scoped_connection
from routing.contract import ActionKind, SubmitResult
from routing.models import Breaker, Route
from routing.services.states import record_state
from routing.statuses import BreakerState, LineState, RouteState

LAST: Final = 50
# Fewer results than these say nothing.
ENOUGH: Final = 20
SHARE: Final = 0.5
# 95 % of the answers must come within this.
SLOW_S: Final = 10.0
PAUSES_S: Final = (10, 20, 30, 40, 50, 60)
PROBES: Final = 5
# Beyond the time in which an answer must have come; then somebody else may probe.
PROBE_FOR: Final = timedelta(seconds=40)
_SAYS_NO_ANSWER: Final = "no answer in time"


class Phase(Enum):
    """A breaker at an instant: an open one whose pause is over is due for a probe."""

    CLOSED = "closed"
    OPEN = "open"
    DUE = "due"
    PROBING = "probing"


def phase(breaker: Breaker | None, now: datetime) -> Phase:
    if breaker is None or breaker.state == BreakerState.CLOSED:
        return Phase.CLOSED
    if breaker.state == BreakerState.PROBING:
        # A prober that fell silent leaves the place to others.
        is_stale = breaker.probe_until is not None and breaker.probe_until <= now
        return Phase.DUE if is_stale else Phase.PROBING
    return Phase.DUE if breaker.next_probe_at is not None and breaker.next_probe_at <= now else Phase.OPEN


def standings() -> dict[int, Breaker]:
    """Breakers that are not closed, by route; one query."""
    return {breaker.route_id: breaker for breaker in Breaker.objects.exclude(state=BreakerState.CLOSED)}


# -- counting, in memory


class Watch:
    """The last results of a route in one dispatcher."""

    def __init__(self) -> None:
        self._against: deque[bool] = deque(maxlen=LAST)
        self._waits: deque[float] = deque(maxlen=LAST)

    def clear(self) -> None:
        self._against.clear()
        self._waits.clear()

    def note(self, results: Sequence[SubmitResult], waited_s: float) -> None:
        """
        Args:
            results: of one read; all that one lost connection takes along counts once.
            waited_s: how long the last of them took.
        """
        recent = results[-LAST:]
        self._against.extend(verdicts(recent))
        if recent and recent[-1].action is None:
            self._waits.append(waited_s)

    @property
    def counted(self) -> int:
        return len(self._against)

    @property
    def against(self) -> int:
        return sum(self._against)

    @property
    def slowest_s(self) -> float:
        """The 95th percentile of the answers' times, 0 while there are too few."""
        if len(self._waits) < ENOUGH:
            return 0.0
        return sorted(self._waits)[math.ceil(len(self._waits) * 0.95) - 1]

    def complaint(self) -> str:
        """Why the breaker should open, in words; empty while it should not."""
        if len(self._against) >= ENOUGH and self.against >= SHARE * len(self._against):
            return f"{self.against} of the last {len(self._against)} results speak against the route"
        if (slowest := self.slowest_s) > SLOW_S:
            return f"5 % of the answers take {slowest:.0f} s or longer"
        return ""


def verdicts(results: Iterable[SubmitResult]) -> list[bool]:
    """True for each result that speaks against the route. Congestion and what was never sent say nothing of it."""
    told: list[bool] = []
    is_lost = False
    for result in results:
        action = result.action
        if action is None or action.kind is ActionKind.FINAL:
            told.append(False)
        elif action.kind is ActionKind.IN_DOUBT and result.detail != _SAYS_NO_ANSWER:
            is_lost = True
        elif action.kind in (ActionKind.IN_DOUBT, ActionKind.CONFIG_ERROR) or action.error_code == "operator_error":
            told.append(True)
        elif action.counts_as_try:
            told.append(False)
    if is_lost:
        told.append(True)
    return told


# -- the shared row


def trip(*, route_id: int, reason: str, now: datetime) -> bool:
    """Open a closed breaker; False when it was not closed any more."""
    with transaction.atomic(using=scoped_connection().alias):
        breaker = _locked(route_id, now)
        if breaker.state != BreakerState.CLOSED:
            return False
        _open(breaker, reason, PAUSES_S[0], now)
    return True


def take_probe(*, route_id: int, holder: str, now: datetime) -> bool:
    """Become the one dispatcher that probes a route whose pause is over."""
    with transaction.atomic(using=scoped_connection().alias):
        breaker = _locked(route_id, now)
        if phase(breaker, now) is not Phase.DUE:
            return False
        breaker.state, breaker.holder, breaker.probe_until = BreakerState.PROBING, holder, now + PROBE_FOR
        breaker.save()
        _record(breaker, LineState.DEGRADED, "probing", now)
    return True


def conclude_probe(*, route_id: int, holder: str, complaint: str | None, now: datetime) -> None:
    """Close after clean probes; open again, for longer, after others. One who does not hold the probe changes nothing.

    Args:
        complaint: empty after clean probes, None when there was nothing to send: others may try at once.
    """
    with transaction.atomic(using=scoped_connection().alias):
        breaker = _locked(route_id, now)
        if breaker.state != BreakerState.PROBING or breaker.holder != holder:
            return
        if complaint is None:
            breaker.state, breaker.holder, breaker.probe_until = BreakerState.OPEN, "", None
            breaker.save()
        elif complaint:
            longer = [pause for pause in PAUSES_S if pause > breaker.pause_s]
            _open(breaker, complaint, longer[0] if longer else PAUSES_S[-1], now)
        else:
            _close(breaker, "probes were answered well", now)


def open_by_hand(*, route_id: int, reason: str, now: datetime) -> None:
    """Staff: keep messages away until somebody closes it."""
    with transaction.atomic(using=scoped_connection().alias):
        breaker = _locked(route_id, now)
        breaker.is_manual = True
        _open(breaker, reason, 0, now)


def close_by_hand(*, route_id: int, reason: str, now: datetime) -> None:
    """Staff: let messages pass, whatever the results were; counting begins anew."""
    with transaction.atomic(using=scoped_connection().alias):
        breaker = _locked(route_id, now)
        if breaker.state != BreakerState.CLOSED:
            if breaker.is_manual:
                # Until a dispatcher says how the line is, nobody knows.
                _record(breaker, LineState.UNKNOWN, reason, now)
            _close(breaker, reason, now)


def _locked(route_id: int, now: datetime) -> Breaker:
    Breaker.objects.bulk_create([Breaker(route_id=route_id, since=now)], ignore_conflicts=True)
    return Breaker.objects.select_for_update().get(pk=route_id)


def _open(breaker: Breaker, reason: str, pause_s: int, now: datetime) -> None:
    breaker.state, breaker.since, breaker.reason = BreakerState.OPEN, now, reason[:200]
    breaker.pause_s, breaker.holder, breaker.probe_until = pause_s, "", None
    breaker.next_probe_at = None if breaker.is_manual else now + timedelta(seconds=pause_s)
    breaker.save()
    # What staff keep away from is no outage of the operator's.
    _record(breaker, LineState.MAINTENANCE if breaker.is_manual else LineState.DOWN, reason, now)


def _close(breaker: Breaker, reason: str, now: datetime) -> None:
    breaker.state, breaker.since, breaker.reason, breaker.is_manual = BreakerState.CLOSED, now, reason[:200], False
    breaker.next_probe_at, breaker.pause_s, breaker.holder, breaker.probe_until = None, 0, "", None
    breaker.save()


def _record(breaker: Breaker, state: LineState, reason: str, now: datetime) -> None:
    """Of a route that nobody serves, nothing is known."""
    if Route.objects.filter(pk=breaker.route_id).exclude(state=RouteState.DISABLED).exists():
        record_state(route_id=breaker.route_id, state=state, reason=f"circuit breaker: {reason}", now=now)
