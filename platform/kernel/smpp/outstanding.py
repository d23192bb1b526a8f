"""Requests on their way: sequence numbers, the window, deadlines, and what came too late."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, Generic, NamedTuple

from kernel.smpp.constants import MAX_SEQUENCE
from kernel.smpp.errors import LocalProtocolError
from kernel.smpp.events import K

LATE_LIMIT: Final = 10_000
"""Keys of timed-out requests that are remembered for an answer after all; the oldest are forgotten first."""


class _Single(NamedTuple, Generic[K]):
    """A request sent one by one, which may be any command."""

    response_id: int
    key: K
    deadline: float


class _Stride(NamedTuple):
    """Bulk requests sent together share a deadline, so a timer per message is not needed."""

    deadline: float
    sequences: Sequence[int]


class Outstanding(Generic[K]):
    """`bulk` maps sequence numbers of bulk requests to keys; the session's hot loop pops from it directly."""

    __slots__ = ("_late", "_late_s", "_next", "_singles", "_strides", "_timeout", "_wrapped", "bulk", "window")

    def __init__(self, window: int, timeout: float, first_sequence: int = 1, late: float = 300.0) -> None:
        self.window = window
        self.bulk: dict[int, K] = {}
        self._singles: dict[int, _Single[K]] = {}
        self._strides: deque[_Stride] = deque()
        self._late_s = late
        self._late: dict[int, tuple[K, float]] = {}
        self._timeout = timeout
        self._next = first_sequence
        self._wrapped = False

    def __len__(self) -> int:
        return len(self.bulk) + len(self._singles)

    @property
    def room(self) -> int:
        """Free places in the window."""
        return max(0, self.window - len(self))

    def take(self, count: int) -> Sequence[int]:
        """The next `count` sequence numbers: 1 to 0x7FFFFFFF, then again from 1 without those still outstanding
        (3.4 section 5.1.4)."""
        first = self._next
        if not self._wrapped and first + count <= MAX_SEQUENCE:
            self._next = first + count
            return range(first, first + count)
        return [self._take_one() for _ in range(count)]

    def _take_one(self) -> int:
        # Late ones are skipped as well, else an old answer would be taken for that of the new request.
        while self._next in self.bulk or self._next in self._singles or self._next in self._late:
            self._advance()
        taken = self._next
        self._advance()
        return taken

    def _advance(self) -> None:
        if self._next >= MAX_SEQUENCE:
            self._next, self._wrapped = 1, True
        else:
            self._next += 1

    def add_bulk(self, keys: Sequence[K], now: float) -> Sequence[int]:
        """A sequence number for each key. Raises LocalProtocolError when the window has less room."""
        count = len(keys)
        if count > self.room:
            raise LocalProtocolError(f"{count} requests do not fit a window with room for {self.room}")
        if not count:
            return ()
        self._trim()
        sequences = self.take(count)
        self.bulk.update(zip(sequences, keys, strict=True))
        self._strides.append(_Stride(now + self._timeout, sequences))
        return sequences

    def _trim(self) -> None:
        """Forget answered strides in front, at most two for each that comes: else short ones would pile up to their
        deadline, by the hundred thousand at full speed."""
        for _ in range(2):
            if not self._strides or not self.bulk.keys().isdisjoint(self._strides[0].sequences):
                return
            self._strides.popleft()

    def add_single(self, response_id: int, key: K, now: float) -> int:
        """A sequence number for one request. Raises LocalProtocolError when the window is full."""
        if not self.room:
            raise LocalProtocolError(f"the window of {self.window} is full")
        sequence = self.take(1)[0]
        self._singles[sequence] = _Single(response_id, key, now + self._timeout)
        return sequence

    def match_single(self, response_id: int, sequence: int) -> _Single[K] | None:
        """Take out the request this answers; None, and it stays, when the command is another."""
        found = self._singles.get(sequence)
        if found is None or found.response_id != response_id:
            return None
        return self._singles.pop(sequence)

    def match_nack(self, sequence: int) -> tuple[K] | None:
        """Take out whatever request has this sequence: a nack does not say which command it refuses."""
        if sequence in self.bulk:
            return (self.bulk.pop(sequence),)
        found = self._singles.pop(sequence, None)
        return None if found is None else (found.key,)

    def match_late(self, sequence: int) -> tuple[K, float] | None:
        """Take out a timed-out bulk request."""
        return self._late.pop(sequence, None)

    def expire(self, now: float) -> list[K]:
        """Take out every request whose deadline has passed; the keys of bulk ones are remembered for a late answer."""
        keys: list[K] = []
        strides = self._strides
        if not self.bulk:
            strides.clear()
        while strides and strides[0].deadline <= now:
            self._expire_stride(strides.popleft().sequences, now, keys)
        overdue = [number for number, single in self._singles.items() if single.deadline <= now]
        keys.extend(self._singles.pop(sequence).key for sequence in overdue)
        self._forget(now)
        return keys

    def _expire_stride(self, sequences: Sequence[int], now: float, keys: list[K]) -> None:
        bulk = self.bulk
        for sequence in sequences:
            if sequence in bulk:
                key = bulk.pop(sequence)
                keys.append(key)
                self._late[sequence] = key, now + self._late_s

    def _forget(self, now: float) -> None:
        late = self._late
        while late:
            oldest = next(iter(late))
            if late[oldest][1] > now and len(late) <= LATE_LIMIT:
                return
            del late[oldest]

    def next_deadline(self) -> float | None:
        """The earliest deadline; may belong to requests answered since, then the visit is in vain."""
        times = [single.deadline for single in self._singles.values()]
        if self.bulk and self._strides:
            times.append(self._strides[0].deadline)
        return min(times, default=None)

    def drain(self) -> list[K]:
        """Take out everything."""
        keys = [*self.bulk.values(), *(single.key for single in self._singles.values())]
        self.bulk.clear()
        self._singles.clear()
        self._strides.clear()
        return keys
