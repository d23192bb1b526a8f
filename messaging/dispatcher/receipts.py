"""Which message a receipt is about, and what it says (docs/rules.md#receipts)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

from kernel.db.arrays import int4s
from kernel.smpp.message_ids import id_candidates, normalise_id
from kernel.smpp.receipts import Receipt, ReceiptState
from kernel.telecom.scrubbing import scrub_code
from messaging.dispatcher import statements
from messaging.dispatcher.database import Connection, run
from messaging.dispatcher.dialects import Dialects
from messaging.dispatcher.flight import Terms
from messaging.dispatcher.news import Ending, Known
from messaging.statuses import Status
from routing.contract import IncomingReceipt
from routing.dialects import Repeat

# A receipt overtakes its response by milliseconds: so long it waits for it in memory, unanswered.
PARK_S: Final = 0.1
TERMS_KEPT: Final = 20_000

# Plain integers: they are hashed for every message.
MEANING: Final[Mapping[ReceiptState, tuple[int, str]]] = {
    ReceiptState.DELIVERED: (int(Status.DELIVERED), ""),
    ReceiptState.EXPIRED: (int(Status.EXPIRED), "validity_expired"),
    ReceiptState.UNDELIVERED: (int(Status.UNDELIVERED), "undeliverable"),
    ReceiptState.REJECTED: (int(Status.REJECTED), "operator_rejected"),
    ReceiptState.UNKNOWN: (int(Status.UNKNOWN), "outcome_unknown"),
}
_DELIVERED: Final = MEANING[ReceiptState.DELIVERED]
_NEW: Final = tuple.__new__
# Digits of a number that must agree: operators write it with or without country code, plus or zeros.
_TAIL: Final = 8


# Rows of `statements.MATCH`.
_Found: TypeAlias = dict[tuple[int, str], list[tuple[Any, ...]]]


class Heard(NamedTuple):
    """A receipt, from a link (`ack`) or from the table of unmatched ones (`row_id` above 0).

    `keys` are what its id may be stored under, the likeliest first; `told` is the key of the id as it came.
    """

    route_id: int
    told: str
    keys: tuple[str, ...]
    recipient: str
    state: ReceiptState
    stat: str
    err: str
    ack: Callable[[], None] | None
    park_until: float = 0.0
    row_id: int = 0
    tries: int = 0
    # Where operators that do not swap addresses have the recipient.
    destination: str = ""
    submitted: str = ""

    def is_about(self, recipient: str) -> bool:
        tail = recipient[-_TAIL:]
        return tail in (self.recipient[-_TAIL:], self.destination[-_TAIL:])


class Hit(NamedTuple):
    """A receipt's part of a message (`part` from 1), and the end it tells."""

    ending: Ending
    part: int
    parts: int


class Matched(NamedTuple):
    """
    `used`: (route, key) that need not be remembered any more. `acks` and `rows` are of all receipts that are done with.
    `aside`: receipts for tenants whose books are not written at present. `others`: (route, key told, key stored) of
    receipts that were not found at first sight; `repeats`: (route, kind) of those that changed nothing.
    """

    hits: list[Hit]
    endings: list[Ending]
    acks: list[Callable[[], None]]
    rows: list[int]
    used: list[tuple[int, str]]
    missing: list[Heard]
    aside: list[tuple[int, IncomingReceipt]]
    others: list[tuple[int, str, str]]
    repeats: list[tuple[int, Repeat]]

    @classmethod
    def nothing(cls) -> Matched:
        return cls([], [], [], [], [], [], [], [], [])

    def copy(self) -> Matched:
        return Matched(
            self.hits.copy(),
            self.endings.copy(),
            self.acks.copy(),
            self.rows.copy(),
            self.used.copy(),
            self.missing.copy(),
            self.aside.copy(),
            self.others.copy(),
            self.repeats.copy(),
        )


class Matcher:
    """
    Args:
        known: per route, shared with the desks.
        dialects: what is known of operators' habits, and learns from what comes.
    """

    def __init__(self, known: Mapping[int, Known], dialects: Dialects) -> None:
        self._known = known
        self._dialects = dialects
        self.blocked: set[UUID] = set()
        self.terms: dict[UUID, Terms] = {}
        self._loop = asyncio.get_running_loop()
        self._clean = str.maketrans("", "", "\0")

    def in_memory(self, incoming: Sequence[tuple[int, IncomingReceipt]]) -> Matched:
        """Receipts of what this process submitted lately; the others are `missing`."""
        matched, blocked, readers = Matched.nothing(), self.blocked, self._dialects.readers
        acks, used, endings = matched.acks, matched.used, matched.endings
        now = self._loop.time()
        for route_id, (receipt, source, destination, ack) in incoming:
            state = receipt.state
            meaning = _DELIVERED if state is ReceiptState.DELIVERED else self._meaning(route_id, state)
            if meaning is None or receipt.intermediate or not receipt.ids:
                # Progress, or a receipt that names no message: nothing to keep, nothing to bring again.
                acks.append(ack)
                self._dialects.progress(route_id, receipt, source)
                continue
            key = readers.get(route_id, normalise_id)(receipt.ids[0])
            found = self._known[route_id].jobs.get(key)
            if found is None or (
                source[-_TAIL:] != found[0].recipient[-_TAIL:] and destination[-_TAIL:] != found[0].recipient[-_TAIL:]
            ):
                matched.missing.append(self._heard(route_id, receipt, source, destination, ack, now))
                continue
            job, part = found
            if blocked and job.flight.terms.tenant_id in blocked:
                matched.aside.append((route_id, IncomingReceipt(receipt, source, destination, ack)))
                continue
            status, code = meaning
            if code:
                code = scrub_code(receipt.err, job.flight.terms.destination) or code
            words = f"stat:{receipt.stat} err:{receipt.err}"[:64] if code else ""
            latency_ms = int((now - job.sent_at) * 1000)
            size = job.segments, job.price_micros
            ending = _NEW(Ending, (job.flight.terms, job.id, route_id, status, code, words, *size, latency_ms, None))
            acks.append(ack)
            used.append((route_id, key))
            if job.parts == 1:
                endings.append(ending)
            else:
                matched.hits.append(Hit(ending, part, job.parts))
        self._dialects.look(incoming, self._known, now)
        return matched

    def _meaning(self, route_id: int, state: ReceiptState) -> tuple[int, str] | None:
        if state is ReceiptState.ACCEPTED and route_id in self._dialects.accepting:
            return _DELIVERED
        return MEANING.get(state)

    def again(self, parked: Iterable[Heard], matched: Matched) -> list[Heard]:
        """Parked receipts once more; what is found goes into `matched`, the rest is returned."""
        now = self._loop.time()
        left = []
        for heard in parked:
            jobs = self._known[heard.route_id].jobs
            key = next((key for key in heard.keys if key in jobs and heard.is_about(jobs[key][0].recipient)), "")
            if not key or jobs[key][0].flight.terms.tenant_id in self.blocked:
                left.append(heard)
                continue
            job, part = jobs[key]
            matched.others.append((heard.route_id, heard.told, key))
            latency_ms = int((now - job.sent_at) * 1000)
            self._hit(heard, job.flight.terms, job.id, (part, job.parts), job, latency_ms, matched)
        return left

    async def in_database(self, db: Connection, receipts: Sequence[Heard], matched: Matched, at: datetime) -> None:
        """Look the receipts up, in the transaction that runs; not found is `missing`."""
        found = await _candidates(db, statements.MATCH, receipts)
        rest = [heard for heard in receipts if not any(heard.is_about(row[8]) for row in _rows(found, heard))]
        if rest:
            for place, older in (await _candidates(db, statements.MATCH_OLDER, rest)).items():
                found[place] = older + found.get(place, [])
        await self.learn_terms(db, [(row[2], row[6]) for rows in found.values() for row in rows])
        for heard in receipts:
            rows = [row for row in _rows(found, heard) if row[6] in self.terms and row[2] not in self.blocked]
            if not rows:
                matched.missing.append(heard)
                continue
            # Several messages with one id: the recipient decides, else the likelier notation, else the newest.
            about = [row for row in rows if heard.is_about(row[8])] or rows
            _, key, _, ident, part, parts, origin, sent_at, _, segments, price = [
                row for row in about if row[1] == about[0][1]
            ][-1]
            matched.others.append((heard.route_id, heard.told, key))
            latency_ms = int((at - sent_at).total_seconds() * 1000)
            size = _Size(segments, price)
            self._hit(heard, self.terms[origin], ident, (part, parts), size, latency_ms, matched)

    async def learn_terms(self, db: Connection, batches: Iterable[tuple[UUID, UUID]]) -> None:
        """Have `terms` of these (tenant, batch), where the batches are there still."""
        unknown = sorted({pair for pair in batches if pair[1] not in self.terms})
        if not unknown:
            return
        if len(self.terms) > TERMS_KEPT:
            for origin in list(islice(self.terms, TERMS_KEPT // 2)):
                del self.terms[origin]
        tenants, ids = [tenant for tenant, _ in unknown], [ident for _, ident in unknown]
        cursor = await run(db, statements.TERMS, [tenants, ids])
        for row in await cursor.fetchall():
            self.terms[row[1]] = Terms(*row)

    def _hit(
        self,
        heard: Heard,
        terms: Terms,
        message_id: bytes,
        part: tuple[int, int],
        size: Any,
        latency_ms: int,
        matched: Matched,
    ) -> None:
        # One that ends nothing is here only because its route took it for an end when it came.
        status, code = self._meaning(heard.route_id, heard.state) or _DELIVERED
        if code:
            code = scrub_code(heard.err, terms.destination) or code
        ending = Ending(
            terms,
            message_id,
            heard.route_id,
            status,
            code,
            f"stat:{heard.stat} err:{heard.err}"[:64] if code else "",
            size.segments,
            size.price_micros,
            latency_ms,
            None,
        )
        if part[1] == 1:
            matched.endings.append(ending)
        else:
            matched.hits.append(Hit(ending, *part))
        if heard.ack is not None:
            matched.acks.append(heard.ack)
        if heard.row_id:
            matched.rows.append(heard.row_id)

    def _heard(
        self, route_id: int, receipt: Receipt, source: str, destination: str, ack: Callable[[], None], now: float
    ) -> Heard:
        first = self._dialects.readers.get(route_id, normalise_id)(receipt.ids[0])
        others = [key for raw in receipt.ids for key in id_candidates(raw)]
        keys = dict.fromkeys(key.translate(self._clean)[:64] for key in (first, *others))
        return Heard(
            route_id,
            normalise_id(receipt.ids[0]).translate(self._clean)[:64],
            tuple(filter(None, keys)),
            source.translate(self._clean)[:21],
            receipt.state,
            receipt.stat.translate(self._clean)[:16],
            receipt.err.translate(self._clean)[:16],
            ack,
            now + PARK_S,
            destination=destination.translate(self._clean)[:21],
            submitted=receipt.submit_at_raw.translate(self._clean)[:16],
        )


async def _candidates(db: Connection, sql: str, receipts: Iterable[Heard]) -> _Found:
    """What has the ids of the receipts, by route and key, oldest first."""
    keys = sorted({key for heard in receipts for key in heard.keys})
    routes = int4s(sorted({heard.route_id for heard in receipts}))
    cursor = await run(db, sql, [routes, keys])
    found: _Found = {}
    for row in await cursor.fetchall():
        found.setdefault((row[0], row[1]), []).append(row)
    return found


def _rows(found: _Found, heard: Heard) -> list[tuple[Any, ...]]:
    return [row for key in heard.keys for row in found.get((heard.route_id, key), ())]


class _Size(NamedTuple):
    segments: int
    price_micros: int
