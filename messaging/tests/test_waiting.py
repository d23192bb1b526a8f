"""A loop that waits for events can be cancelled at any moment."""

from __future__ import annotations

import asyncio

import pytest

from messaging.dispatcher.waiting import wait_up_to


@pytest.mark.parametrize("steps", range(5))
def test_a_cancellation_that_comes_together_with_the_event_is_not_lost(steps: int) -> None:
    async def run() -> None:
        event = asyncio.Event()

        async def work() -> None:
            while True:
                event.clear()
                await wait_up_to(60, event)

        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        event.set()
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task], timeout=5)
        assert task.cancelled()

    asyncio.run(run())


def test_waiting_ends_when_the_time_is_over() -> None:
    asyncio.run(wait_up_to(0.01, asyncio.Event()))
