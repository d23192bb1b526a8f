"""A route to the carrier: one connection that comes back by itself, and one result for every part, whatever happens."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from carrier_plugin import wire
from routing.contract import (
    IN_DOUBT,
    NOT_SENT,
    Action,
    BindState,
    BindStatus,
    IncomingReceipt,
    LinkGauge,
    LinkHandler,
    Outgoing,
    RouteConfig,
    Stride,
    SubmitResult,
)
from routing.pace import BackOff, Pace, promotional_reserve

LONGEST_LINE = 65_536
LATE_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. `retry` doubles up to `retry_longest`, each ± 30 %; what is not answered in `answer` is in doubt."""

    connect: float = 10.0
    retry: float = 1.0
    retry_longest: float = 60.0
    answer: float = 30.0


class CarrierLink:
    """See routing.contract.Link."""

    def __init__(self, config: RouteConfig, handler: LinkHandler, timing: Timing) -> None:
        self._config, self._handler, self._timing = config, handler, timing
        self._loop = asyncio.get_running_loop()
        self._pace = Pace(config.tps, self._loop.time())
        self._back_off = BackOff()
        self._queue: deque[tuple[str, Outgoing]] = deque()
        # Sent and not answered: number → message and since when; and those that were given up, for late answers.
        self._out: dict[int, tuple[Outgoing, float]] = {}
        self._late: dict[int, Outgoing] = {}
        self._number = 0
        self._parts_sent = self._parts_out = self._parts_queued = 0
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._turned = asyncio.Event()
        self._accepting, self._is_over, self._reason = True, False, ""

    def start(self) -> None:
        self._task = asyncio.create_task(self._hold())

    # -- room

    @property
    def _capacity(self) -> int:
        return self._config.window * self._config.binds

    def _free(self) -> int:
        is_silent = not self._accepting or self._writer is None or self._back_off.is_pausing(self._loop.time())
        return 0 if is_silent else max(0, self._capacity - self._parts_out - self._parts_queued)

    @property
    def room(self) -> int:
        free = self._free()
        return self._pace.available(self._loop.time(), free) if free else 0

    @property
    def reserve(self) -> int:
        free, tokens = self._free(), self._pace.available(self._loop.time(), self._capacity)
        return promotional_reserve(free=free, capacity=self._capacity, tokens=tokens, bucket=self._pace)

    def next_room_s(self) -> float | None:
        is_full = self._parts_out + self._parts_queued >= self._capacity
        return None if is_full or not self._accepting or self._writer is None else self._pause_s()

    def _pause_s(self) -> float:
        now = self._loop.time()
        if self._back_off.is_pausing(now):
            return self._back_off.until - now
        self._pace.available(now, 1)
        return self._pace.ready_in()

    # -- sending

    def submit(self, stride: Stride) -> None:
        if not self._accepting or self._writer is None:
            reason = "the route is draining" if not self._accepting else self._reason
            self._loop.call_soon(self._tell, list(stride.messages), NOT_SENT, reason)
            return
        self._queue.extend((stride.sender, message) for message in stride.messages)
        self._parts_queued += sum(len(message.short_messages) for message in stride.messages)
        self._pump()

    def _pump(self) -> None:
        """Write what window, speed and pauses allow; answers call again, or a timer does."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = self._loop.time()
        while self._queue and self._writer is not None and self._may_send(now):
            sender, message = self._queue.popleft()
            parts = len(message.short_messages)
            self._number += 1
            self._out[self._number] = (message, now)
            self._parts_queued -= parts
            self._parts_out += parts
            self._parts_sent += parts
            self._pace.take(parts, now)
            self._writer.write(wire.send(self._number, sender, message, self._config.validity_cap_s))
        if self._queue and (pause := self._pause_s()):  # 0: the window is full, answers will call again
            self._timer = self._loop.call_later(pause + 0.001, self._pump)

    def _may_send(self, now: float) -> bool:
        # A message of more parts than the window goes when nothing else is out.
        parts = len(self._queue[0][1].short_messages)
        fits = not self._out or self._parts_out + parts <= self._capacity
        return fits and not self._back_off.is_pausing(now) and self._pace.available(now, 1) > 0

    def _tell(self, messages: Iterable[Outgoing], action: Action | None, detail: str = "", ident: str = "") -> None:
        results = [
            SubmitResult(message.key, part, 0, ident, action, detail)
            for message in messages
            for part in range(len(message.short_messages))
        ]
        if results:
            self._handler.on_results(results)

    # -- the line

    async def _hold(self) -> None:
        failures = 0
        while True:
            self._say(BindStatus.CONNECTING)
            refused = await self._live()
            failures = 0 if refused is None else failures + 1
            self._say(BindStatus.REFUSED if refused else BindStatus.DOWN, self._reason)
            pause = min(self._timing.retry_longest, self._timing.retry * (1 << min(failures, 16)))
            await asyncio.sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311 - spreads reconnects

    async def _live(self) -> bool | None:
        """From connecting to the end of the connection. None after it was up, else whether the login was refused."""
        settings = self._config.settings
        writer, was_up, is_refused = None, False, False
        try:
            async with asyncio.timeout(self._timing.connect):
                reader, writer = await asyncio.open_connection(settings["host"], settings["port"], limit=LONGEST_LINE)
                writer.write(wire.line(login=settings["account"], key=self._config.secrets.get("key", "")))
                said = wire.read(await reader.readline())
            if not said or not said.get("welcome"):
                self._reason, is_refused = "the carrier refuses the login", said is not None
                return is_refused
            self._writer, was_up = writer, True
            self._reason = ""
            self._say(BindStatus.BOUND)
            await self._listen(reader)
            self._reason = "the carrier closed the connection"
        except (OSError, ValueError) as problem:  # a time-out is an OSError; a line too long a ValueError
            self._reason = str(problem) or "the carrier does not answer"
        finally:
            self._lose(writer)
        return None if was_up else is_refused

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        """Lines until the end. Every quiet second, what waits too long is given up."""
        while True:
            try:
                async with asyncio.timeout(1.0):
                    octets = await reader.readline()
            except TimeoutError:
                self._give_up()
                continue
            if not octets:
                return
            said = wire.read(octets)
            if said is None:
                self._reason = "the carrier sends what is no JSON"
                raise ValueError(self._reason)
            self._hear(said)

    def _hear(self, said: dict[str, Any]) -> None:
        if "receipt" in said:
            incoming = IncomingReceipt(
                wire.receipt(said), str(said.get("to", "")).lstrip("+"), "", lambda: self._got(said["receipt"])
            )
            self._handler.on_receipts([incoming])
        elif isinstance(said.get("answer"), int):
            self._answered(said["answer"], said)

    def _answered(self, number: int, said: dict[str, Any]) -> None:
        found = self._out.pop(number, None)
        message = found[0] if found else self._late.pop(number, None)
        if message is None:
            return
        if found:
            self._parts_out -= len(message.short_messages)
        word = str(said.get("error", ""))
        action = wire.refusal(word) if word else None
        if action is not None and not action.counts_as_try:
            now = self._loop.time()
            self._back_off.refuse(now)
            self._pace.refuse(now, self._back_off.until)
        self._tell([message], action, f"{word} {said.get('words', '')}".strip(), str(said.get("id", "")))
        self._turned.set()
        self._pump()

    def _got(self, number: int) -> None:
        """Only after the commit; a carrier that was not told says it again."""
        if self._writer is not None:
            self._writer.write(wire.line(got=number))

    def _give_up(self) -> None:
        before = self._loop.time() - self._timing.answer
        lost = {number: message for number, (message, since) in self._out.items() if since < before}
        for number, message in lost.items():
            del self._out[number]
            self._parts_out -= len(message.short_messages)
        self._late = dict(list({**self._late, **lost}.items())[-LATE_KEPT:])
        self._tell(lost.values(), IN_DOUBT, "no answer in time")
        self._turned.set()

    def _lose(self, writer: asyncio.StreamWriter | None) -> None:
        """What was written is in doubt, what was not goes back."""
        self._writer = None
        if writer is not None:
            writer.transport.abort()
        lost, self._out, self._parts_out = [message for message, _ in self._out.values()], {}, 0
        self._tell(lost, IN_DOUBT, self._reason)
        self._give_back(self._reason)
        self._turned.set()

    def _give_back(self, reason: str) -> None:
        waiting, self._queue, self._parts_queued = [message for _, message in self._queue], deque(), 0
        self._tell(waiting, NOT_SENT, reason)

    def _say(self, status: BindStatus, reason: str = "") -> None:
        self._handler.on_state(BindState(0, status, int(self._writer is not None), 1, reason))

    # -- for people, and the end

    def adjust(self, config: RouteConfig) -> bool:
        if not self._config.is_adjustable_to(config):
            return False
        self._config = config
        self._pace.change(config.tps, self._loop.time())
        self._pump()
        return True

    def gauge(self) -> LinkGauge:
        is_up = int(self._writer is not None)
        counts = self._parts_sent, self._parts_out, self._parts_queued, is_up, 1
        return LinkGauge(*counts, self._reason, self._pace.rate, self._pace.ceiling)

    async def drain(self, timeout_s: float) -> None:
        self._accepting = False
        self._give_back("the route is draining")
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._out:
                    self._turned.clear()
                    await self._turned.wait()
        await self.close()

    async def close(self) -> None:
        self._accepting, was_over, self._is_over = False, self._is_over, True
        if self._timer is not None:
            self._timer.cancel()
        self._reason = self._reason or "the route was closed"
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._lose(None)
        if not was_over:
            self._say(BindStatus.CLOSED)
