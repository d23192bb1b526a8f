"""Small requests of one tenant that arrive together become one accept: one transaction, one hold, one commit.

The first thread leads and starts at once, so a lone message waits for no timer. What arrives while it works queues up;
when it has committed, the oldest of these leads the next round with everything that waits. Behind a round of several
the leader lingers for a moment: clients that were just answered tend to be back, and a round costs the same for two as
for one.
Rounds of one tenant thus follow each other, as the wallet's row would force them to; other tenants' run beside.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import InterfaceError, OperationalError, connections

from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from messaging.drafts import Draft, Outcome
from messaging.services.accept import accept
from messaging.services.idempotency import Asked, Remembered, earlier_answers, remember
from messaging.statuses import Source

ROUND_MAX: Final = 500  # drafts: what one accept decides at its best price, and what a neighbour waits for at most
LINGER_S: Final = 0.003  # at most, and only behind a round
RETURN_S: Final = 0.005  # so long after a round of several, its clients are expected back
INSUFFICIENT: Final = "insufficient_credit"


@dataclass(frozen=True, slots=True, eq=False)
class Submission:
    """The drafts of one request, decided together and kept together.

    Args:
        answer: makes what the client is told of the outcomes, which come in the order of the drafts; runs before the
            commit, in the thread that leads.
        asked: the request's Idempotency-Key; its answer is remembered in the transaction that writes the messages.
    """

    drafts: Sequence[Draft]
    answer: Callable[[Sequence[Outcome]], Remembered]
    asked: Asked | None = None


Work = Callable[[UUID, Sequence[Submission]], Sequence[Remembered]]


class RoundLost(RuntimeError):
    """The thread that led a round ended without settling it."""


class CreditShort(Exception):
    """The wallet does not cover a round of several and may yet cover one of them: each is asked alone."""


@dataclass(slots=True, eq=False)
class _Waiting:
    """A submission and the thread that waits for it: woken with its result, or to lead."""

    submission: Submission
    woken: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    result: Remembered | Exception = field(default_factory=lambda: RoundLost("nobody settled this submission"))


@dataclass(slots=True, eq=False)
class _Lane:
    """One tenant's rounds: the one under way, what waits for the next, and how large the last one was."""

    waiting: deque[_Waiting] = field(default_factory=deque)
    is_busy: bool = False
    answered: int = 0
    ended: float = 0.0
    expected: int = 0
    full: threading.Event = field(default_factory=threading.Event)

    def enter(self, arrived: _Waiting) -> None:
        """Queue behind the round under way; where there is none, lead."""
        if self.is_busy:
            self.waiting.append(arrived)
            if len(self.waiting) >= self.expected:
                self.full.set()
            return
        self.is_busy = arrived.leads = True
        arrived.woken.set()
        is_soon = time.monotonic() - self.ended < RETURN_S
        self._expect(self.answered - 1 if is_soon else 0)

    def hand_over(self, answered: int, most: int) -> None:
        """The round is over: the oldest that waits leads the next one."""
        self.answered, self.ended = answered, time.monotonic()
        self.is_busy = bool(self.waiting)
        if self.waiting:
            heir = self.waiting.popleft()
            self._expect(min(len(self.waiting) + answered, most - 1))
            heir.leads = True
            heir.woken.set()

    def _expect(self, submissions: int) -> None:
        """Until so many wait, the leader lingers."""
        self.expected, self.full = submissions, threading.Event()
        if len(self.waiting) >= submissions:
            self.full.set()


class Combiner:
    """Brings the submissions of any number of threads into rounds, of each tenant one at a time.

    Args:
        work: accepts submissions of one tenant in one transaction of its own and answers each, in order.
        most: drafts of one round.
    """

    def __init__(self, work: Work, *, most: int = ROUND_MAX) -> None:
        self._work, self._most = work, most
        self._lock = threading.Lock()
        self._lanes: dict[UUID, _Lane] = {}

    def submit(self, tenant_id: UUID, submission: Submission) -> Remembered:
        """The answer to a submission, committed; blocks until then. Call outside of contexts and transactions.

        Raises:
            DomainError: what `accept` and the keys raise, about this submission alone.
            django.db.OperationalError: the database went away; whether the round was committed is not known.
        """
        _let_go_of_connections()
        mine = _Waiting(submission)
        with self._lock:
            lane = self._lanes.setdefault(tenant_id, _Lane())
            lane.enter(mine)
        mine.woken.wait()
        if mine.leads:
            self._lead(tenant_id, lane, mine)
        if isinstance(mine.result, Exception):
            raise mine.result
        return mine.result

    def _lead(self, tenant_id: UUID, lane: _Lane, first: _Waiting) -> None:
        lane.full.wait(LINGER_S)
        members = [first, *self._join(lane, first.submission)]
        try:
            self._settle(tenant_id, members)
        finally:
            with self._lock:
                lane.hand_over(len(members), self._most)
                if not lane.is_busy and len(members) == 1:
                    del self._lanes[tenant_id]  # nothing to remember of it
            for member in members[1:]:
                member.woken.set()

    def _join(self, lane: _Lane, first: Submission) -> list[_Waiting]:
        """Take what fits into the round of `first` out of the lane, oldest first."""
        keys = {first.asked.key} if first.asked else set()
        drafts, joined = len(first.drafts), list[_Waiting]()
        with self._lock:
            while lane.waiting:
                submission = lane.waiting[0].submission
                asked = submission.asked
                drafts += len(submission.drafts)
                # The second of two requests with one key waits for the next round and finds the first one's answer.
                if drafts > self._most or (asked is not None and asked.key in keys):
                    break
                if asked is not None:
                    keys.add(asked.key)
                joined.append(lane.waiting.popleft())
        return joined

    def _settle(self, tenant_id: UUID, members: Sequence[_Waiting]) -> None:
        """Give every member its result: all in one transaction, or each in its own when one spoils the round."""
        try:
            answers = self._work(tenant_id, [member.submission for member in members])
        except (OperationalError, InterfaceError) as error:
            # It may be the commit that was not answered: done again, it could send twice. The client has its key.
            for member in members:
                member.result = error
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised in the thread that submitted
            if len(members) == 1:
                members[0].result = error
                return
            for member in members:
                self._settle(tenant_id, [member])
        else:
            for member, answer in zip(members, answers, strict=True):
                member.result = answer


def _let_go_of_connections() -> None:
    """Threads that wait must not keep from the pool the connection that the leader needs."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


def decide(tenant_id: UUID, submissions: Sequence[Submission], *, source: Source) -> list[Remembered]:
    """Accept submissions of one tenant in one transaction and answer each. Call outside of contexts.

    Raises:
        DomainError: about one of them; nothing is written.
        CreditShort: see there; nothing is written.
    """
    with tenant_context(tenant_id):
        now = utc_now()
        earlier = earlier_answers([one.asked for one in submissions if one.asked])
        fresh = [one for one in submissions if one.asked is None or one.asked.key not in earlier]
        answers = _accept(fresh, source, now)
        remember([(one.asked, answer) for one, answer in zip(fresh, answers, strict=True) if one.asked], now=now)
        new = iter(answers)
        return [earlier[one.asked.key] if one.asked and one.asked.key in earlier else next(new) for one in submissions]


def _accept(submissions: Sequence[Submission], source: Source, now: datetime) -> list[Remembered]:
    drafts = [draft for one in submissions for draft in one.drafts]
    outcomes = accept(drafts=drafts, source=source, now=now)
    is_short = any(outcome.refusal and outcome.refusal.code == INSUFFICIENT for outcome in outcomes)
    if is_short and len(submissions) > 1:
        raise CreditShort
    rest = iter(outcomes)
    return [one.answer([next(rest) for _ in one.drafts]) for one in submissions]
