"""The flush: what became of messages, written in one transaction; receipts are acknowledged after it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from psycopg import Rollback
from psycopg.errors import CheckViolation, DeadlockDetected

from kernel.domain.clock import utc_now
from messaging.dispatcher.database import Connection, platform, run
from messaging.dispatcher.dialects import Dialects
from messaging.dispatcher.finals import conclude_parts, write_endings
from messaging.dispatcher.flight import Flight
from messaging.dispatcher.inferring import EVERY_S, FIRST_WINDOW, WINDOW, infer
from messaging.dispatcher.news import KNOWN_LIMIT, Ending, Known, News
from messaging.dispatcher.outbound import Outbound, fence
from messaging.dispatcher.receipts import Heard, Matched, Matcher
from messaging.dispatcher.settling import Books
from messaging.dispatcher.statements import ENTER
from messaging.dispatcher.unmatched import due, forget, store
from messaging.dispatcher.waiting import wait_up_to
from messaging.statuses import BatchState
from routing.costs import CostTable

log: Final = logging.getLogger(__name__)

FLUSH_S: Final = 0.02
FLUSH_ITEMS: Final = 2_000
IDLE_S: Final = 0.5
UNMATCHED_EVERY_S: Final = 1.0
# So many kept receipts that one look found their messages of, out of 500, say that more of them wait.
FULL_PAGE: Final = 250
DEADLOCK_TRIES: Final = 5
# Before the books of a tenant whose wallet refused them are tried again.
BLOCKED_S: Final = 5.0


class LeaseLost(Exception):
    """Some flights are not ours any more: the flush is rolled back and written again without them."""


class Writer:
    """
    Args:
        db: a connection of its own.
        known: per route, shared with the desks.
        dialects: what receipts taught, here and elsewhere.
        after: called after each flush.
    """

    def __init__(
        self,
        db: Connection,
        *,
        known: Mapping[int, Known],
        dialects: Dialects,
        lease_s: float,
        after: Callable[[], None],
    ) -> None:
        self._db = db
        self._known = known
        self._lease_s = lease_s
        self._after = after
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        self.news = News(self._woken.set)
        # What segments cost us, as the routes were read last.
        self.costs = CostTable({})
        self.flights: set[Flight] = set()
        self._dialects = dialects
        self._matcher = Matcher(known, dialects)
        self._parked: list[Heard] = []
        # What waits for the wallets of blocked tenants, and until when.
        self._aside = News(self._woken.set)
        self._blocked_until = 0.0
        # Tenants of which nothing more may be claimed: what their wallets refused is not written yet.
        self.refused: frozenset[UUID] = frozenset()
        self._books = Books()
        self._flushed_at = 0.0
        self._unmatched_at = 0.0
        self._inferred_at: float | None = None
        self._is_stopping = False

    def adopt(self, flights: Iterable[Flight]) -> None:
        """Watch over the leases of newly claimed batches."""
        self.flights.update(flights)
        self._woken.set()

    def return_flights(self, route_id: int) -> None:
        """The route's batches go back as soon as what was sent of them is answered."""
        for flight in self.flights:
            if flight.batch.route_id == route_id:
                flight.is_returning = True
        self._woken.set()

    def return_these(self, flights: Iterable[Flight]) -> None:
        """As return_flights, some batches only."""
        for flight in flights:
            flight.is_returning = True
        self._woken.set()

    def stop(self) -> None:
        """End `run` once everything told so far is written."""
        self._is_stopping = True
        self._woken.set()

    async def run(self) -> None:
        """
        Raises:
            psycopg.OperationalError: the connection is gone. Whether the last flush was committed is not known then, so
                nothing of it may be written again: begin anew from the database.
        """
        while not self._is_stopping or self.news or self._parked or self._changing({}):
            await wait_up_to(FLUSH_S if self._parked else IDLE_S, self._woken)
            self._woken.clear()
            if len(self.news) < FLUSH_ITEMS and not self._is_stopping:
                await asyncio.sleep(self._flushed_at + FLUSH_S - self._loop.time())
            self._flushed_at = self._loop.time()
            await self._flush()

    # -- one flush

    async def _flush(self) -> None:
        news = self.news.take()
        if self._matcher.blocked and self._loop.time() >= self._blocked_until:
            self._matcher.blocked.clear()
            news.extend(self._aside.take())
        while True:
            try:
                await self._flush_these(news)
            except CheckViolation as problem:
                await self._block(problem)
            else:
                # Not sooner: while the books are tried again, whoever claimed for them would add to what waits.
                self.refused = frozenset(self._matcher.blocked)
                return

    async def _flush_these(self, news: News) -> None:
        if self._matcher.blocked:
            self._aside.extend(news.divide(self._matcher.blocked))
        matched = self._matcher.in_memory(news.receipts)
        parked = self._matcher.again(self._parked, matched) + matched.missing
        matched.missing.clear()
        now = self._loop.time()
        overdue = [heard for heard in parked if heard.park_until <= now or self._is_stopping]
        parked = [heard for heard in parked if heard.park_until > now and not self._is_stopping]
        is_tick = now - self._unmatched_at >= UNMATCHED_EVERY_S
        if news or matched.acks or overdue or is_tick or self._changing({}):
            done = await self._write_until_committed(news, matched, overdue, is_tick=is_tick)
            self._committed(done)
            if is_tick and len(done.rows) >= FULL_PAGE:
                # More wait than one flush looks at: the next one goes on at once.
                is_tick = False
                self._woken.set()
        self._parked = parked
        self._aside.receipts += matched.aside
        if is_tick:
            self._unmatched_at = now
        self._after()

    def _committed(self, done: Matched) -> None:
        for ack in done.acks:
            ack()
        self._dialects.matched(done.used, done.others)
        self._dialects.repeated(done.repeats)
        for route_id, key in done.used:
            known = self._known[route_id]
            known.jobs.pop(key, None)
            if known.raws:
                known.raws.pop(key, None)
        for known in self._known.values():
            known.trim(KNOWN_LIMIT // len(self._known))

    async def _block(self, problem: CheckViolation) -> None:
        """A wallet refused the books: put its tenant aside for a while, so that the others go on.

        Raises:
            CheckViolation: no wallet is to blame.
        """
        refused: set[UUID] = set()
        for tenant_id, sql, parameters in self._books.wallets(utc_now()):
            try:
                async with self._db.transaction():
                    await self._db.execute(ENTER)
                    await run(self._db, sql, parameters)
                    raise Rollback
            except CheckViolation:
                refused.add(tenant_id)
        if not refused:
            raise problem
        self._matcher.blocked |= refused
        self.refused |= refused
        self._blocked_until = self._loop.time() + BLOCKED_S
        for tenant_id in refused:
            log.error("the wallet of tenant %s does not hold what its messages cost: %s", tenant_id, problem)

    async def _write_until_committed(
        self, news: News, matched: Matched, overdue: list[Heard], *, is_tick: bool
    ) -> Matched:
        deadlocks = 0
        while True:
            attempt = matched.copy()
            try:
                await self._write(news, attempt, overdue, is_tick=is_tick)
            except LeaseLost:
                log.warning("a flush goes on without batches whose lease ended")
                self._inferred_at = None
            except DeadlockDetected:
                # Rolled back for certain, unlike a lost connection.
                deadlocks += 1
                self._inferred_at = None
                if deadlocks > DEADLOCK_TRIES:
                    raise
            else:
                return attempt

    async def _write(self, news: News, matched: Matched, overdue: list[Heard], *, is_tick: bool) -> None:
        db, at, books = self._db, utc_now(), Books()
        self._books = books
        async with platform(db):
            sought = overdue + (await due(db) if is_tick else [])
            if sought:
                await self._matcher.in_database(db, sought, matched, at)
                matched.acks.extend(heard.ack for heard in matched.missing if heard.ack is not None)
            told = matched.endings + (
                await conclude_parts(db, matched.hits, at, matched.repeats) if matched.hits else []
            )
            if is_tick:
                told += await self._infer(at)
            own = [ending for ending in news.endings if ending.job is not None and not ending.job.flight.is_lost]
            second = await write_endings(db, told, own, books, at, matched.repeats)
            outbound = Outbound(
                news,
                ended=[ending.job for ending in own if ending.job is not None],
                also_submitted=[job for job in second if job.flight.terms.charged_on == "submit"],
            )
            outbound.book(books, self.costs)
            await outbound.write_ids(db, at)
            if matched.missing:
                await store(db, matched.missing, at)
            if matched.rows:
                await forget(db, matched.rows)
            moved = await outbound.write_moves(db)
            for sql, parameters in books.statements(at):
                await run(db, sql, parameters)
            states = self._changing(outbound.settled)
            lost = await fence(db, states, self._lease_s) if states else []
            if lost:
                self._lose(lost)
                raise LeaseLost
        for flight, ids in moved.items():
            flight.ids = ids
        self._settle(states, outbound.settled)

    async def _infer(self, at: datetime) -> list[Ending]:
        now, routes = self._loop.time(), sorted(self._dialects.inferring)
        if not routes or (self._inferred_at is not None and now - self._inferred_at < EVERY_S):
            return []
        window = FIRST_WINDOW if self._inferred_at is None else WINDOW
        self._inferred_at = now
        return await infer(self._db, self._matcher, routes, window=window, at=at)

    def _changing(self, settled: Mapping[Flight, int]) -> dict[Flight, BatchState]:
        """Flights that the flush must fence, and the state their batches get."""
        renew_before = self._loop.time() - self._lease_s / 3
        states = {}
        self.flights = {flight for flight in self.flights if not flight.is_lost}
        for flight in self.flights:
            count = settled.get(flight, 0)
            state = flight.state_after(count)
            if count or state is not BatchState.LEASED or flight.renewed_at < renew_before:
                states[flight] = state
        return states

    def _lose(self, flights: Iterable[Flight]) -> None:
        for flight in flights:
            flight.is_lost = True
            log.warning("batch %s is not ours any more: its lease ended", flight.batch.id)

    def _settle(self, states: Mapping[Flight, BatchState], settled: Mapping[Flight, int]) -> None:
        now = self._loop.time()
        for flight, state in states.items():
            flight.open -= settled.get(flight, 0)
            flight.renewed_at = now
            if state is not BatchState.LEASED:
                self.flights.discard(flight)
                flight.queue.clear()
