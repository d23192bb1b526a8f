"""Flights and attempts in memory, without rows in the database."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from kernel.domain.clock import utc_now
from kernel.domain.traffic import TrafficClass
from messaging.dispatcher.flight import BatchRow, Flight, Job
from messaging.statuses import BatchState

TRANSACTIONAL = int(TrafficClass.TRANSACTIONAL)


def make_flight(**changes: Any) -> Flight:
    row = BatchRow(
        UUID(int=1), UUID(int=2), UUID(int=2), 1, [], TRANSACTIONAL, 1, None, "ACMEIN", "91", "India", "1101", "",
        "submit", 30, [UUID(int=7).bytes], utc_now(), 0, 0, BatchState.LEASED, 1,
    )  # fmt: skip
    return Flight(row._replace(**changes), UUID(int=3), 0.0)


def make_job(*, parts: int = 1, **changes: Any) -> Job:
    row = (UUID(int=7).bytes, "+919800000001", parts, 150_000 * parts, False, 4e9)
    return Job(make_flight(**changes), 0, row, (b"Hello",) * parts, False)
