"""What the answers of an operator say about the route as a whole: refusals in bulk, and receipts too good to be true.

Pure: time is an argument (docs/rules.md#refusals-by-operators).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from typing import Final

from kernel.smpp.receipts import ReceiptState
from routing.contract import IncomingReceipt

WINDOW_S: Final = 300.0
SLICE_S: Final = 10.0
SHARE: Final = 0.2
# Fewer answers than these say nothing.
ENOUGH: Final = 20

SAMPLES: Final = 1_000
TOO_FAST_S: Final = 0.1
CONVINCING: Final = 50


class _Slice:
    __slots__ = ("answers", "began", "refusals")

    def __init__(self, began: float) -> None:
        self.began = began
        self.answers = 0
        self.refusals: Counter[int] = Counter()


class RefusalWindow:
    """The answers of five minutes, and how many of them refused with a status that is suspicious in bulk."""

    def __init__(self) -> None:
        self._slices: deque[_Slice] = deque()
        self._answers = 0
        self._refusals: Counter[int] = Counter()

    def note(self, answers: int, now: float) -> None:
        """Answers of any kind."""
        self._forget(now)
        if not self._slices or now - self._slices[-1].began >= SLICE_S:
            self._slices.append(_Slice(now))
        self._slices[-1].answers += answers
        self._answers += answers

    def refuse(self, status: int, now: float) -> bool:
        """Count a suspicious refusal, one of the answers noted; True when there are too many of its kind."""
        if not self._slices:
            self.note(1, now)
        self._slices[-1].refusals[status] += 1
        self._refusals[status] += 1
        return self._is_too_many(status)

    def worst(self, now: float) -> tuple[int, float] | None:
        """The status of which there are too many, and its share of all answers."""
        self._forget(now)
        found = [status for status in self._refusals if self._is_too_many(status)]
        if not found:
            return None
        status = max(found, key=lambda each: self._refusals[each])
        return status, self._refusals[status] / self._answers

    def _is_too_many(self, status: int) -> bool:
        return self._answers >= ENOUGH and self._refusals[status] > SHARE * self._answers

    def _forget(self, now: float) -> None:
        while self._slices and now - self._slices[0].began >= WINDOW_S:
            gone = self._slices.popleft()
            self._answers -= gone.answers
            self._refusals -= gone.refusals


class ReceiptWatch:
    """Samples how soon messages are reported delivered: no network and no phone answers within a tenth of a second,
    every time. An operator that does so may invent its receipts."""

    def __init__(self) -> None:
        self._sent: dict[str, float] = {}
        self._verdicts: deque[bool] = deque(maxlen=2 * CONVINCING)

    def sent(self, number: str, now: float) -> None:
        """A message went to this number, without the plus."""
        if len(self._sent) >= SAMPLES:
            del self._sent[next(iter(self._sent))]
        self._sent[number] = now

    def heard(self, receipts: Iterable[IncomingReceipt], now: float) -> None:
        for receipt, source, _, _ in receipts:
            if source in self._sent and not receipt.intermediate:
                waited_s = now - self._sent.pop(source)
                self._verdicts.append(receipt.state is ReceiptState.DELIVERED and waited_s < TOO_FAST_S)

    @property
    def is_suspicious(self) -> bool:
        return len(self._verdicts) >= CONVINCING and all(self._verdicts)
