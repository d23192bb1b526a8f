"""What a desk has to send, in the order it goes: the most urgent class first, and in a class the tenants in turn.

One tenant's full stock never stands before another tenant's few messages: whoever waits gets a turn, as long as those
of the others times the tenant's weight (docs/rules.md#who-goes-first).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final, TypeAlias
from uuid import UUID

from kernel.domain.traffic import TrafficClass
from messaging.dispatcher.flight import Flight, Job, Standing

# Shortest turn, in parts: long enough that changing tenants costs little, short enough for the slowest route.
SHORTEST_TURN: Final = 10

# Moves messages for so many parts off the queue and returns what is left of the number.
Draw: TypeAlias = Callable[[deque[Job], int], int]


class _Turn:
    """One tenant among those of a class."""

    __slots__ = ("flights", "left", "tenant_id", "weight")

    def __init__(self, tenant_id: UUID, weight: int) -> None:
        self.tenant_id = tenant_id
        self.weight = weight
        self.flights: deque[Flight] = deque()
        self.left = 0

    def draw(self, parts: int, draw: Draw) -> int:
        """Returns how many of `parts` are left; more than none says that nothing waits any more."""
        while self.flights and parts > 0:
            queue = self.flights[0].queue
            parts = draw(queue, parts)
            if not queue:
                self.flights.popleft()
        return parts


class _Class:
    """Messages of one traffic class: those that came back, then the tenants'."""

    __slots__ = ("again", "ring", "tenants")

    def __init__(self) -> None:
        self.again: deque[Job] = deque()
        self.ring: deque[_Turn] = deque()
        self.tenants: dict[UUID, _Turn] = {}

    def add(self, flight: Flight) -> None:
        batch = flight.batch
        turn = self.tenants.get(batch.tenant_id)
        if turn is None:
            turn = self.tenants[batch.tenant_id] = _Turn(batch.tenant_id, batch.weight)
            self.ring.append(turn)
        turn.flights.append(flight)

    def draw(self, parts: int, draw: Draw) -> int:
        left = draw(self.again, parts)
        while self.ring and left > 0:
            turn = self.ring[0]
            if turn.left <= 0:
                turn.left = turn.weight * max(SHORTEST_TURN, parts // len(self.ring))
            asked = min(left, turn.left)
            rest = turn.draw(asked, draw)
            left -= asked - rest
            turn.left -= asked - rest
            if not turn.flights:
                self.ring.popleft()
                del self.tenants[turn.tenant_id]
            elif turn.left <= 0:
                self.ring.rotate(-1)
        return left

    def flights(self) -> Iterator[Flight]:
        for turn in self.ring:
            yield from turn.flights


class Stock:
    """Messages of leased batches that could go now."""

    def __init__(self) -> None:
        self._classes = {int(traffic_class): _Class() for traffic_class in sorted(TrafficClass)}

    def __len__(self) -> int:
        """Messages, those that are decided meanwhile included until their turn comes."""
        total = 0
        for each in self._classes.values():
            if each.again or each.ring:
                total += len(each.again) + sum([len(flight.queue) for flight in each.flights()])
        return total

    def add(self, flights: Iterable[Flight]) -> None:
        for flight in flights:
            if flight.queue:
                self._classes[flight.batch.traffic_class].add(flight)

    def put_back(self, job: Job) -> None:
        """A message that goes again, before the others of its class."""
        self._classes[job.flight.batch.traffic_class].again.append(job)

    def take(self, parts: int, reserve: int, draw: Draw) -> None:
        """
        Args:
            reserve: how many of `parts` promotions leave to what is more urgent.
        """
        for traffic_class, each in self._classes.items():
            if traffic_class == TrafficClass.PROMOTIONAL:
                parts -= reserve
            if parts <= 0:
                return
            parts = each.draw(parts, draw)

    def tenants(self, traffic_class: int) -> list[UUID]:
        """Whose turns they are."""
        return list(self._classes[traffic_class].tenants)

    def most_urgent(self) -> int | None:
        """The first class of which tenants have messages here."""
        return next((traffic_class for traffic_class, each in self._classes.items() if each.ring), None)

    def standings(self) -> set[Standing]:
        """What that which is here stands on."""
        found = {flight.standing for each in self._classes.values() for flight in each.flights()}
        return found.union(job.flight.standing for each in self._classes.values() for job in each.again)

    def jobs(self) -> Iterator[Job]:
        """What is here, those that are decided meanwhile included."""
        for queue in self._queues():
            yield from queue

    def remove(self, unwanted: Collection[Job]) -> list[Job]:
        """Take these out, as far as they are still here; returns them."""
        removed: list[Job] = []
        for queue in self._queues() if unwanted else ():
            found = [job for job in queue if job in unwanted]
            if found:
                removed += found
                left = [job for job in queue if job not in unwanted]
                queue.clear()
                queue.extend(left)
        return removed

    def _queues(self) -> Iterator[deque[Job]]:
        for each in self._classes.values():
            yield each.again
            for flight in each.flights():
                yield flight.queue

    def clear(self) -> list[Job]:
        """Forget everything; returns what had been given back by the link, for which no flight's queue stands."""
        again = [job for each in self._classes.values() for job in each.again]
        self._classes = {traffic_class: _Class() for traffic_class in self._classes}
        return again

    def drop(self, stopped: frozenset[Standing]) -> tuple[list[Flight], list[Job]]:
        """Leave out what stands on one of these; returns the flights, and the messages that came back."""
        dropped: list[Flight] = []
        again: list[Job] = []
        for traffic_class, each in self._classes.items():
            rest = _Class()
            for flight in each.flights():
                dropped.append(flight) if flight.standing in stopped else rest.add(flight)
            for job in each.again:
                (again if job.flight.standing in stopped else rest.again).append(job)
            self._classes[traffic_class] = rest
        return dropped, again
