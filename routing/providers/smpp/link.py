"""A route's binds taken together: spreads strides, keeps to the speed, brings lost connections back."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from kernel.smpp.constants import BindKind, CommandStatus, Tag
from kernel.smpp.events import Result
from kernel.smpp.liveness import Timers
from kernel.smpp.pdu import Bind as BindPdu
from kernel.smpp.status_map import Action, ActionKind, action_for
from kernel.smpp.tlv import find_tlv, tlv_text
from routing.contract import (
    NOT_SENT,
    BindState,
    BindStatus,
    IncomingReceipt,
    LinkGauge,
    LinkHandler,
    RouteConfig,
    Stride,
    SubmitResult,
)
from routing.pace import BackOff, Bucket, promotional_reserve
from routing.providers.smpp.bind import Bind
from routing.providers.smpp.packing import Packer, PartKey, Row
from routing.providers.smpp.settings import SmppSettings

log: Final = logging.getLogger(__name__)

_CONGESTED: Final = frozenset({int(CommandStatus.RTHROTTLED), int(CommandStatus.RMSGQFUL)})
_NEW: Final = tuple.__new__
_UNFIT: Final = Action(ActionKind.FINAL, "route_protocol")


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds (docs/rules.md#refusals-by-operators).

    `stagger`: between the first connections of a route. `retry` doubles up to `retry_longest`, each ± 30 %; a bind that
    held for `settled` starts over. `retry_credentials`: operators lock accounts out for less. `tick`: how often
    time-outs are looked for.
    """

    connect: float = 10.0
    stagger: float = 1.0
    retry: float = 1.0
    retry_longest: float = 60.0
    retry_credentials: float = 600.0
    settled: float = 60.0
    tick: float = 0.5
    session: Timers = field(default_factory=Timers)


class SmppLink:
    """See routing.contract.Link. Its methods belong to the event loop it was made in."""

    def __init__(self, config: RouteConfig, settings: SmppSettings, handler: LinkHandler, timing: Timing) -> None:
        self._config = config
        self._settings = settings
        self._handler = handler
        self._timing = timing
        self._loop = asyncio.get_running_loop()
        self._packer = Packer(settings, config.validity_cap_s)
        self._bucket = Bucket(config.tps, self._loop.time())
        self._back_off = BackOff()
        self._binds: dict[int, Bind] = {}
        # Parts for which there was no room: the rest of a long message, or of a stride cut too large.
        self._queue: deque[Row] = deque()
        self._pump_timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: set[int] = set()
        self._accepting: bool = True
        self._answered = asyncio.Event()
        self._parts_sent = 0
        self._note = ""

    def start(self) -> None:
        """Begin to connect; one task holds each connection."""
        self._keep(self._tick())
        self._fill_slots()

    def _fill_slots(self) -> None:
        """A task for each connection that is wanted and has none; those too many end by themselves."""
        kinds = self._settings.kinds
        for number in range(self._wanted):
            if number not in self._held:
                self._held.add(number)
                self._keep(self._hold(number, kinds[number % len(kinds)]))

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def _wanted(self) -> int:
        return self._config.binds * len(self._settings.kinds)

    def adjust(self, config: RouteConfig) -> bool:
        if not self._config.is_adjustable_to(config):
            return False
        self._config = config
        self._packer.cap(config.validity_cap_s)
        self._bucket.change_rate(config.tps, self._loop.time())
        for bind in list(self._binds.values()):
            bind.window = config.window
            bind.is_leaving = bind.number >= self._wanted
            bind.part_if_idle()
        self._fill_slots()
        self._pump()
        return True

    # -- sending

    @property
    def room(self) -> int:
        now = self._loop.time()
        if not self._accepting or self._back_off.is_pausing(now):
            return 0
        free = sum([bind.room for bind in self._binds.values()]) - len(self._queue)
        return self._bucket.available(now, free) if free > 0 else 0

    @property
    def reserve(self) -> int:
        now = self._loop.time()
        if not self._accepting or self._back_off.is_pausing(now):
            return 0
        capacity = self._config.window * self._config.binds
        free = sum([bind.room for bind in self._binds.values()]) - len(self._queue)
        tokens = self._bucket.available(now, capacity)
        return promotional_reserve(free=free, capacity=capacity, tokens=tokens, bucket=self._bucket)

    def next_room_s(self) -> float | None:
        now = self._loop.time()
        if not self._accepting or not any(bind.room for bind in self._binds.values()):
            return None
        pause = self._back_off.until - now
        if pause > 0:
            return pause
        self._bucket.available(now, 1)
        return self._bucket.ready_in()

    def submit(self, stride: Stride) -> None:
        rows, unfit = self._packer.rows(stride)
        if unfit:
            results = [
                SubmitResult(message.key, part, 0, "", _UNFIT, reason)
                for message, reason in unfit
                for part in range(max(1, len(message.short_messages)))
            ]
            self._loop.call_soon(self._handler.on_results, results)
        if not self._accepting:
            self._loop.call_soon(self._return, rows, "the route is draining")
        elif self._queue:
            self._queue.extend(rows)
            self._pump()
        elif self._send(rows) < len(rows):
            self._pump()

    def _send(self, rows: list[Row]) -> int:
        """Spread rows over the binds, the emptiest first; what does not fit is queued. Returns how many went out."""
        now = self._loop.time()
        at = 0
        if not self._back_off.is_pausing(now):
            budget = self._bucket.available(now, len(rows))
            for bind in sorted(self._binds.values(), key=_outstanding):
                take = min(bind.room, budget - at)
                if take < budget - at and bind.outstanding:
                    take = _whole_messages(rows, at, take)
                if take > 0:
                    bind.submit(rows[at : at + take] if take < len(rows) else rows)
                    at += take
            self._bucket.take(at)
            self._parts_sent += at
        self._queue.extend(islice(rows, at, None))
        return at

    def _pump(self) -> None:
        """Send what is queued, now or when speed and back-off allow; answers and binds call it too."""
        if self._pump_timer is not None:
            self._pump_timer.cancel()
            self._pump_timer = None
        if self._queue:
            waiting, self._queue = list(self._queue), deque()
            self._send(waiting)
        if self._queue:
            wait = self.next_room_s()
            if wait:  # None and 0: the windows are full, answers will call again
                self._pump_timer = self._loop.call_later(wait + 0.001, self._pump)

    def _return(self, rows: Sequence[Row], reason: str) -> None:
        if rows:
            results = [SubmitResult(row.key[0], row.key[1], 0, "", NOT_SENT, reason) for row in rows]
            self._handler.on_results(results)

    # -- what binds tell

    def on_answers(self, results: Sequence[Result[PartKey]]) -> None:
        told = [
            _NEW(SubmitResult, (key[0], key[1], 0, message_id, None, ""))
            if not status
            else self._refusal(key, status, message_id, tlvs)
            for key, status, message_id, tlvs in results
        ]
        self._handler.on_results(told)
        self._answered.set()
        if self._queue:
            self._pump()

    def _refusal(self, key: PartKey, status: int, message_id: str, tlvs: tuple[tuple[int, bytes], ...]) -> SubmitResult:
        if status in _CONGESTED:
            self._back_off.refuse(self._loop.time())
        words = find_tlv(tlvs, Tag.ADDITIONAL_STATUS_INFO_TEXT)
        action = action_for(status, registration_tlvs_sent=key[2])
        return SubmitResult(key[0], key[1], status, message_id, action, tlv_text(words) if words else "")

    def on_nack(self, key: PartKey, status: int, action: Action) -> None:
        self._handler.on_results([SubmitResult(key[0], key[1], status, "", action, "generic_nack")])

    def on_lost(self, keys: Sequence[PartKey], action: Action, detail: str = "") -> None:
        self._handler.on_results([SubmitResult(key[0], key[1], 0, "", action, detail) for key in keys])
        self._answered.set()

    def on_receipts(self, receipts: list[IncomingReceipt]) -> None:
        self._handler.on_receipts(receipts)

    def on_bound(self, bind: Bind) -> None:
        self._note = ""
        self._tell(bind.number, BindStatus.BOUND)
        self._pump()

    # -- holding connections

    async def _hold(self, number: int, kind: BindKind) -> None:
        """Connect, bind, and again whenever it ends, until the link closes."""
        await asyncio.sleep(number * self._timing.stagger)
        failures = 0
        while self._accepting and number < self._wanted:
            self._tell(number, BindStatus.CONNECTING)
            began = self._loop.time()
            bind = self._new_bind(number, kind)
            reason = await self._live(bind)
            del self._binds[number]
            held = self._loop.time() - began > self._timing.settled
            failures = 1 if held or bind.answered > 100 else failures + 1
            await self._recover(bind, reason, failures)
        self._held.discard(number)
        self._tell(number, BindStatus.CLOSED)

    async def _recover(self, bind: Bind, reason: str, failures: int) -> None:
        """Say that the connection is gone, and wait as long as the operator's patience asks; at once when closing."""
        if not self._accepting or bind.number >= self._wanted:
            return
        self._note = reason
        self._tell(bind.number, BindStatus.DOWN if bind.refused_with is None else BindStatus.REFUSED, reason)
        log.warning("route %s, bind %d: %s", self._config.name, bind.number, reason)
        if not self._binds_up():
            self._give_back_queue(reason)
        await asyncio.sleep(self._pause(bind, failures))

    def _new_bind(self, number: int, kind: BindKind) -> Bind:
        settings = self._settings
        request = BindPdu(
            kind=kind,
            system_id=settings.system_id,
            password=settings.password,
            system_type=settings.system_type,
        )
        bind = self._binds[number] = Bind(self, number, request, self._config.window, self._timing.session)
        return bind

    async def _live(self, bind: Bind) -> str:
        """From connecting to the end of the connection; returns why it ended."""
        settings = self._settings
        try:
            async with asyncio.timeout(self._timing.connect):
                await self._loop.create_connection(
                    lambda: bind, settings.host, settings.port, ssl=settings.ssl_context()
                )
        except TimeoutError:
            return f"no connection to {settings.host}:{settings.port} within {self._timing.connect:g} s"
        except OSError as problem:  # ssl.SSLError is one too
            return f"no connection to {settings.host}:{settings.port}: {problem.strerror or problem}"
        return await bind.closed

    def _pause(self, bind: Bind, failures: int) -> float:
        if bind.refused_with and action_for(bind.refused_with).kind is ActionKind.CONFIG_ERROR:
            return self._timing.retry_credentials
        pause = min(self._timing.retry_longest, self._timing.retry * (1 << min(failures - 1, 16)))
        return pause * random.uniform(0.7, 1.3)  # noqa: S311 - spreads reconnects, protects nothing

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._timing.tick)
            for bind in list(self._binds.values()):
                bind.poll()
                bind.part_if_idle()

    def _give_back_queue(self, reason: str) -> None:
        waiting, self._queue = list(self._queue), deque()
        self._return(waiting, reason)

    def _binds_up(self) -> int:
        return sum(bind.is_bound for bind in self._binds.values())

    def _tell(self, number: int, status: BindStatus, reason: str = "") -> None:
        self._handler.on_state(BindState(number, status, self._binds_up(), self._wanted, reason))

    def gauge(self) -> LinkGauge:
        return LinkGauge(
            parts_sent=self._parts_sent,
            window_used=sum(bind.outstanding for bind in self._binds.values()),
            queued=len(self._queue),
            binds_up=self._binds_up(),
            binds_wanted=self._wanted,
            note=self._note,
            rate=self._config.tps,
        )

    # -- the end

    async def drain(self, timeout_s: float) -> None:
        self._accepting = False
        self._give_back_queue("the route is draining")
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while any(bind.outstanding for bind in self._binds.values()):
                    self._answered.clear()
                    await self._answered.wait()
        binds = list(self._binds.values())
        for bind in binds:
            bind.unbind()
        if binds:
            await asyncio.wait([bind.closed for bind in binds], timeout=self._timing.session.unbind + 1)
        await self.close()

    async def close(self) -> None:
        self._accepting = False
        self._give_back_queue("the route was closed")
        for bind in list(self._binds.values()):
            bind.abort("closed by us")
        if self._pump_timer is not None:
            self._pump_timer.cancel()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _outstanding(bind: Bind) -> int:
    return bind.outstanding


def _whole_messages(rows: Sequence[Row], at: int, take: int) -> int:
    """`take`, less the parts of a message that would be cut in two: its parts go down one bind in order.

    Asked where a window is the limit. An idle bind is not asked, so a message longer than any window still goes; nor is
    a message cut before.
    """
    cut = at + take
    if rows[at].key[1]:
        return take
    while cut > at and rows[cut].key[1]:
        cut -= 1
    return cut - at
