"""Asking many numbers of one source: at its speed, so many at once, each with a bound on its time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from kernel.telecom.e164 import E164
from routing.lookups.contract import Lookup, LookupConfig, LookupResult, LookupSession, LookupStatus
from routing.pace import Bucket

AT_ONCE: Final = 20
ANSWER_S: Final = 30.0


def ask_all(
    lookup: Lookup, config: LookupConfig, numbers: Sequence[E164], *, per_second: int, answer_s: float = ANSWER_S
) -> list[LookupResult]:
    """One result for each number, in their order. Call outside any context: it may take minutes.

    Args:
        per_second: questions a second, 0 is no limit.
        answer_s: what takes longer is an error.

    Raises:
        LookupConfigProblem: the settings cannot work.
    """

    async def run() -> list[LookupResult]:
        session = await lookup.open(config)
        places, pace = asyncio.Semaphore(AT_ONCE), Pace(per_second)
        try:
            questions = [_ask(session, number, places, pace, answer_s) for number in numbers]
            return list(await asyncio.gather(*questions))
        finally:
            await session.close()

    return asyncio.run(run())


class Pace:
    """Lets one question after the other go, as fast as the source takes them."""

    def __init__(self, per_second: int) -> None:
        self._time = asyncio.get_running_loop().time
        self._bucket = Bucket(per_second, self._time())
        self._turn = asyncio.Lock()

    async def wait(self) -> None:
        async with self._turn:
            while not self._bucket.available(self._time(), 1):  # noqa: ASYNC110 - time itself is awaited
                await asyncio.sleep(self._bucket.ready_in())
            self._bucket.take(1)


async def _ask(
    session: LookupSession, number: E164, places: asyncio.Semaphore, pace: Pace, answer_s: float
) -> LookupResult:
    async with places:
        await pace.wait()
        try:
            async with asyncio.timeout(answer_s):
                return await session.ask(number)
        except TimeoutError:
            return LookupResult(LookupStatus.ERROR, detail=f"no answer within {answer_s:g} s")
