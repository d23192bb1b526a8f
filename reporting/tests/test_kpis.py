from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.statuses import Status
from reporting.kpis import Count, Rate, Tally
from reporting.templatetags.kpis import interval, rate


def tally(blocked_at_door: int = 0, expired_unsent: int = 0, **counts: int) -> Tally:
    late = [Count(Status[name.upper()], is_early=False, messages=count) for name, count in counts.items()]
    early = [Count(Status.BLOCKED, True, blocked_at_door), Count(Status.EXPIRED, True, expired_unsent)]
    return Tally.of([*late, *early])


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        (9, 10, 59.6, 98.2),
        (19, 20, 76.4, 99.1),
        (0, 10, 0, 27.8),
        (10, 10, 72.2, 100),
        (95, 100, 88.8, 97.8),
        (950, 1000, 93.5, 96.2),
        (9500, 10_000, 94.6, 95.4),
    ],
)
def test_wilsons_interval_gives_the_worked_examples(part: int, whole: int, low: float, high: float) -> None:
    bounds = Rate(part, whole).bounds
    assert bounds is not None
    assert (round(100 * bounds[0], 1), round(100 * bounds[1], 1)) == (low, high)


@given(st.integers(1, 10_000).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_the_interval_holds_the_rate_and_stays_between_0_and_1(sample: tuple[int, int]) -> None:
    value = Rate(*sample)
    assert value.bounds is not None
    assert value.fraction is not None
    assert 0 <= value.bounds[0] <= value.fraction + 1e-12
    assert value.fraction - 1e-12 <= value.bounds[1] <= 1


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(0, 0, "–"), (9, 10, "9 of 10"), (29, 29, "29 of 29"), (29, 30, "96.6\u00a0%"), (120_000, 120_000, "100\u00a0%")],
)
def test_small_samples_are_shown_as_they_are(part: int, whole: int, shown: str) -> None:
    assert rate(Rate(part, whole)) == shown


def test_of_nothing_no_interval_is_shown() -> None:
    assert (interval(Rate(0, 0)), interval(Rate(95, 100))) == ("", "88.8\u00a0–\u00a097.8\u00a0%")


def test_silence_counts_against_the_headline_and_not_against_the_settled_rate() -> None:
    day = tally(accepted=1000, submitted=1000, delivered=800, undelivered=100)
    assert day.delivery_rate == Rate(800, 1000)
    assert day.open == day.waiting == 100
    assert day.settled_rate == Rate(800, 900)
    assert day.settled_share == Rate(900, 1000)


def test_messages_without_a_receipt_lower_the_coverage() -> None:
    day = tally(accepted=1000, submitted=1000, delivered=900, unknown=100)
    assert day.receipt_coverage == Rate(900, 1000)
    assert day.is_coverage_low
    assert not tally(accepted=20, submitted=20, delivered=10, unknown=10).is_coverage_low


def test_what_was_blocked_at_the_door_was_never_accepted() -> None:
    day = tally(blocked_at_door=50, accepted=100, blocked=10, delivered=60, submitted=60)
    assert (day.accepted, day.blocked, day.waiting) == (100, 60, 30)


def test_expiry_before_submit_leaves_nothing_open_once_all_is_final() -> None:
    day = tally(accepted=100, submitted=60, delivered=60, expired=40)
    assert (day.waiting, day.open) == (0, 0)
    assert day.settled_rate == Rate(60, 60)


def test_expiry_before_submit_does_not_settle_what_is_still_open() -> None:
    day = tally(accepted=100, submitted=60, delivered=40, expired_unsent=30)
    assert (day.expired, day.waiting, day.open) == (30, 30, 20)
    assert day.settled_rate == Rate(40, 40)


def test_a_receipt_proves_a_submit_whose_answer_was_lost() -> None:
    assert tally(accepted=10, submitted=8, delivered=10).handed_over == 10


def test_nothing_delivered_has_no_cost_per_message_and_nothing_charged_no_margin() -> None:
    assert (tally().cost_per_delivered, tally().margin) == (None, None)
    counts = [Count(Status.DELIVERED, False, 4), Count(Status.SUBMITTED, False, 5, 750_000, 450_000)]
    paid = Tally.of(counts)
    assert (paid.cost_per_delivered, paid.margin_micros, paid.margin) == (187_500, 300_000, 0.4)


@given(st.lists(st.tuples(st.sampled_from(list(Status)), st.booleans(), st.integers(0, 1000)), max_size=20))
def test_no_figure_is_ever_negative_whatever_has_been_folded_so_far(rows: list[tuple[Status, bool, int]]) -> None:
    found = Tally.of(Count(*row) for row in rows)
    figures = (found.waiting, found.open, found.handed_over, found.settled_rate.whole, found.receipt_coverage.part)
    assert min(figures) >= 0
    assert found.delivered <= found.handed_over
