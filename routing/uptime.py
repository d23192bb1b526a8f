"""Availability of a route out of its recorded intervals (docs/rules.md#availability). Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from routing.statuses import AVAILABLE, NOT_COUNTED, LineState

# Above this share of time without a watch, the figure is said to be incomplete.
UNKNOWN_TOLERATED: Final = 0.01
# Binds start one after another, and again after every restart: a shortage this short is a start and no trouble.
START_TOLERATED_S: Final = 30.0
# What a cell of the bar shows when several states fell into it: the worst.
_WORST_FIRST: Final = (LineState.DOWN, LineState.DEGRADED, LineState.MAINTENANCE, LineState.UP, LineState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Span:
    """A state over [start, end)."""

    state: LineState
    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True)
class Uptime:
    """`availability` is 0 to 1, None when no time counts; not `is_complete` when much of the time is unknown."""

    availability: float | None
    is_complete: bool
    down_s: float
    unknown_s: float
    outages: int
    mean_outage_s: float | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One piece of the uptime bar: the worst state in it, and its availability.

    Degraded for less than START_TOLERATED_S counts as up; down counts however short.
    """

    state: LineState
    start: datetime
    end: datetime
    availability: float | None


def clip(spans: Iterable[Span], start: datetime, end: datetime) -> list[Span]:
    """The spans inside [start, end) in order, with unknown ones for the gaps between them."""
    clipped: list[Span] = []
    at = start
    for span in sorted(spans, key=lambda span: span.start):
        first, last = max(span.start, at), min(span.end, end)
        if first >= last:
            continue
        if first > at:
            clipped.append(Span(LineState.UNKNOWN, at, first))
        clipped.append(Span(span.state, first, last))
        at = last
    if at < end:
        clipped.append(Span(LineState.UNKNOWN, at, end))
    return clipped


def uptime(spans: Iterable[Span], start: datetime, end: datetime) -> Uptime:
    """availability = 1 - down / (period - maintenance - unknown). Degraded is available."""
    clipped = clip(spans, start, end)
    seconds: defaultdict[LineState, float] = defaultdict(float)
    for span in clipped:
        seconds[span.state] += span.seconds
    counted = sum(length for state, length in seconds.items() if state not in NOT_COUNTED)
    outages = [span for span in clipped if span.state == LineState.DOWN]
    return Uptime(
        availability=sum(seconds[state] for state in AVAILABLE) / counted if counted else None,
        is_complete=seconds[LineState.UNKNOWN] <= UNKNOWN_TOLERATED * (end - start).total_seconds(),
        down_s=seconds[LineState.DOWN],
        unknown_s=seconds[LineState.UNKNOWN],
        outages=len(outages),
        mean_outage_s=seconds[LineState.DOWN] / len(outages) if outages else None,
    )


def uptime_cells(spans: Sequence[Span], start: datetime, end: datetime, count: int = 48) -> list[Cell]:
    """The period in `count` equal pieces, oldest first, for the uptime bar."""
    width = (end - start) / count
    return [_cell(spans, start + width * number, start + width * (number + 1)) for number in range(count)]


def _cell(spans: Iterable[Span], start: datetime, end: datetime) -> Cell:
    seconds: defaultdict[LineState, float] = defaultdict(float)
    for span in clip(spans, start, end):
        seconds[span.state] += span.seconds
    if seconds[LineState.DEGRADED] < START_TOLERATED_S:
        seconds[LineState.UP] += seconds.pop(LineState.DEGRADED)
    worst = next(state for state in _WORST_FIRST if seconds[state] > 0)
    return Cell(worst, start, end, uptime(spans, start, end).availability)
