"""The figures of quality, by their definitions (docs/rules.md#figures). Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from messaging.statuses import Status

Z: Final = 1.96  # 95 %
SMALL_SAMPLE: Final = 30
# Below this share of receipts, the receipts are broken rather than the network.
COVERAGE_TARGET: Final = 0.95


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many. Fewer than SMALL_SAMPLE are shown as they are, never as a percentage."""

    part: int
    whole: int

    @property
    def fraction(self) -> float | None:
        return self.part / self.whole if self.whole else None

    @property
    def is_small(self) -> bool:
        return self.whole < SMALL_SAMPLE

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Wilson's interval for 95 %, as fractions; None of nothing."""
        if not self.whole:
            return None
        n, p = self.whole, self.part / self.whole
        middle, spread = p + Z * Z / (2 * n), Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        scale = 1 + Z * Z / n
        return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


@dataclass(frozen=True, slots=True)
class Count:
    """What a roll-up says of one outcome; `is_early`: refused before a route was chosen, or expired before submit."""

    outcome: Status
    is_early: bool
    messages: int
    charged_micros: int = 0
    cost_micros: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """The messages of a cohort. The letters are those of the definitions."""

    by_outcome: Mapping[Status, int] = field(default_factory=dict)
    blocked_at_door: int = 0
    expired_unsent: int = 0
    charged_micros: int = 0
    cost_micros: int = 0

    @classmethod
    def of(cls, counts: Iterable[Count]) -> Tally:
        sums: dict[Status, int] = {}
        early: dict[Status, int] = {}
        charged = cost = 0
        for each in counts:
            sums[each.outcome] = sums.get(each.outcome, 0) + each.messages
            if each.is_early:
                early[each.outcome] = early.get(each.outcome, 0) + each.messages
            charged += each.charged_micros
            cost += each.cost_micros
        return cls(sums, early.get(Status.BLOCKED, 0), early.get(Status.EXPIRED, 0), charged, cost)

    def _sum(self, *outcomes: Status) -> int:
        return sum(self.by_outcome.get(outcome, 0) for outcome in outcomes)

    @property
    def accepted(self) -> int:
        """A: taken at the door; what was blocked there is never in it."""
        return self._sum(Status.ACCEPTED, Status.SCHEDULED)

    @property
    def blocked(self) -> int:
        """B, and those blocked later, when their batch was claimed."""
        return self._sum(Status.BLOCKED)

    @property
    def delivered(self) -> int:
        return self._sum(Status.DELIVERED)

    @property
    def failed(self) -> int:
        """The term of the conservation bar: refused or given up by an operator, or by us for want of a route."""
        return self._sum(Status.UNDELIVERED, Status.REJECTED, Status.FAILED)

    @property
    def expired(self) -> int:
        return self._sum(Status.EXPIRED)

    @property
    def cancelled(self) -> int:
        return self._sum(Status.CANCELLED)

    @property
    def unknown(self) -> int:
        return self._sum(Status.UNKNOWN)

    @property
    def handed_over(self) -> int:
        """S. A receipt proves the submit whose answer was lost."""
        known = self._sum(Status.DELIVERED, Status.UNDELIVERED, Status.UNKNOWN)
        return max(self._sum(Status.SUBMITTED), known)

    @property
    def waiting(self) -> int:
        """Q + O: accepted and not final."""
        finals = sum(count for outcome, count in self.by_outcome.items() if outcome >= Status.DELIVERED)
        return max(self.accepted - (finals - self.blocked_at_door), 0)

    @property
    def open(self) -> int:
        """O: handed over and not final. A rejection may have come before or after submit; it is never open."""
        expired = self.expired - self.expired_unsent
        settled = self.delivered + self.unknown + expired + self._sum(Status.UNDELIVERED, Status.REJECTED)
        return min(max(self.handed_over - settled, 0), self.waiting)

    @property
    def delivery_rate(self) -> Rate:
        """D / S, the headline: silence counts against it."""
        return Rate(self.delivered, self.handed_over)

    @property
    def settled_rate(self) -> Rate:
        """D / (S - O), for cohorts whose receipts still come."""
        return Rate(self.delivered, self.handed_over - self.open)

    @property
    def settled_share(self) -> Rate:
        """1 - O/S: how much of the cohort will not change any more."""
        return Rate(self.handed_over - self.open, self.handed_over)

    @property
    def receipt_coverage(self) -> Rate:
        """Messages with a receipt, of those that are settled."""
        settled = self.handed_over - self.open
        return Rate(settled - self.unknown, settled)

    @property
    def is_coverage_low(self) -> bool:
        coverage = self.receipt_coverage
        return not coverage.is_small and (coverage.fraction or 0) < COVERAGE_TARGET

    @property
    def cost_per_delivered(self) -> int | None:
        """Micros; None where nothing was delivered, which is not 0."""
        return self.charged_micros // self.delivered if self.delivered else None

    @property
    def margin_micros(self) -> int:
        return self.charged_micros - self.cost_micros

    @property
    def margin(self) -> float | None:
        """(net charge - provider cost) / net charge; None where nothing was charged."""
        return self.margin_micros / self.charged_micros if self.charged_micros else None
