"""What links and desks have to tell the writer: plain lists, swapped for empty ones at each flush."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from itertools import islice
from typing import Any, Final, NamedTuple
from uuid import UUID

from messaging.dispatcher.flight import Job, Terms
from messaging.statuses import Status
from routing.contract import IncomingReceipt

# Operator's ids that a process remembers, of all its routes; older ones are looked up in the database.
KNOWN_LIMIT: Final = 200_000


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
    """Operator's keys of one route → attempt and part (from 1), the newest last.

    `raws`: ids as they were answered, where that is not the key.
    """

    __slots__ = ("jobs", "raws")

    def __init__(self) -> None:
        self.jobs: dict[str, tuple[Job, int]] = {}
        self.raws: dict[str, str] = {}

    def trim(self, limit: int) -> None:
        """Forget the oldest above `limit`, and some more, so that this is done seldom."""
        if len(self.jobs) > limit:
            for key in list(islice(self.jobs, len(self.jobs) - limit + limit // 10)):
                del self.jobs[key]
                self.raws.pop(key, None)


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
        for name in _LISTS:
            setattr(taken, name, getattr(self, name))
            setattr(self, name, [])
        return taken

    def extend(self, other: News) -> None:
        """Everything of another one behind what is here."""
        for name in _LISTS:
            getattr(self, name).extend(getattr(other, name))

    def divide(self, tenants: Collection[UUID]) -> News:
        """Take out what is of these tenants; receipts stay, for whose they are is not known yet."""
        apart = News(self.wake)
        for name, tenant_of in _TENANT_OF.items():
            items = getattr(self, name)
            setattr(apart, name, [item for item in items if tenant_of(item) in tenants])
            setattr(self, name, [item for item in items if tenant_of(item) not in tenants])
        return apart

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


def _tenant_of_first(item: tuple[Any, ...]) -> UUID:
    tenant_id: UUID = item[0].flight.batch.tenant_id
    return tenant_id


# Any: each takes the items of its own list.
_TENANT_OF: Final[Mapping[str, Callable[[Any], UUID]]] = {
    "accepted": _tenant_of_first,
    "accepted_parts": _tenant_of_first,
    "doubtful": lambda job: job.flight.batch.tenant_id,
    "extras": _tenant_of_first,
    "endings": lambda ending: ending.terms.tenant_id,
    "moves": _tenant_of_first,
}
_LISTS: Final = (*_TENANT_OF, "receipts")
