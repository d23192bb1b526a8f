from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from routing.statuses import LineState
from routing.uptime import Span, clip, uptime, uptime_cells

START = datetime(2026, 11, 23, tzinfo=UTC)
END = START + timedelta(hours=10)


def span(state: LineState, first: float, last: float) -> Span:
    """Hours from START."""
    return Span(state, START + timedelta(hours=first), START + timedelta(hours=last))


def test_downtime_counts_against_the_time_that_counts() -> None:
    spans = [span(LineState.UP, 0, 6), span(LineState.DOWN, 6, 7), span(LineState.MAINTENANCE, 7, 9)]
    spans.append(span(LineState.UP, 9, 10))
    found = uptime(spans, START, END)
    assert found.availability == pytest.approx(7 / 8)
    assert (found.down_s, found.outages, found.mean_outage_s) == (3600, 1, 3600)
    assert found.is_complete


def test_a_degraded_line_is_available() -> None:
    assert uptime([span(LineState.DEGRADED, 0, 10)], START, END).availability == 1


def test_gaps_are_unknown_and_make_the_figure_incomplete() -> None:
    found = uptime([span(LineState.UP, 0, 4), span(LineState.UP, 5, 10)], START, END)
    assert found.availability == 1
    assert found.unknown_s == 3600
    assert not found.is_complete


def test_without_any_watch_there_is_no_figure() -> None:
    assert uptime([], START, END).availability is None


def test_intervals_are_clipped_to_the_period_and_never_counted_twice() -> None:
    spans = [span(LineState.UP, -5, 4), span(LineState.DOWN, 3, 6), span(LineState.UP, 6, 20)]
    clipped = clip(spans, START, END)
    assert [(s.state, s.seconds / 3600) for s in clipped] == [
        (LineState.UP, 4),
        (LineState.DOWN, 2),
        (LineState.UP, 4),
    ]
    assert sum(s.seconds for s in clipped) == (END - START).total_seconds()


def test_a_cell_shows_the_worst_that_happened_in_it() -> None:
    spans = [span(LineState.UP, 0, 4.9), span(LineState.DOWN, 4.9, 5), span(LineState.DEGRADED, 5, 6)]
    cells = uptime_cells(spans, START, END, 10)
    words = [str(cell.state) for cell in cells]
    assert words == ["up"] * 4 + ["down", "degraded"] + ["unknown"] * 4
    assert cells[4].availability == pytest.approx(0.9)
    assert (cells[0].start, cells[-1].end) == (START, END)


def test_binds_that_start_one_after_another_leave_no_mark() -> None:
    second = 1 / 3600
    starting = [span(LineState.UP, 0, 1), span(LineState.DEGRADED, 1, 1 + 29 * second)]
    lasting = [span(LineState.DEGRADED, 2, 2 + 30 * second), span(LineState.DOWN, 3, 3 + second)]
    words = [str(cell.state) for cell in uptime_cells([*starting, *lasting], START, START + timedelta(hours=4), 4)]
    assert words == ["up", "up", "degraded", "down"]
