"""Between a link and its desk: results are counted, and while the breaker probes, only a few messages pass."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from messaging.dispatcher.desk import Desk
from routing.breaker import PROBES, SLOW_S, Watch
from routing.contract import (
    BindState,
    IncomingMessage,
    IncomingReceipt,
    Link,
    LinkGauge,
    RouteConfig,
    Stride,
    SubmitResult,
    Unreadable,
)

# After so long a pause of results, fewer clean probes than PROBES are enough.
PROBE_ENOUGH_S: Final = 5.0
# Of what nobody can read, so many wait until they are written down with the gauges.
UNREADABLE_KEPT: Final = 50


class Probe:
    """A link that lets `PROBES` parts pass, and then none."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.left = PROBES

    @property
    def room(self) -> int:
        return min(self.left, self.link.room)

    @property
    def reserve(self) -> int:
        return 0

    def next_room_s(self) -> float | None:
        return self.link.next_room_s() if self.left > 0 else None

    def submit(self, stride: Stride) -> None:
        self.left -= sum(len(message.short_messages) for message in stride.messages)
        self.link.submit(stride)

    def adjust(self, config: RouteConfig) -> bool:
        return self.link.adjust(config)

    def gauge(self) -> LinkGauge:
        return self.link.gauge()

    async def drain(self, timeout_s: float) -> None:
        await self.link.drain(timeout_s)

    async def close(self) -> None:
        await self.link.close()


class Guard:
    """A routing.contract.LinkHandler that passes everything on to its desk.

    Args:
        on_trip: called once when the results speak against the route, with the reason.
        on_probed: called once when a probe has its outcome: empty when it was clean.
        on_messages: called with texts that people sent.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        on_trip: Callable[[Guard, str], None],
        on_probed: Callable[[Guard, str], None],
        on_messages: Callable[[list[IncomingMessage]], None],
    ) -> None:
        self.desk = desk
        self.on_messages = on_messages
        self.watch = Watch()
        self.may_send = True
        self.probe: Probe | None = None
        self.on_receipts: Callable[[list[IncomingReceipt]], None] = desk.on_receipts
        self.on_state: Callable[[BindState], None] = desk.on_state
        self._unreadable: deque[Unreadable] = deque(maxlen=UNREADABLE_KEPT)
        self._on_trip = on_trip
        self._on_probed = on_probed
        self._loop = asyncio.get_running_loop()
        self._probed_at = 0.0

    def on_results(self, results: list[SubmitResult]) -> None:
        waited_s = self._loop.time() - results[-1].key.sent_at if results else 0.0  # type: ignore[attr-defined]  # a Job
        self.desk.on_results(results)
        self.watch.note(results, waited_s)
        if self.probe is not None:
            self._probed_at = self._loop.time()
            self.conclude(waited_s)
        elif self.may_send and (complaint := self.watch.complaint()):
            self.block()
            self._on_trip(self, complaint)

    def on_unreadable(self, pdu: Unreadable) -> None:
        self._unreadable.append(pdu)

    def take_unreadable(self) -> list[Unreadable]:
        """What came since the last time."""
        taken = list(self._unreadable)
        self._unreadable.clear()
        return taken

    def block(self) -> None:
        """Send nothing; what is in stock goes back to the queue."""
        self.release()
        self.may_send = False
        self.desk.give_back()

    def release(self) -> None:
        """Send as ever, and count anew."""
        if self.probe is not None:
            self.desk.link = self.probe.link
            self.probe = None
        self.watch.clear()
        self.may_send = True

    def retire(self) -> None:
        """The link is closing: nothing of what it still tells counts."""
        self.release()
        self.may_send = False

    def begin_probe(self) -> None:
        self.release()
        if self.desk.link is not None:
            self.desk.link = self.probe = Probe(self.desk.link)
        self._probed_at = self._loop.time()

    def conclude(self, waited_s: float = 0.0) -> None:
        """Say what a probe came to, once that is known."""
        watch = self.watch
        if watch.against:
            self._tell(f"{watch.against} of {watch.counted} probes went wrong")
        elif waited_s > SLOW_S:
            self._tell(f"the answer to a probe took {waited_s:.0f} s")
        elif watch.counted >= PROBES or (watch.counted and self._loop.time() - self._probed_at > PROBE_ENOUGH_S):
            self._tell("")

    def _tell(self, complaint: str) -> None:
        if complaint:
            self.block()
        else:
            self.release()
        self._on_probed(self, complaint)
