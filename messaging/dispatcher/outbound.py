"""The half of a flush that is about submits: operator's ids, batches that others go on with, the fence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from kernel.db.arrays import Column, int2_items, int2s, int4s, text_items, uuid_items
from kernel.domain.ids import uuid7
from messaging.dispatcher import statements
from messaging.dispatcher.database import Connection, idents, run
from messaging.dispatcher.flight import NO_IDENT, Flight, Job
from messaging.dispatcher.news import News
from messaging.dispatcher.settling import Books
from messaging.services.writing import CHANNEL
from messaging.statuses import BatchState
from routing.costs import CostTable

# A lease with more than this share of its length left stays as it is: its column is indexed.
RENEW_BELOW: Final = 3 / 4
# An id of the same part in the same flush needs another instant, for the instant is in the key.
_BESIDE: Final = timedelta(microseconds=1)


class Outbound:
    """What one flush says about the flights that are still ours.

    Args:
        ended: attempts that ended here without having been submitted.
        also_submitted: attempts that must count as submitted besides those of the news.
    """

    def __init__(self, news: News, *, ended: Iterable[Job], also_submitted: Sequence[Job]) -> None:
        self._accepted = _by_flight(news.accepted)
        self._parts = [pair for pair in news.accepted_parts if not pair[0].flight.is_lost]
        self._doubtful = [job for job in news.doubtful if not job.flight.is_lost]
        self._doubtful += also_submitted
        self._moves = [move for move in news.moves if not move.job.flight.is_lost]
        self._extras = list(news.extras)
        # Whoever took a batch over decides about its messages; their ids are kept for the receipts.
        for flight in [flight for flight in self._accepted if flight.is_lost]:
            jobs, keys = self._accepted.pop(flight)
            self._extras += [(job, 1, key) for job, key in zip(jobs, keys, strict=True) if key]
        for job, given in news.accepted_parts:
            if job.flight.is_lost:
                self._extras += [(job, part, key) for part, key in enumerate(given, 1) if key]
        self._submitted = {flight: list(jobs) for flight, (jobs, _) in self._accepted.items()}
        for job in (*(job for job, _ in self._parts), *self._doubtful):
            self._submitted.setdefault(job.flight, []).append(job)
        self.settled: dict[Flight, int] = {flight: len(jobs) for flight, jobs in self._submitted.items()}
        # A job in `also_submitted` is one of `ended`: it is settled once.
        counted = {id(job) for job in also_submitted}
        self._left = [job for job in ended if id(job) not in counted] + [move.job for move in self._moves]
        for job in self._left:
            self.settled[job.flight] = self.settled.get(job.flight, 0) + 1

    def book(self, books: Books, costs: CostTable) -> None:
        for flight, jobs in self._submitted.items():
            books.submitted(flight.terms, flight.batch.route_id, costs, jobs)
        for job in self._left:
            if job.parts_taken:
                books.wasted(job.flight.terms, job.flight.batch.route_id, costs, job)

    async def write_ids(self, db: Connection, at: datetime) -> None:
        """A row for each part of a message that counts as submitted, without a key where the operator gave none."""
        if self._accepted:
            ns, keys, ids = Column("int2"), Column("text"), Column("uuid")
            for number, (jobs, given) in enumerate(self._accepted.values(), 1):
                count = len(jobs)
                ns.add(int2_items((number,)) * count, count)
                keys.add(text_items(given), count)
                ids.add(uuid_items([job.id for job in jobs]), count)
            columns = [ns.packed(), keys.packed(), ids.packed()]
            await run(db, statements.ACCEPTED_IDS, [*_constants(list(self._accepted)), at, *columns])
        longer = [(job, part, key) for job, given in self._parts for part, key in enumerate(given, 1)]
        longer += [(job, 1, "") for job in self._doubtful]
        await _insert(db, longer, at, sign=1)
        # Below 0: an id for receipts, not a sign that the message counts as submitted.
        await _insert(db, self._extras, at + _BESIDE, sign=-1)

    async def write_moves(self, db: Connection) -> dict[Flight, list[bytes]]:
        """New batches for messages that go another way; returns the ids that the old ones keep, by position."""
        kept: dict[Flight, list[bytes]] = {}
        groups: dict[tuple[Flight, bool, bool], list[Job]] = {}
        for job, is_same_route in self._moves:
            groups.setdefault((job.flight, is_same_route, job.doubts > 0), []).append(job)
        for (flight, is_same_route, is_in_doubt), jobs in groups.items():
            batch = flight.batch
            route_id, candidates, tries = batch.route_id, batch.candidates, batch.tries
            if not is_same_route:
                route_id, candidates, tries = candidates[0], candidates[1:], tries + 1
            ids = sorted(job.id for job in jobs)
            whither = [uuid7(), route_id, int4s(candidates), idents(ids), len(ids)]
            sent_upto = len(ids) if is_in_doubt else 0
            await run(db, statements.MOVE, [*whither, sent_upto, tries, batch.tenant_id, batch.id])
            left = kept.setdefault(flight, list(flight.ids))
            for job in jobs:
                left[job.position] = NO_IDENT
        for flight, ids in kept.items():
            count = sum(ident != NO_IDENT for ident in ids)
            parameters = [idents(ids), count, flight.batch.tenant_id, flight.batch.id, flight.token]
            await run(db, statements.LEAVE, parameters)
        if groups:
            await run(db, statements.NOTIFY, [CHANNEL])
        return kept


def _by_flight(accepted: Iterable[tuple[Job, str]]) -> dict[Flight, tuple[list[Job], list[str]]]:
    grouped: dict[Flight, tuple[list[Job], list[str]]] = {}
    last: Flight | None = None
    jobs: list[Job] = []
    keys: list[str] = []
    for job, key in accepted:
        # Neighbours are mostly of one batch.
        if job.flight is not last:
            last = job.flight
            jobs, keys = grouped.setdefault(last, ([], []))
        jobs.append(job)
        keys.append(key)
    return grouped


def _constants(flights: Sequence[Flight]) -> list[object]:
    return [
        int4s(flight.batch.route_id for flight in flights),
        [flight.batch.tenant_id for flight in flights],
        [flight.batch.origin_id for flight in flights],
    ]


async def _insert(db: Connection, rows: Sequence[tuple[Job, int, str]], at: datetime, *, sign: int) -> None:
    if not rows:
        return
    flights = list({job.flight: None for job, _, _ in rows})
    numbers = {flight: number for number, flight in enumerate(flights, 1)}
    columns = [
        int2s(numbers[job.flight] for job, _, _ in rows),
        [key for _, _, key in rows],
        idents([job.id for job, _, _ in rows]),
        int2s(part for _, part, _ in rows),
        int2s(sign * max(1, job.parts) for job, _, _ in rows),
    ]
    await run(db, statements.OPERATOR_IDS, [*_constants(flights), at, *columns])


async def fence(db: Connection, states: Mapping[Flight, BatchState], lease_s: float) -> list[Flight]:
    """Confirm and renew leases, and give batches their new state; returns the flights that are not ours any more."""
    flights = sorted(states, key=lambda flight: (flight.batch.tenant_id.int, flight.batch.id.int))
    parameters = [
        lease_s * RENEW_BELOW,
        lease_s,
        [flight.batch.tenant_id for flight in flights],
        [flight.batch.id for flight in flights],
        [flight.token for flight in flights],
        int2s(states[flight] for flight in flights),
        int4s(flight.written_upto() for flight in flights),
    ]
    cursor = await run(db, statements.FENCE, parameters)
    ours = {ident for (ident,) in await cursor.fetchall()}
    return [flight for flight in flights if flight.batch.id not in ours]
