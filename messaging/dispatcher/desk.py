"""One route in this dispatcher: its link, the messages in stock for it, and what results mean for them."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from kernel.domain.traffic import TrafficClass
from kernel.smpp.constants import status_name
from kernel.smpp.message_ids import normalise_id
from messaging.dispatcher.chains import ChainTerms
from messaging.dispatcher.decisions import Verdict, end_of, judge, pause_s, worst
from messaging.dispatcher.flight import GSM, UCS2, Answer, Flight, Job, Refused, Standing
from messaging.dispatcher.later import Later
from messaging.dispatcher.news import Known, Move, News
from messaging.dispatcher.stock import Stock
from messaging.statuses import Status
from routing.contract import (
    Action,
    ActionKind,
    BindState,
    IncomingReceipt,
    Link,
    Outgoing,
    RouteConfig,
    Stride,
    SubmitResult,
)

log: Final = logging.getLogger(__name__)

# Messages of one claim.
MAX_CLAIM: Final = 4_000
MAX_STOCK: Final = 5_000
# Tenants that may have a batch each in a stock that is full, so that a slow route goes around among them.
TENANTS_BESIDE: Final = 32
# A configuration fault is shown this long after the last refusal that told of it.
TROUBLE_S: Final = 60.0
# A message's three tries take about three seconds; whether others pass is asked of this time.
OTHERS_PASS_S: Final = 10.0
# So long small room waits for more before it is used, and so long after that the next wait may begin.
LINGER_S: Final = 0.01
LINGER_LIMIT_S: Final = 0.02
_NEW: Final = tuple.__new__


class Appetite(NamedTuple):
    """What a desk would claim: batches of the classes `low` to `high` for about `n` messages.

    `sated`: tenants that have enough of the class `high` here. `room`: for so many passcodes the link has room now.
    """

    route_id: int
    low: int
    high: int
    n: int
    sated: Sequence[UUID] = ()
    room: int = 0


class Desk:
    """A routing.contract.LinkHandler.

    Args:
        classes: lowest and highest traffic class it serves.
        wake: called whenever there may be room to send or a reason to claim.
    """

    def __init__(
        self,
        config: RouteConfig,
        *,
        classes: tuple[int, int],
        news: News,
        known: Known,
        wake: Callable[[], None],
    ) -> None:
        self.route_id = config.route_id
        self.classes = classes
        self.link: Link | None = None
        self.is_sending = True
        self.trouble = ""
        self.trouble_until = 0.0
        self.down_since: float | None = None
        self.adjust(config)
        self.stock = Stock()
        self._lingered_at = 0.0
        self._congested_from: float | None = None
        self._accepted_at = -OTHERS_PASS_S
        self._later = Later()
        # Tenants of which anybody ever opted out; the dispatcher's, shared.
        self.wary: Collection[UUID] = ()
        self._news = news
        self._known = known
        self._wake = wake
        self._loop = asyncio.get_running_loop()

    def adjust(self, config: RouteConfig) -> None:
        """Take a changed window, speed or number of binds over."""
        self.config = config
        capacity = config.window * config.binds
        self.target = max(1, min(2 * capacity, 2 * config.tps or MAX_STOCK, MAX_STOCK))
        self.chains = ChainTerms.of(config)
        self.threshold = max(1, min(capacity // 8, config.tps // 20 if config.tps else MAX_STOCK))

    # -- stock

    @property
    def waiting(self) -> int:
        """Messages that could go now."""
        now = self._loop.time()
        for job in self._later.due(now):
            self.stock.put_back(job)
        return len(self.stock)

    @property
    def is_up(self) -> bool:
        return self.link is not None and self.link.gauge().binds_up > 0

    def appetite(self) -> Appetite | None:
        if not self.is_sending or not self.is_up:
            return None
        low, high = self.classes
        waiting = self.waiting
        missing = self.target - waiting
        if missing > 0:
            is_next = high == TrafficClass.OTP and not waiting
            room = self.link.room if is_next and self.link is not None else 0
            return Appetite(self.route_id, low, high, min(MAX_CLAIM, missing), room=room)
        # A full stock keeps neither a more urgent class waiting nor a tenant that has nothing in it.
        most_urgent = self.stock.most_urgent()
        if most_urgent is None:
            return None
        present = self.stock.tenants(most_urgent)
        if len(present) < TENANTS_BESIDE:
            return Appetite(self.route_id, low, most_urgent, max(1, self.target // (len(present) + 1)), present)
        return Appetite(self.route_id, low, most_urgent - 1, self.target) if most_urgent > low else None

    def lingers(self) -> bool:
        """Whether little room may wait for more: once, for the length of one pause."""
        now = self._loop.time()
        if now - self._lingered_at > LINGER_LIMIT_S:
            self._lingered_at = now
            return True
        return now - self._lingered_at < LINGER_S

    def add(self, flights: Iterable[Flight]) -> None:
        self.stock.add(flights)

    def take(self, room: int, wall: float) -> list[Job]:
        """Messages for so many parts, most urgent first, tenants in turn; what is past its validity ends here."""
        taken: list[Job] = []
        reserve = 0 if self.link is None else self.link.reserve
        self.stock.take(room, reserve, lambda queue, left: self._draw(queue, taken, left, wall))
        return taken

    def _draw(self, queue: deque[Job], taken: list[Job], left: int, wall: float) -> int:
        while queue and left > 0:
            job = queue.popleft()
            if job.is_decided or job.flight.is_lost:
                continue
            if job.last <= wall:
                is_over = job.not_after <= wall or job.error_code != "validity_expired"
                self._end(job, Status.EXPIRED, job.error_code if is_over else "promo_window_closed")
                continue
            taken.append(job)
            left -= job.parts
        return left

    def _end(self, job: Job, status: Status, error_code: str) -> None:
        """End a message that waits here; nothing happens to one that is decided meanwhile."""
        if job.is_decided:
            return
        if job.doubts:
            # An operator may have it, which counts as submitted: receipt or time decides.
            job.is_decided = True
            self._news.doubtful.append(job)
        else:
            self._news.end(job, status, error_code)
        self._news.wake()

    def send(self, jobs: list[Job], wall: float) -> None:
        """Give the jobs to the link; their batches' `sent_upto` is committed."""
        if self.link is None:
            return
        now = self._loop.time()
        sender = ""
        messages: list[Outgoing] = []
        for job in jobs:
            flight = job.flight
            if flight.batch.sender != sender:
                if messages:
                    self.link.submit(Stride(sender, messages))
                sender, messages = flight.batch.sender, []
            job.sent_at = now
            coding = UCS2 if job.unicode else GSM
            parts: tuple[int, ...] = ()
            if job.answers:
                parts = tuple(part for part in range(job.parts) if part not in job.answers)
            what = job.recipient, job.octets, job.parts > 1, coding, int(job.not_after - wall), flight.tlvs
            messages.append(_NEW(Outgoing, (job, *what, parts, job.before)))
        if messages:
            self.link.submit(Stride(sender, messages))

    def give_back(self) -> None:
        """Send nothing more: what is unsent returns to the queue of the route, in the next flushes."""
        self.is_sending = False
        self._return(self.stock.clear() + self._later.clear())

    def standings(self) -> set[Standing]:
        """What the messages stand on that are to be sent from here, those included that wait for another try."""
        return self.stock.standings().union(job.flight.standing for job in self._later)

    def drop(self, stopped: frozenset[Standing]) -> list[Flight]:
        """Send nothing more of what stands on these; returns the flights that go back to the queue."""
        flights, again = self.stock.drop(stopped)
        self._return(again + self._later.remove(lambda job: job.flight.standing in stopped))
        return flights

    @property
    def awaiting(self) -> set[UUID]:
        """Tenants of which messages came back that are not sent again before `refuse`."""
        return {job.flight.batch.tenant_id for job in self._later.unseen}

    def unsent(self, tenants: Collection[UUID]) -> list[Job]:
        """Undecided messages of these tenants that are here, passcodes apart."""
        here = (job for jobs in (self.stock.jobs(), self._later) for job in jobs if not job.is_decided)
        return [job for job in here if job.flight.batch.tenant_id in tenants and _may_be_unwanted(job)]

    def refuse(self, unwanted: Mapping[Job, str], asked: Collection[Job]) -> None:
        """End those of these messages that are still here, each with its code of why; others `asked` may go."""
        for job in self.stock.remove(unwanted) + self._later.remove(lambda job: job in unwanted):
            self._end(job, Status.BLOCKED, unwanted[job])
        self._later.looked(asked)
        self._wake()

    def _return(self, jobs: Iterable[Job]) -> None:
        self._news.moves.extend(Move(job, is_same_route=True) for job in jobs if not job.is_decided)
        self._news.wake()

    # -- what the link tells

    def on_results(self, results: list[SubmitResult]) -> None:
        accepted, known, raws = self._news.accepted, self._known.jobs, self._known.raws
        for job, part, status, operator_id, action, detail in results:
            # The key is ours, handed back: its type is known.
            if action is None and job.parts == 1 and not job.is_decided:  # type: ignore[attr-defined]
                job.is_decided = True  # type: ignore[attr-defined]
                key = normalise_id(operator_id)
                if key:
                    known[key] = (job, 1)  # type: ignore[assignment]
                    if key != operator_id:
                        raws[key] = operator_id
                # It may be remembered for long, and is not sent again.
                job.octets = ()  # type: ignore[attr-defined]
                accepted.append((job, key))  # type: ignore[arg-type]
            else:
                refused = None if action is None else Refused(action, status, detail)
                self._answered(job, part, normalise_id(operator_id), refused)  # type: ignore[arg-type]
        if any(result.action is None for result in results):
            self._congested_from, self._accepted_at = None, self._loop.time()
        self._news.wake()
        self._wake()

    def on_receipts(self, receipts: list[IncomingReceipt]) -> None:
        route_id = self.route_id
        self._news.receipts.extend([(route_id, receipt) for receipt in receipts])
        self._news.wake()

    def on_state(self, state: BindState) -> None:
        self.down_since = None if state.binds_up else self.down_since or self._loop.time()
        if state.reason:
            log.info("route %s, bind %s: %s, %s", self.config.name, state.bind, state.status, state.reason)
        self._wake()

    # -- judgement

    def _answered(self, job: Job, part: int, key: str, refused: Refused | None) -> None:
        """Everything but the first acceptance of a message of one part."""
        if key:
            self._known.jobs[key] = (job, part + 1)
        if job.is_decided:
            if refused is None:
                self._late(job, part, key)
            return
        if job.parts == 1 and refused is not None:
            self._refused(job, refused, {0: Answer(key, refused)})
            return
        if job.answers is None:
            job.answers = {}
        job.answers[part] = Answer(key, refused)
        if len(job.answers) < job.parts:
            return
        answers, job.answers = job.answers, None
        refusals = [answer.refused for answer in answers.values() if answer.refused is not None]
        if not refusals:
            job.is_decided = True
            keys = [answers[number].key for number in range(job.parts)]
            if keys[0] and len(set(keys)) == 1:
                # One id for all parts: what is told about it is about the message.
                self._known.jobs.pop(keys[0], None)
                self._news.accepted.append((job, keys[0]))
            else:
                self._news.accepted_parts.append((job, keys))
            return
        decisive = worst([refusal.action for refusal in refusals])
        self._refused(job, next(each for each in refusals if each.action is decisive), answers)

    def _late(self, job: Job, part: int, key: str) -> None:
        """An acceptance of an attempt that was given up: the message has been submitted after all."""
        successor = job.successor
        while successor is not None and successor.successor is not None:
            successor = successor.successor
        if successor is not None and not successor.is_decided and job.parts == 1:
            successor.is_decided = True
            self._news.accepted.append((successor, key))
        elif key:
            self._news.extras.append((job, part + 1, key))

    def _refused(self, job: Job, refused: Refused, answers: dict[int, Answer]) -> None:
        action, batch = refused.action, job.flight.batch
        if action.counts_as_try:
            job.tries += 1
        verdict = judge(
            action,
            tries=job.tries,
            moves=batch.tries,
            doubts=job.doubts,
            traffic_class=batch.traffic_class,
            has_candidates=bool(batch.candidates),
            congested_s=self._congested_s(action),
        )
        if action.kind is ActionKind.CONFIG_ERROR:
            self._note_trouble(refused)
        if verdict is Verdict.COUNTS_AS_SENT:
            self._count_as_sent(job, answers)
            return
        self._news.extras.extend((job, part + 1, key) for part, (key, _) in answers.items() if key)
        if verdict is Verdict.AGAIN:
            self._again(job, action, answers)
        elif verdict is Verdict.ELSEWHERE and batch.candidates:
            job.is_decided, job.answers = True, answers
            self._news.moves.append(Move(job, is_same_route=False))
        else:
            job.answers = answers
            others_pass = self._loop.time() - self._accepted_at < OTHERS_PASS_S
            self._news.end(job, *end_of(verdict, action, others_pass=others_pass), _words(refused))

    def _congested_s(self, action: Action) -> float:
        """How long refusals for congestion have come without an acceptance between them."""
        if action.error_code != "operator_congested":
            return 0.0
        now = self._loop.time()
        self._congested_from = now if self._congested_from is None else self._congested_from
        return now - self._congested_from

    def _count_as_sent(self, job: Job, answers: dict[int, Answer]) -> None:
        job.is_decided = True
        if any(answer.key for answer in answers.values()):
            keys = [answers[part].key if part in answers else "" for part in range(job.parts)]
            self._news.accepted_parts.append((job, keys))
        else:
            self._news.doubtful.append(job)

    def _again(self, job: Job, action: Action, answers: dict[int, Answer]) -> None:
        fresh = job.again({part: answer for part, answer in answers.items() if answer.refused is None})
        fresh.error_code = action.error_code
        if action.kind is ActionKind.IN_DOUBT:
            fresh.doubts += 1
        if not self.is_sending:
            fresh.is_decided = True
            self._news.moves.append(Move(fresh, is_same_route=True))
            return
        pause = pause_s(action, job.tries)
        is_unseen = job.flight.batch.tenant_id in self.wary and _may_be_unwanted(job)
        if pause or is_unseen:
            self._later.put(self._loop.time() + pause, fresh, unseen=is_unseen)
            self._loop.call_later(pause + 0.001, self._wake)
        else:
            self.stock.put_back(fresh)

    def _note_trouble(self, refused: Refused) -> None:
        self.trouble = f"the operator refuses our submits: {_words(refused)}"
        self.trouble_until = self._loop.time() + TROUBLE_S
        log.error("route %s: %s", self.config.name, self.trouble)


def _words(refused: Refused) -> str:
    name = status_name(refused.status) if refused.status else ""
    return f"{name} {refused.detail}".strip()


def _may_be_unwanted(job: Job) -> bool:
    return job.flight.batch.traffic_class != TrafficClass.OTP
