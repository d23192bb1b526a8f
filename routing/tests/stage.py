"""A link and a simulated operator in one event loop, over a real socket on a free port."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kernel.smpp.liveness import Timers
from routing.contract import Link
from routing.providers.smpp import SmppProvider
from routing.providers.smpp.link import Timing
from routing.smsc.server import Simulator
from routing.smsc.settings import Settings
from routing.tests.builders import TIMEOUT_S, Ear, smpp_config

FAST = Timing(connect=5, stagger=0, retry=0.02, retry_longest=0.1, tick=0.02)
FAST_ANSWERS = Timing(
    connect=5, stagger=0, retry=0.02, retry_longest=0.1, tick=0.02, session=Timers(response=0.2, unbind=0.2)
)


@dataclass
class Stage:
    smsc: Simulator
    link: Link
    ear: Ear

    async def settled(self, count: int) -> None:
        """Until so many results and receipts have come."""
        await self.ear.until(lambda: len(self.ear.results) >= count and len(self.ear.receipts) >= count)

    def change(self, **changes: Any) -> None:
        self.smsc.centre.change(self.smsc.centre.settings.changed(changes))


def play(
    story: Callable[[Stage], Awaitable[None]],
    *,
    settings: Settings | None = None,
    credentials: tuple[str, str] | None = None,
    timing: Timing = FAST,
    acks: bool = True,
    is_bound: bool = True,
    route: Mapping[str, object] | None = None,
    **config: Any,
) -> None:
    """Run `story` on a fresh stage, once the link is bound unless told otherwise.

    Args:
        settings: of the simulator; `route` of the link.
        config: fields of RouteConfig.
    """

    async def run() -> None:
        smsc = Simulator(settings=settings or Settings(receipt_delay_ms=0), credentials=credentials)
        await smsc.start(control_port=None)
        ear = Ear(acks=acks)
        link = await SmppProvider(timing).open(smpp_config(smsc.port, settings=route or {}, **config), ear)
        try:
            if is_bound:
                await ear.until(lambda: link.gauge().binds_up == link.gauge().binds_wanted)
            async with asyncio.timeout(2 * TIMEOUT_S):
                await story(Stage(smsc, link, ear))
        finally:
            await link.close()
            await smsc.stop()

    asyncio.run(run())
