"""One timer for everything that is due later: items are kept by tick, and each tick hands over its whole list."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Iterable
from typing import Final, Generic, TypeVar

T = TypeVar("T")

TICK_S: Final = 0.01


class Wheel(Generic[T]):
    """Items due within the same hundredth of a second come together; at most a tick late, never early."""

    def __init__(self, due: Callable[[list[T]], None]) -> None:
        self._due = due
        self._loop = asyncio.get_running_loop()
        self._slots: dict[int, list[T]] = {}
        self._ticks: list[int] = []
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return sum(map(len, self._slots.values()))

    def add(self, delay_s: float, item: T) -> None:
        self.add_all(delay_s, (item,))

    def add_all(self, delay_s: float, items: Iterable[T]) -> None:
        tick = int((self._loop.time() + delay_s) / TICK_S) + 1
        slot = self._slots.get(tick)
        if slot is not None:
            slot += items
            return
        self._slots[tick] = [*items]
        heapq.heappush(self._ticks, tick)
        if self._ticks[0] == tick:
            self._arm()

    def clear(self) -> None:
        self._slots.clear()
        self._ticks.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._ticks[0] * TICK_S, self._turn)

    def _turn(self) -> None:
        now = self._loop.time()
        items: list[T] = []
        while self._ticks and self._ticks[0] * TICK_S <= now:
            items += self._slots.pop(heapq.heappop(self._ticks))
        if self._ticks:
            self._arm()
        if items:
            self._due(items)
