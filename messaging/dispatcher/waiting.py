"""Waiting for an event, for a while."""

from __future__ import annotations

import asyncio
from contextlib import suppress


async def wait_up_to(seconds: float, event: asyncio.Event) -> None:
    """Until the event is set, but no longer than that.

    Not `asyncio.wait_for`: before Python 3.12 that one loses a cancellation which comes together with the event, and a
    task that cannot be cancelled keeps its group from ending when another one of the group has failed.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
