"""What this dispatcher may use of its lane's routes, and the end of it when it cannot be renewed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final, Protocol

from messaging.dispatcher.serving import Served
from routing.contract import RouteConfig
from routing.leases import Capacity, Shares, SharesLost, release_shares, take_shares
from routing.statuses import Lane

# What is left of a lease when its holder parts with its connections: others may open theirs at its end.
MARGIN: Final = 1 / 6


class Ask(Protocol):
    """Call a function of Django's in its thread."""

    def __call__(self, function: Callable[[], Shares]) -> Awaitable[Shares]: ...


class OwnShares:
    """
    Args:
        holder: owner of the dispatcher's batches and of its lock.
        lease_s: on the database's clock.
        on_end: called in the event loop when the shares were not renewed in time.
    """

    def __init__(self, lane: Lane, holder: str, *, lease_s: float, ask: Ask, on_end: Callable[[], None]) -> None:
        self._lane = lane
        self._holder = holder
        self._lease_s = lease_s
        self._ask = ask
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self.is_over = False
        self.is_settled = True

    async def renew(self, served: Mapping[int, Served], uses: Mapping[int, Capacity]) -> dict[int, Served]:
        """Those of `served` that this dispatcher has a share of, each with its share.

        Raises:
            SharesLost: too late; what is open has been closed, or must be.
        """
        contracts = {route_id: capacity_of(each.config) for route_id, each in served.items()}
        call = partial(take_shares, lane=self._lane, holder=self._holder, contracts=contracts, uses=uses)
        asked_at = self._loop.time()
        shares = await self._ask(partial(call, lease_s=self._lease_s))
        if self.is_over:
            raise SharesLost("its shares of routes could not be renewed in time")
        self.forget()
        # Counted from before the question, the database counts from later on.
        self._timer = self._loop.call_at(asked_at + self._lease_s * (1 - MARGIN), self._end)
        self.is_settled = shares.is_settled
        return {
            route_id: replace(served[route_id], config=replace(served[route_id].config, **capacity._asdict()))
            for route_id, capacity in shares.usable.items()
        }

    def _end(self) -> None:
        self.is_over = True
        self._on_end()

    def forget(self) -> None:
        """Nothing is open that would have to be closed in time."""
        if self._timer is not None:
            self._timer.cancel()

    def release(self) -> None:
        """For others, at an orderly end. Called in the thread."""
        release_shares(lane=self._lane, holder=self._holder)


def capacity_of(config: RouteConfig) -> Capacity:
    return Capacity(config.binds, config.tps)
