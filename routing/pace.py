"""How fast a link may go: a bucket for the contracted speed, a rate that gives way to a busy operator and comes back,
and a pause that grows while it stays busy (docs/rules.md#pace). Pure: time is an argument."""

from __future__ import annotations

import math
from typing import Final

BURST_S: Final = 0.1
FIRST_PAUSE_S: Final = 0.5
QUEUE_FULL_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 30.0
# Steps down, and up again in shares of the contracted speed a second.
REFUSED: Final = 0.85
WARNED: Final = 0.9
FLOOR: Final = 1.0
NEAR: Final = 0.9
FAST: Final = 0.05
SLOW: Final = 0.005
PROBE: Final = 0.01
# Without a contracted speed: so far above the last refusal there is no limit any more.
UNLIMITED: Final = 4.0
# So many must be taken for each full queue that it is one number's.
OTHERS_PASS: Final = 10
# Promotional traffic leaves one part in so many to others.
RESERVE: Final = 10
# A refusal this long after the last pause ended is a new story.
CLEAN_S: Final = 1.0


class Bucket:
    """Parts a second, at most a tenth of a second's worth at once; a rate of 0 is no limit."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, now: float) -> None:
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

    def change_rate(self, rate: float, now: float) -> None:
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


def promotional_reserve(*, free: int, capacity: int, tokens: int, bucket: Bucket | Pace) -> int:
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


class Pace:
    """The contracted speed, and less of it while the operator says that it is too much.

    A refusal makes the present rate the ceiling that is remembered, and the rate a little lower. Then it rises again:
    quickly to just below the ceiling, slowly up to it, and beyond it as a probe. At most one step down a second.

    Args:
        contracted: parts a second; 0 is no limit, until a refusal shows that there is one.
    """

    __slots__ = ("_bucket", "_contracted", "_count", "_counted_from", "_cut_at", "_grown_at", "_last_second",
                 "_quiet_from", "ceiling", "rate")  # fmt: skip

    def __init__(self, contracted: int, now: float) -> None:
        self._contracted = contracted
        self._bucket = Bucket(contracted, now)
        self.rate: float = contracted
        self.ceiling = 0.0
        self._cut_at = -math.inf
        self._quiet_from = self._grown_at = now
        self._count, self._last_second, self._counted_from = 0, 0, now

    @property
    def reserve(self) -> int:
        """See Bucket."""
        return self._bucket.reserve

    def change(self, contracted: int, now: float) -> None:
        """Another contract: what was learnt of the operator holds as far as it is below it."""
        self._contracted = contracted
        if not self.ceiling or (contracted and self.rate >= contracted):
            self._recovered(now)

    def available(self, now: float, limit: int) -> int:
        """Parts that may go now, never above `limit`."""
        if self.ceiling:
            self._grow(now)
        return self._bucket.available(now, limit)

    def take(self, parts: int, now: float) -> None:
        self._bucket.take(parts)
        if now - self._counted_from >= 1.0:
            self._last_second = self._count if now - self._counted_from < 2.0 else 0
            self._count, self._counted_from = 0, now
        self._count += parts

    def ready_in(self) -> float:
        """Seconds from the last `available` until one part may go."""
        return self._bucket.ready_in()

    def refuse(self, now: float, until: float) -> None:
        """RTHROTTLED or RMSGQFUL came. A pause proves nothing, so the clean second begins at its end, `until`."""
        self._quiet_from = max(self._quiet_from, until + CLEAN_S)
        if now - self._cut_at >= 1.0:
            self.ceiling = self._present(now)
            self._cut(self.ceiling, REFUSED, now)

    def warn(self, now: float) -> None:
        """The operator told of congestion and took the message (congestion_state, SMPP 5.0 section 4.8.4.18)."""
        self._quiet_from = max(self._quiet_from, now + CLEAN_S)
        if now - self._cut_at >= 1.0:
            self.ceiling = self.ceiling or self._present(now)
            self._cut(self._present(now), WARNED, now)

    def _present(self, now: float) -> float:
        if self.ceiling:
            self._grow(now)
        return self.rate or float(max(self._last_second, self._count, FLOOR))

    def _cut(self, present: float, factor: float, now: float) -> None:
        self._cut_at = self._grown_at = now
        self.rate = max(FLOOR, present * factor)
        self._bucket.change_rate(self.rate, now)

    def _grow(self, now: float) -> None:
        """What the time since the last call allows, zone by zone."""
        left = now - max(self._grown_at, self._quiet_from)
        self._grown_at = max(self._grown_at, now)
        if left <= 0:
            return
        base = self._contracted or max(self.rate, self.ceiling)
        top = self._contracted or UNLIMITED * self.ceiling
        for bound, step in ((NEAR * self.ceiling, FAST), (self.ceiling, SLOW), (top, PROBE)):
            needed = max(0.0, min(bound, top) - self.rate) / (step * base)
            self.rate += min(left, needed) * step * base
            left = max(0.0, left - needed)
        if self.rate >= top:
            self._recovered(now)
        else:
            self._bucket.change_rate(self.rate, now)

    def _recovered(self, now: float) -> None:
        self.rate, self.ceiling = self._contracted, 0.0
        self._bucket.change_rate(self.rate, now)


class Passing:
    """Whether a full queue is one number's or the operator's: do others pass in the same second."""

    __slots__ = ("_from", "_full", "_passed")

    def __init__(self, now: float) -> None:
        self._from = now
        self._passed = self._full = 0

    def note(self, passed: int, now: float) -> None:
        if now - self._from >= 1.0:
            self._from, self._passed, self._full = now, 0, 0
        self._passed += passed

    def is_one_number(self, now: float) -> bool:
        """Asked for each RMSGQFUL."""
        self.note(0, now)
        self._full += 1
        return self._passed >= OTHERS_PASS * self._full


class BackOff:
    """Pauses of 0.5, 1, 2 … 30 s while RTHROTTLED or RMSGQFUL come, short again after a clean second.

    Refusals that arrive during a pause belong to what was sent before it, and do not lengthen it.
    """

    __slots__ = ("_length", "until")

    def __init__(self) -> None:
        self.until = 0.0
        self._length = 0.0

    def refuse(self, now: float, first_s: float = FIRST_PAUSE_S) -> None:
        """
        Args:
            first_s: the shortest pause: longer for a full queue than for throttling.
        """
        if now < self.until:
            return
        clean = now - self.until > CLEAN_S
        self._length = first_s if clean or not self._length else min(LONGEST_PAUSE_S, self._length * 2)
        self.until = now + self._length

    def is_pausing(self, now: float) -> bool:
        return now < self.until
