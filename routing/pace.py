"""How fast a link may go: a bucket for the contracted speed, a pause that grows while the operator is too busy."""

from __future__ import annotations

from typing import Final

BURST_S: Final = 0.1
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0
# Promotional traffic leaves one part in so many to others.
RESERVE: Final = 10
# A refusal this long after the last pause ended is a new story.
CLEAN_S: Final = 1.0


class Bucket:
    """Parts a second, at most a tenth of a second's worth at once; a rate of 0 is no limit."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: int, now: float) -> None:
        self._rate = rate
        self._burst = max(1.0, rate * BURST_S)
        self._tokens = self._burst
        self._at = now

    def available(self, now: float, limit: int) -> int:
        """Parts that may go now, never above `limit`."""
        if not self._rate:
            return limit
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        return max(0, min(limit, int(self._tokens)))

    @property
    def reserve(self) -> int:
        """Of the parts that may go at once, those kept for urgent traffic; 0 where a burst is a single part."""
        return _share(int(self._burst)) if self._rate else 0

    def change_rate(self, rate: int, now: float) -> None:
        """Go on at another rate: what was saved up stays, as far as the new burst holds it."""
        self.available(now, 0)
        self._burst = max(1.0, rate * BURST_S)
        self._tokens = min(self._burst, self._tokens) if self._rate else self._burst
        self._rate, self._at = rate, now

    def take(self, parts: int) -> None:
        if self._rate:
            self._tokens -= parts

    def ready_in(self) -> float:
        """Seconds from the last `available` until one part may go."""
        return max(0.0, (1.0 - self._tokens) / self._rate) if self._rate else 0.0


def promotional_reserve(*, free: int, capacity: int, tokens: int, bucket: Bucket) -> int:
    """Parts of the present room that promotional traffic leaves to others: a tenth of the window and of a burst, at
    least one of each where there is more than one.

    Args:
        free: unused places of all windows, of `capacity`.
        tokens: what the bucket gives now.
    """
    room = max(0, min(free, tokens))
    return room - max(0, min(free - _share(capacity), tokens - bucket.reserve))


def _share(whole: int) -> int:
    return max(1, whole // RESERVE) if whole > 1 else 0


class BackOff:
    """Pauses of 0.5, 1, 2 … 30 s while RTHROTTLED or RMSGQFUL come, short again after a clean second.

    Refusals that arrive during a pause belong to what was sent before it, and do not lengthen it.
    """

    __slots__ = ("_length", "until")

    def __init__(self) -> None:
        self.until = 0.0
        self._length = 0.0

    def refuse(self, now: float) -> None:
        if now < self.until:
            return
        clean = now - self.until > CLEAN_S
        self._length = FIRST_PAUSE_S if clean or not self._length else min(LONGEST_PAUSE_S, self._length * 2)
        self.until = now + self._length

    def is_pausing(self, now: float) -> bool:
        return now < self.until
