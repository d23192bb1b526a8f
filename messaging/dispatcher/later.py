"""Messages that an operator gave back, until they go again: after a pause, and some not before a look at wishes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from heapq import heapify, heappop, heappush
from itertools import count

from messaging.dispatcher.flight import Job


class Later:
    """Times are the event loop's."""

    __slots__ = ("_heap", "_order", "_unseen")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Job]] = []
        self._unseen: list[tuple[float, int, Job]] = []
        self._order = count()

    def __iter__(self) -> Iterator[Job]:
        return (job for entries in (self._heap, self._unseen) for _, _, job in entries)

    @property
    def unseen(self) -> list[Job]:
        """Those that wait for a look."""
        return [job for _, _, job in self._unseen]

    def put(self, at: float, job: Job, *, unseen: bool) -> None:
        """
        Args:
            unseen: its recipient may have opted out while the operator had it; it waits for `looked` as well.
        """
        entry = (at, next(self._order), job)
        self._unseen.append(entry) if unseen else heappush(self._heap, entry)

    def due(self, now: float) -> Iterator[Job]:
        """Those whose pause is over; they are taken out."""
        while self._heap and self._heap[0][0] <= now:
            yield heappop(self._heap)[2]

    def looked(self, jobs: Collection[Job]) -> None:
        """These may be sent."""
        for entry in self._unseen:
            if entry[2] in jobs:
                heappush(self._heap, entry)
        self._unseen = [entry for entry in self._unseen if entry[2] not in jobs]

    def remove(self, is_meant: Callable[[Job], bool]) -> list[Job]:
        removed = [job for job in self if is_meant(job)]
        if removed:
            self._heap = [entry for entry in self._heap if not is_meant(entry[2])]
            heapify(self._heap)
            self._unseen = [entry for entry in self._unseen if not is_meant(entry[2])]
        return removed

    def clear(self) -> list[Job]:
        return self.remove(lambda job: True)
