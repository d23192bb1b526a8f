"""What links and desks have to tell the writer: plain lists, swapped for empty ones at each flush."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Final, NamedTuple

from messaging.dispatcher.flight import Job, Terms
from messaging.statuses import Status
from routing.contract import IncomingReceipt

# Operator's ids a process remembers for each route; older ones are looked up in the database.
KNOWN_LIMIT: Final = 200_000
_DROPPED: Final = KNOWN_LIMIT // 10


class Ending(NamedTuple):
    """A message's end. `job` is there when it ended here, before an operator had it; None when a receipt says so."""

    terms: Terms
    message_id: bytes
    route_id: int
    status: int
    error_code: str
    operator_code: str
    segments: int
    price_micros: int
    latency_ms: int
    job: Job | None


class Move(NamedTuple):
    """A message that leaves its batch: for the batch's next candidate, or back to the same route's queue."""

    job: Job
    is_same_route: bool


class Known:
    """Operator's keys of one route → attempt and part (from 1), the last KNOWN_LIMIT of them."""

    __slots__ = ("jobs",)

    def __init__(self) -> None:
        self.jobs: dict[str, tuple[Job, int]] = {}

    def trim(self) -> None:
        if len(self.jobs) > KNOWN_LIMIT:
            for key in list(islice(self.jobs, _DROPPED)):
                del self.jobs[key]


class News:
    """
    `accepted`: (attempt of one part, operator's key); `accepted_parts`: (attempt, keys by part).
    `doubtful`: counts as submitted without an id. `extras`: (attempt, part from 1, key) of ids that count for nothing
    but receipts: second answers, parts of messages that failed.
    """

    __slots__ = ("accepted", "accepted_parts", "doubtful", "endings", "extras", "moves", "receipts", "wake")

    def __init__(self, wake: Callable[[], None]) -> None:
        self.wake = wake
        self.accepted: list[tuple[Job, str]] = []
        self.accepted_parts: list[tuple[Job, list[str]]] = []
        self.doubtful: list[Job] = []
        self.extras: list[tuple[Job, int, str]] = []
        self.endings: list[Ending] = []
        self.moves: list[Move] = []
        self.receipts: list[tuple[int, IncomingReceipt]] = []

    def __len__(self) -> int:
        return (
            len(self.accepted)
            + len(self.accepted_parts)
            + len(self.doubtful)
            + len(self.extras)
            + len(self.endings)
            + len(self.moves)
            + len(self.receipts)
        )

    def take(self) -> News:
        """Everything so far; what comes later goes into the next one."""
        taken = News(self.wake)
        for name in ("accepted", "accepted_parts", "doubtful", "extras", "endings", "moves", "receipts"):
            setattr(taken, name, getattr(self, name))
            setattr(self, name, [])
        return taken

    def end(self, job: Job, status: Status, error_code: str, operator_code: str = "") -> None:
        """A message that ends without having been submitted."""
        job.is_decided = True
        flight = job.flight
        self.endings.append(
            Ending(
                flight.terms,
                job.id,
                flight.batch.route_id,
                status,
                error_code,
                operator_code[:64],
                job.segments,
                job.price_micros,
                0,
                job,
            )
        )
