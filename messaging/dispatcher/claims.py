"""Batches in and out of this process: claimed, loaded, marked as sent, taken back when their holder died."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

from psycopg.errors import DeadlockDetected

from compliance.rules.hours import limits_at
from kernel.db.arrays import int2s, int4s
from kernel.domain.traffic import TrafficClass
from messaging.dispatcher import statements
from messaging.dispatcher.chains import ChainTerms, name_chains
from messaging.dispatcher.database import Connection, Cursor, among, platform, run
from messaging.dispatcher.desk import Appetite
from messaging.dispatcher.flight import NO_IDENT, BatchRow, Flight, Job, Standing, encode
from messaging.dispatcher.news import News
from messaging.dispatcher.wishes import refused
from messaging.statuses import BatchState, Status

log: Final = logging.getLogger(__name__)

NIL: Final = UUID(int=0)
# A stride goes to the socket only while its batch's lease has this share of its length left.
LEASE_MARGIN: Final = 1 / 6
# What a claim marked as sent may go without another look at its lease for so long, or half of it.
MARKED_S: Final = 1.0
_NO_CHAINS: Final[Mapping[int, ChainTerms]] = {}


_NO_CODES: Final[Mapping[str, str]] = {}


class _Loaded(NamedTuple):
    """What the database says of one flight's messages."""

    flight: Flight
    rows: dict[bytes, tuple[bytes, str, int, int, bool, float]]
    texts: dict[bytes, str]
    refused: Mapping[str, str] = _NO_CODES
    # Counted as submitted already.
    submitted: frozenset[bytes] = frozenset()
    # Ended by a receipt that came before anybody counted them as submitted.
    ended_early: tuple[tuple[bytes, int, int], ...] = ()


class Claims:
    """
    Args:
        db: a connection of its own; calls must not overlap.
        news: where messages go that end at once.
        lease_s: seconds on the database's clock.
        owner: of the leases; no other dispatcher's, not even that of the same process before.
    """

    def __init__(self, db: Connection, news: News, *, lease_s: float, owner: str) -> None:
        self._db = db
        self._news = news
        self._lease_s = lease_s
        self._owner = owner
        self._loop = asyncio.get_running_loop()
        # Route → the tenant whose turn was the last one.
        self._last_turn: dict[int, UUID] = {}

    async def begin(self) -> None:
        """Plan a claim once, by indexes, whatever the tables' sizes are said to be.

        Planning it each time would take longer than it does, and a plan for the empty tables of a first day must do for
        the full ones of the second.
        """
        await self._db.execute("SET plan_cache_mode = force_generic_plan")
        await self._db.execute("SET enable_seqscan = off")

    async def claim(
        self,
        appetites: Sequence[Appetite],
        wall: float,
        *,
        without: frozenset[UUID] = frozenset(),
        chains: Mapping[int, ChainTerms] = _NO_CHAINS,
    ) -> list[Flight]:
        """Lease and load batches; messages that must not go any more are in the news when it returns.

        Args:
            without: tenants of which nothing is claimed.
            chains: by route, where one wants to be told the chain of telemarketers.
        """
        token, now = uuid4(), self._loop.time()
        wanted = self._wanted(_by_class(appetites, without) if without else appetites)
        async with platform(self._db):
            cursor = await run(self._db, statements.CLAIM, [*wanted, token, self._lease_s, self._owner])
            rows = sorted(await cursor.fetchall(), key=_place)
            batches = [BatchRow(*row[:-1]) for row in rows]
            flights = [Flight(batch, token, now) for batch in batches if batch.state == BatchState.LEASED]
            if chains:
                flights = await name_chains(self._db, flights, chains, token)
            asked = await self._ask(flights)
            is_plain = all(batch.traffic_class == TrafficClass.OTP and not batch.sent_upto for batch in batches)
            at_once = choose_at_once(flights, appetites) if is_plain else []
            if at_once:
                upto = [len(flight.ids) for flight in at_once]
                await run(self._db, statements.SENT_UPTO, _marks(at_once, upto, self._lease_s * LEASE_MARGIN))
            loaded = [] if is_plain else [await self._look_closer(each) for each in await self._read(asked)]
        if is_plain:
            # What nobody may opt out of, and was never begun, needs no closer look: one way to the database less.
            loaded = await self._read(asked)
            if any(len(each.rows) < len(each.flight.batch.ids) for each in loaded):
                async with platform(self._db):
                    loaded = [await self._look_closer(each) for each in loaded]
        for each in loaded:
            self._fill(each, wall)
        for flight in at_once:
            flight.sent_upto, flight.marked_until = len(flight.ids), now + min(MARKED_S, self._lease_s / 2)
        self._last_turn.update((batch.route_id, batch.tenant_id) for batch in batches)
        flights.sort(key=lambda flight: (flight.batch.traffic_class, flight.batch.id.int))
        return flights

    def _wanted(self, appetites: Sequence[Appetite]) -> list[object]:
        """The first parameters of CLAIM."""
        sated = [(each.route_id, each.high, tenant_id) for each in appetites for tenant_id in each.sated]
        return [
            int4s(each.route_id for each in appetites),
            int2s(each.low for each in appetites),
            int2s(each.high for each in appetites),
            int4s(each.n for each in appetites),
            [self._last_turn.get(each.route_id, NIL) for each in appetites],
            int4s(route_id for route_id, _, _ in sated),
            int2s(traffic_class for _, traffic_class, _ in sated),
            [tenant_id for _, _, tenant_id in sated],
        ]

    async def _ask(self, flights: Iterable[Flight]) -> list[tuple[Flight, Cursor, Cursor]]:
        asked: list[tuple[Flight, Cursor, Cursor]] = []
        for flight in flights:
            batch = flight.batch
            bounds = among([ident for ident in batch.ids if ident != NO_IDENT] or [NO_IDENT])
            messages = await run(self._db, statements.LOAD, [batch.tenant_id, *bounds])
            texts = await run(self._db, statements.TEXTS, [batch.tenant_id, batch.retention_days, *bounds])
            asked.append((flight, messages, texts))
        return asked

    async def _read(self, asked: Iterable[tuple[Flight, Cursor, Cursor]]) -> list[_Loaded]:
        return [
            _Loaded(
                flight,
                {row[0]: row for row in await messages.fetchall()},
                dict(await texts.fetchall()),
            )
            for flight, messages, texts in asked
        ]

    async def _look_closer(self, loaded: _Loaded) -> _Loaded:
        """What recipients want, and for batches that were begun before: what has become of their messages."""
        flight, rows, *_ = loaded
        batch = flight.batch
        unwanted = await refused(self._db, batch, [row[1] for row in rows.values()])
        loaded = loaded._replace(refused=unwanted)
        doubtful = set(batch.ids[: batch.sent_upto]) | {ident for ident in batch.ids if ident not in rows}
        doubtful.discard(NO_IDENT)
        if not doubtful:
            return loaded
        bounds = among(sorted(doubtful))
        submitted = await run(self._db, statements.SUBMITTED_OF, [batch.tenant_id, bounds[0], batch.accepted_at])
        ended = await run(self._db, statements.ENDED_BY_RECEIPT, [batch.tenant_id, *bounds])
        known = frozenset(ident.bytes for (ident,) in await submitted.fetchall())
        early = tuple((ident.bytes, segments, price) for ident, segments, price in await ended.fetchall())
        return loaded._replace(submitted=known, ended_early=tuple(each for each in early if each[0] not in known))

    def _fill(self, loaded: _Loaded, wall: float) -> None:
        """Jobs in the order of the batch; what needs no sending goes to the news."""
        flight, rows, texts, unwanted, submitted, ended_early = loaded
        is_promotional = flight.batch.traffic_class == TrafficClass.PROMOTIONAL
        for position, ident in enumerate(flight.ids):
            row = rows.get(ident)
            if row is None or ident in submitted:
                continue
            text = texts.get(ident)
            octets, unicode = encode(text, is_unicode=row[4]) if text is not None else ((), False)
            job = Job(flight, position, row, octets, unicode)
            flight.open += 1
            if is_promotional:
                job.keep_hours(*limits_at(row[1], wall))
            if position < flight.sent_upto:
                self._settle_doubt(job, wall, is_unwanted=bool(flight.refusal) or row[1] in unwanted)
            elif flight.refusal or row[1] in unwanted:
                self._news.end(job, Status.BLOCKED, flight.refusal or unwanted[row[1]])
            elif row[5] <= wall or text is None:
                # Texts are kept longer than any validity: one that is gone is of a message nobody waits for.
                self._news.end(job, Status.EXPIRED, "validity_expired")
            elif job.last <= wall:
                self._news.end(job, Status.EXPIRED, "promo_window_closed")
            else:
                flight.queue.append(job)
        for ident, segments, price in ended_early:
            job = Job(flight, 0, (ident, "", segments, price, False, 0.0), (), False)
            job.is_decided = True
            flight.open += 1
            self._news.doubtful.append(job)

    def _settle_doubt(self, job: Job, wall: float, *, is_unwanted: bool) -> None:
        """The dispatcher before us may have sent it: passcodes and transactional texts go again, promotions do not."""
        is_repeatable = job.flight.batch.traffic_class != TrafficClass.PROMOTIONAL
        if is_repeatable and not is_unwanted and job.octets and job.not_after > wall:
            job.doubts = 1
            job.flight.queue.append(job)
        else:
            job.is_decided = True
            self._news.doubtful.append(job)

    async def stopped(self, standings: Collection[Standing]) -> frozenset[Standing]:
        """Those that may not be sent any more."""
        listed = list(standings)
        columns = [list(column) for column in zip(*listed, strict=True)]
        async with platform(self._db):
            cursor = await run(self._db, statements.STOPPED, [int4s(range(len(listed))), *columns])
            return frozenset(listed[number] for (number,) in await cursor.fetchall())

    async def take_back(self) -> int:
        """Leases of dispatchers that are gone: their batches wait again. Returns how many.

        A dispatcher that lost only the connection with its lock may still have sockets: it finds out by the fence, and
        what was marked as sent before is in doubt, as after a crash.
        """
        async with platform(self._db):
            cursor = await run(self._db, statements.TAKE_BACK, [self._owner])
        if cursor.rowcount:
            log.warning("took back %s batches whose dispatcher is gone", cursor.rowcount)
        return cursor.rowcount


def _place(row: tuple[Any, ...]) -> int:
    """Whose turn it was when the batch was claimed, counted from 1."""
    place: int = row[-1]
    return place


def _by_class(appetites: Iterable[Appetite], without: frozenset[UUID]) -> list[Appetite]:
    """One appetite per class: a claim looks at the most urgent one with work, which may be of these tenants only."""
    return [
        each._replace(
            low=traffic_class, high=traffic_class, sated=[*without, *(each.sated if traffic_class == each.high else ())]
        )
        for each in appetites
        for traffic_class in range(each.low, each.high + 1)
    ]


def choose_at_once(flights: Iterable[Flight], appetites: Sequence[Appetite]) -> list[Flight]:
    """Passcodes for which the link has room: to mark them as sent as they are claimed saves a commit before each."""
    rooms = {each.route_id: each.room for each in appetites}
    chosen = []
    for flight in flights:
        route_id, count = flight.batch.route_id, len(flight.ids)
        if count <= rooms[route_id]:
            rooms[route_id] -= count
            chosen.append(flight)
    return chosen


def _marks(flights: Sequence[Flight], upto: Iterable[int], margin_s: float) -> list[object]:
    """The parameters of SENT_UPTO."""
    return [
        [flight.batch.tenant_id for flight in flights],
        [flight.batch.id for flight in flights],
        [flight.token for flight in flights],
        int4s(upto),
        margin_s,
    ]


async def mark_sent(db: Connection, jobs: Iterable[Job], lease_s: float) -> bool:
    """Commit `sent_upto` for what is about to go to a socket; flights whose lease is gone are marked as lost.

    Returns:
        False when it took so long that leases must be asked again.
    """
    loop = asyncio.get_running_loop()
    began, margin_s = loop.time(), lease_s * LEASE_MARGIN
    upto: dict[Flight, int] = {}
    for job in jobs:
        flight = job.flight
        if job.position >= flight.sent_upto or began >= flight.marked_until:
            upto[flight] = max(upto.get(flight, flight.sent_upto), job.position + 1)
    if not upto:
        return True
    flights = sorted(upto, key=lambda flight: (flight.batch.tenant_id.int, flight.batch.id.int))
    try:
        async with platform(db):
            cursor = await run(
                db, statements.SENT_UPTO, _marks(flights, [upto[flight] for flight in flights], margin_s)
            )
        # Read behind the commit: one way to the database for both.
        ours = {ident for (ident,) in await cursor.fetchall()}
    except DeadlockDetected:
        return False
    for flight in flights:
        if flight.batch.id in ours:
            flight.sent_upto = upto[flight]
        else:
            flight.is_lost = True
            log.warning("batch %s is not ours any more: its lease ended", flight.batch.id)
    return loop.time() - began < margin_s
