from __future__ import annotations

import asyncio

from routing.pace import BackOff, Bucket
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
