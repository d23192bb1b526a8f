"""What a flush says about messages: sums for the books, rows for the event log, one per batch and outcome."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from billing.models import ChargedOn
from billing.settlement import Outcome, Settlement, statements
from kernel.db.arrays import int2s, int4s, int8s
from messaging.dispatcher.database import idents
from messaging.dispatcher.flight import Job, Terms
from messaging.dispatcher.news import Ending
from messaging.dispatcher.statements import EVENTS
from messaging.statuses import EventKind, Status
from routing.costs import CostTable


class EndKey(NamedTuple):
    """Messages with the same end: one statement, one event. `is_own`: ended here, before an operator had them."""

    terms: Terms
    route_id: int
    status: int
    error_code: str
    operator_code: str
    is_own: bool


class _Key(NamedTuple):
    terms: Terms
    route_id: int
    kind: EventKind
    outcome: Status
    error_code: str
    previous: Status | None


class _Tally:
    __slots__ = ("charged", "cost", "ids", "latency", "segments")

    def __init__(self) -> None:
        self.ids: list[bytes] = []
        self.segments = self.charged = self.cost = self.latency = 0


class Books:
    """Collects one flush; `statements` gives the SQL."""

    def __init__(self) -> None:
        self._tallies: dict[_Key, _Tally] = {}
        self._settlements: dict[UUID, list[Settlement]] = {}

    def submitted(self, terms: Terms, route_id: int, costs: CostTable, jobs: Sequence[Job]) -> None:
        """Messages of one batch that an operator took, or may have."""
        tally = self._tally(_Key(terms, route_id, EventKind.SUBMITTED, Status.SUBMITTED, "", None))
        segments = sum([job.segments for job in jobs])
        tally.ids += [job.id for job in jobs]
        tally.segments += segments
        unit = costs.common(route_id, terms.destination)
        if unit is None:
            tally.cost += costs.total(route_id, terms.destination, [(job.recipient, job.segments) for job in jobs])
        else:
            tally.cost += segments * unit
        if terms.charged_on == ChargedOn.SUBMIT:
            micros = sum([job.price_micros for job in jobs])
            tally.charged += micros
            self._settle(terms, "charge", len(jobs), segments, micros)

    def wasted(self, terms: Terms, route_id: int, costs: CostTable, job: Job) -> None:
        """Parts that an operator took of a message it did not take whole: they cost, and count as nothing else."""
        tally = self._tally(_Key(terms, route_id, EventKind.SUBMITTED, Status.SUBMITTED, "", None))
        tally.cost += costs.total(route_id, terms.destination, [(job.recipient, job.parts_taken)])

    def ended(self, key: EndKey, members: Sequence[Ending]) -> None:
        """Messages of one batch whose rows were moved to the same end."""
        if not members:
            return
        tally = self._tally(_Key(key.terms, key.route_id, EventKind.FINAL, Status(key.status), key.error_code, None))
        segments = sum([ending.segments for ending in members])
        tally.ids += [ending.message_id for ending in members]
        tally.segments += segments
        tally.latency += sum([ending.latency_ms for ending in members])
        outcome = settles(key)
        if outcome is None:
            return
        micros = sum([ending.price_micros for ending in members])
        if outcome == "charge":
            tally.charged += micros
        self._settle(key.terms, outcome, len(members), segments, micros)

    def corrected(self, key: EndKey, members: Sequence[Ending]) -> None:
        """Messages that were unknown, until a receipt came after all. Money was settled before."""
        if members:
            unknown = _Key(
                key.terms, key.route_id, EventKind.CORRECTED, Status(key.status), key.error_code, Status.UNKNOWN
            )
            tally = self._tally(unknown)
            tally.ids += [ending.message_id for ending in members]
            tally.segments += sum([ending.segments for ending in members])
            tally.latency += sum([ending.latency_ms for ending in members])

    def wallets(self, at: datetime) -> list[tuple[UUID, str, list[Any]]]:
        """What changes wallets, in the order of their tenants."""
        return [
            (tenant_id, sql, parameters)
            for tenant_id in sorted(self._settlements)
            for sql, parameters in statements(tenant_id, self._settlements[tenant_id], at)
        ]

    def statements(self, at: datetime) -> list[tuple[str, list[Any]]]:
        """Wallets, then the events."""
        written = [(sql, parameters) for _, sql, parameters in self.wallets(at)]
        if self._tallies:
            written.append((EVENTS, self._events(at)))
        return written

    def _tally(self, key: _Key) -> _Tally:
        return self._tallies.setdefault(key, _Tally())

    def _settle(self, terms: Terms, outcome: Outcome, messages: int, segments: int, micros: int) -> None:
        settlement = Settlement(
            batch_id=terms.origin_id,
            campaign_id=terms.campaign_id,
            destination=terms.destination,
            destination_label=terms.destination_label,
            traffic_class=terms.traffic_class,
            outcome=outcome,
            messages=messages,
            segments=segments,
            micros=micros,
        )
        self._settlements.setdefault(terms.tenant_id, []).append(settlement)

    def _events(self, at: datetime) -> list[Any]:
        ids: list[bytes] = []
        lows, highs = [], []
        for tally in self._tallies.values():
            lows.append(len(ids) + 1)
            ids += tally.ids
            highs.append(len(ids))
        keys, tallies = self._tallies.keys(), self._tallies.values()
        return [
            at,
            idents(ids),
            [key.terms.tenant_id for key in keys],
            int2s(key.kind for key in keys),
            [key.terms.origin_id for key in keys],
            [key.terms.campaign_id for key in keys],
            int4s(key.route_id for key in keys),
            int2s(key.terms.traffic_class for key in keys),
            int2s(key.terms.source for key in keys),
            [key.terms.destination for key in keys],
            int2s(key.outcome for key in keys),
            [None if key.previous is None else int2s([key.previous])[0] for key in keys],
            [key.error_code for key in keys],
            int4s(tally.segments for tally in tallies),
            int8s(tally.charged for tally in tallies),
            int8s(tally.cost for tally in tallies),
            int8s(tally.latency for tally in tallies),
            [key.terms.accepted_at for key in keys],
            int4s(lows),
            int4s(highs),
        ]


def settles(key: EndKey) -> Outcome | None:
    """What an end does to the hold; None where submission has settled it."""
    if key.is_own:
        return "release"
    if key.terms.charged_on == ChargedOn.SUBMIT:
        return None
    return "charge" if key.status == Status.DELIVERED else "release"
