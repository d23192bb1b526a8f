from __future__ import annotations

import asyncio
from collections import deque

import pytest

from routing.pace import BackOff, Bucket, Pace, Passing, promotional_reserve
from routing.smsc.wheel import Wheel


def test_a_bucket_gives_a_tenth_of_a_second_at_once_and_then_its_rate() -> None:
    bucket = Bucket(100, now=0)
    assert bucket.available(0, 1_000) == 10
    bucket.take(10)
    assert bucket.available(0.05, 1_000) == 5
    bucket.take(5)
    sent = 0
    for tick in range(1, 201):
        parts = bucket.available(0.05 + tick / 100, 1_000)
        bucket.take(parts)
        sent += parts
    assert 198 <= sent <= 202


def test_an_idle_bucket_does_not_save_up() -> None:
    assert Bucket(100, now=0).available(3600, 1_000) == 10


def test_a_bucket_never_gives_more_than_is_asked_for() -> None:
    assert Bucket(100, now=0).available(0, 3) == 3


def test_a_slow_bucket_still_gives_one_and_says_when_the_next_comes() -> None:
    bucket = Bucket(1, now=0)
    assert bucket.available(0, 5) == 1
    bucket.take(1)
    assert bucket.available(0, 5) == 0
    assert bucket.ready_in() == 1.0


def test_without_a_rate_there_is_no_limit() -> None:
    bucket = Bucket(0, now=0)
    bucket.take(10**6)
    assert bucket.available(0, 10**6) == 10**6
    assert bucket.ready_in() == 0


def test_pauses_double_up_to_half_a_minute() -> None:
    back_off, now, lengths = BackOff(), 100.0, []
    for _ in range(9):
        back_off.refuse(now)
        lengths.append(back_off.until - now)
        now = back_off.until + 0.1
    assert [round(length, 3) for length in lengths] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_refusals_during_a_pause_do_not_lengthen_it() -> None:
    back_off = BackOff()
    for _ in range(50):
        back_off.refuse(10.0)
    assert back_off.until == 10.5
    assert back_off.is_pausing(10.49)
    assert not back_off.is_pausing(10.5)


def test_after_a_clean_second_pauses_are_short_again() -> None:
    back_off = BackOff()
    back_off.refuse(0.0)
    back_off.refuse(0.6)
    assert back_off.until == 1.6
    back_off.refuse(2.7)
    assert back_off.until == 3.2


def test_a_wheel_hands_over_in_order_and_never_early() -> None:
    async def turn() -> list[tuple[str, float]]:
        loop = asyncio.get_running_loop()
        heard: list[tuple[str, float]] = []
        done = asyncio.Event()

        def due(items: list[str]) -> None:
            heard.extend((item, loop.time() - began) for item in items)
            if len(heard) == 4:
                done.set()

        wheel: Wheel[str] = Wheel(due)
        began = loop.time()
        for name, delay in (("last", 0.06), ("first", 0.0), ("second", 0.03), ("second too", 0.03)):
            wheel.add(delay, name)
        assert len(wheel) == 4
        await asyncio.wait_for(done.wait(), 5)
        return heard

    heard = asyncio.run(turn())
    assert [name for name, _ in heard] == ["first", "second", "second too", "last"]
    assert all(at >= delay for (_, at), delay in zip(heard, (0, 0.03, 0.03, 0.06), strict=True))


class Sky:
    """An operator that takes `limit` parts in each second and refuses the rest of it, a round trip away."""

    def __init__(self, limit: float, round_trip_s: float = 0.1) -> None:
        self.limit = limit
        self.round_trip_s = round_trip_s
        self.taken = self.refused = 0
        self._tokens = limit
        self._answers: deque[tuple[float, bool]] = deque()

    def offer(self, parts: int, now: float) -> None:
        for _ in range(parts):
            is_taken = self._tokens >= 1
            self._tokens -= is_taken
            self.taken += is_taken
            self.refused += not is_taken
            self._answers.append((now + self.round_trip_s, is_taken))

    def refusals(self, now: float, step: float) -> int:
        if int(now) != int(now - step):
            self._tokens = self.limit
        heard = 0
        while self._answers and self._answers[0][0] <= now:
            heard += not self._answers.popleft()[1]
        return heard


def fly(contracted: int, sky: Sky, seconds: float, offered: float = 1e9) -> Pace:
    pace, back_off, step = Pace(contracted, 0.0), BackOff(), 0.01
    for tick in range(1, int(seconds / step)):
        now = tick * step
        for _ in range(sky.refusals(now, step)):
            back_off.refuse(now)
            pace.refuse(now, back_off.until)
        if not back_off.is_pausing(now):
            parts = pace.available(now, int(min(offered * step, 1_000)))
            pace.take(parts, now)
            sky.offer(parts, now)
    return pace


@pytest.mark.parametrize("limit", [30, 50, 70, 95])
def test_most_of_what_the_operator_takes_is_used_and_hardly_anything_refused(limit: int) -> None:
    sky = Sky(limit)
    fly(100, sky, 600)
    assert sky.taken >= 0.85 * limit * 600
    assert sky.refused <= 0.02 * (sky.taken + sky.refused)


def test_without_a_contracted_speed_the_limit_is_found_by_the_refusals() -> None:
    sky = Sky(50)
    fly(0, sky, 600, offered=1_000)
    assert sky.taken >= 0.80 * 50 * 600
    assert sky.refused <= 0.02 * (sky.taken + sky.refused)


def test_a_refusal_is_remembered_as_the_ceiling_and_lowers_the_rate_once_a_second() -> None:
    pace = Pace(100, 0.0)
    for at in (10.0, 10.2, 10.9):
        pace.refuse(at, at)
    assert (pace.ceiling, pace.rate) == (100, 85)
    pace.refuse(11.0, 11.0)
    assert (pace.ceiling, round(pace.rate, 2)) == (85, 72.25)


def test_the_rate_rises_quickly_to_near_the_ceiling_slowly_to_it_and_probes_beyond() -> None:
    pace = Pace(100, 0.0)
    pace.refuse(0.0, 0.0)
    pace.refuse(1.0, 1.0)
    seen = []
    for at in (2.0, 2.5, 2.85, 4.85, 19.85, 20.85, 35.85):
        pace.available(at, 1)
        seen.append(round(pace.rate, 2))
    assert seen == [72.25, 74.75, 76.5, 77.5, 85.0, 86.0, 100.0]
    pace.available(36.0, 1)
    assert (pace.rate, pace.ceiling) == (100, 0)


def test_the_rate_never_falls_below_one_a_second() -> None:
    pace = Pace(100, 0.0)
    for second in range(100):
        pace.refuse(float(second), float(second))
    assert pace.rate == 1.0


def test_a_warning_of_congestion_slows_down_without_a_refusal() -> None:
    pace = Pace(100, 0.0)
    pace.warn(5.0)
    pace.warn(5.5)
    assert (pace.rate, pace.ceiling) == (90, 100)


def test_another_contract_keeps_what_was_learnt_as_far_as_it_is_below() -> None:
    pace = Pace(100, 0.0)
    pace.refuse(10.0, 10.0)
    pace.change(200, 10.0)
    assert (pace.rate, pace.ceiling) == (85, 100)
    pace.change(50, 10.0)
    assert (pace.rate, pace.ceiling) == (50, 0)


def test_a_full_queue_is_one_numbers_when_others_pass() -> None:
    passing = Passing(0.0)
    assert not passing.is_one_number(0.1)
    passing.note(30, 0.2)
    assert passing.is_one_number(0.3)
    assert passing.is_one_number(0.4)
    assert not passing.is_one_number(0.5)
    assert not passing.is_one_number(1.5)


def test_a_full_queue_asks_for_a_longer_pause_than_throttling() -> None:
    back_off = BackOff()
    back_off.refuse(10.0, 1.0)
    assert back_off.until == 11.0


@pytest.mark.parametrize(
    ("free", "capacity", "rate", "kept"), [(20, 20, 0, 2), (1, 20, 0, 1), (0, 20, 0, 0), (20, 20, 100, 1), (1, 1, 1, 0)]
)
def test_promotions_leave_a_tenth_of_window_and_burst(free: int, capacity: int, rate: int, kept: int) -> None:
    bucket = Bucket(rate, 0.0)
    tokens = bucket.available(0.0, capacity)
    assert promotional_reserve(free=free, capacity=capacity, tokens=tokens, bucket=bucket) == kept
