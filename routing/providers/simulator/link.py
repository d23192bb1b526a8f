"""The simulated operator's link: the behaviours of routing.smsc.behaviour without the protocol."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from kernel.smpp.constants import MessageState
from kernel.smpp.receipt_writing import STAT_OF_STATE, receipt_date
from kernel.smpp.receipts import MESSAGE_STATES, Receipt
from kernel.smpp.status_map import IN_DOUBT, action_for
from routing.contract import (
    NOT_SENT,
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
from routing.pace import Bucket, promotional_reserve
from routing.smsc.behaviour import ONCE_STATUS, Behaviour, Decider, Once
from routing.smsc.wheel import Wheel


@dataclass(frozen=True, slots=True)
class SimulatorSettings:
    receipt_delay_ms: int
    delivered_ratio: float
    seed: int


class SimulatorLink:
    """See routing.contract.Link. Answers come in the next turn of the loop, receipts after the delay."""

    def __init__(self, config: RouteConfig, settings: SimulatorSettings, handler: LinkHandler) -> None:
        self._config = config
        self._settings = settings
        self._handler = handler
        self._loop = asyncio.get_running_loop()
        self._bucket = Bucket(config.tps, self._loop.time())
        self._decider = Decider(settings.seed)
        self._answers: list[SubmitResult] = []
        self._wheel: Wheel[IncomingReceipt] = Wheel(self._deliver)
        self._turned = asyncio.Event()
        self._unacknowledged = 0
        self._parts_sent = 0
        self._is_open = True
        # Ids of one process never meet those of another: route, process and time are in front of the count.
        self._prefix = f"sim{config.route_id}-{os.getpid():x}-{int(datetime.now(UTC).timestamp()):x}"

    def start(self) -> None:
        self._tell(BindStatus.BOUND)

    @property
    def room(self) -> int:
        free = self._capacity - len(self._answers)
        return self._bucket.available(self._loop.time(), free) if self._is_open and free > 0 else 0

    @property
    def reserve(self) -> int:
        if not self._is_open:
            return 0
        free, tokens = self._capacity - len(self._answers), self._bucket.available(self._loop.time(), self._capacity)
        return promotional_reserve(free=free, capacity=self._capacity, tokens=tokens, bucket=self._bucket)

    @property
    def _capacity(self) -> int:
        return self._config.window * self._config.binds

    def next_room_s(self) -> float | None:
        self._bucket.available(self._loop.time(), 1)
        return self._bucket.ready_in() if self._is_open else None

    def submit(self, stride: Stride) -> None:
        if not self._answers:
            self._loop.call_soon(self._answer)
        if not self._is_open:
            self._answers += [
                SubmitResult(message.key, part, 0, "", NOT_SENT, "the route is draining")
                for message in stride.messages
                for part in range(len(message.short_messages))
            ]
            return
        before = len(self._answers)
        for message in stride.messages:
            for part in range(len(message.short_messages)):
                self._answers.append(self._take(stride.sender, message, part))
        self._bucket.take(len(self._answers) - before)

    def _take(self, sender: str, message: Outgoing, part: int) -> SubmitResult:
        self._parts_sent += 1
        behaviour = self._decider.decide(message.recipient, self._settings.delivered_ratio)
        status = behaviour.status or (ONCE_STATUS.get(behaviour.once, 0) if behaviour.once else 0)
        if status:
            return SubmitResult(message.key, part, status, "", action_for(status))
        operator_id = f"{self._prefix}-{self._parts_sent}"
        if behaviour.once is not Once.DISCONNECT:
            self._promise(sender, message.recipient, operator_id, behaviour)
            if behaviour.is_answered:
                return SubmitResult(message.key, part, 0, operator_id, None)
        return SubmitResult(message.key, part, 0, "", IN_DOUBT, "no answer in time")

    def _promise(self, sender: str, recipient: str, operator_id: str, behaviour: Behaviour) -> None:
        states = [MessageState.ENROUTE] if behaviour.is_enroute_first else []
        delay_s = 0.0 if behaviour.is_before_response else self._settings.receipt_delay_ms / 1000 + behaviour.delay_s
        now = receipt_date(datetime.now(UTC))
        for state in [*states, *[behaviour.state] * behaviour.copies]:
            receipt = Receipt((operator_id,), MESSAGE_STATES[state], STAT_OF_STATE[state], behaviour.err, now, now)
            self._unacknowledged += 1
            incoming = IncomingReceipt(receipt, recipient[1:], sender, partial(self._acknowledged, [None]))
            if behaviour.is_before_response:
                self._loop.call_soon(self._deliver, [incoming])
            else:
                self._wheel.add(delay_s, incoming)

    def _acknowledged(self, once: list[None]) -> None:
        if once:
            once.pop()
            self._unacknowledged -= 1

    def _deliver(self, receipts: list[IncomingReceipt]) -> None:
        self._turned.set()
        self._handler.on_receipts(receipts)

    def _answer(self) -> None:
        answers, self._answers = self._answers, []
        if answers:
            self._handler.on_results(answers)

    def adjust(self, config: RouteConfig) -> bool:
        if not self._config.is_adjustable_to(config):
            return False
        self._config = config
        self._bucket.change_rate(config.tps, self._loop.time())
        return True

    def gauge(self) -> LinkGauge:
        return LinkGauge(self._parts_sent, len(self._answers), 0, int(self._is_open), 1, rate=self._config.tps)

    async def drain(self, timeout_s: float) -> None:
        """Answers first; then receipts on their way, as long as `timeout_s` allows: nobody would deliver them again."""
        self._is_open = False
        self._answer()
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while len(self._wheel):
                    self._turned.clear()
                    await self._turned.wait()
        await self.close()

    async def close(self) -> None:
        was_open, self._is_open = self._is_open, False
        self._answer()
        self._wheel.clear()
        if was_open:
            self._tell(BindStatus.CLOSED)

    def _tell(self, status: BindStatus) -> None:
        self._handler.on_state(BindState(0, status, int(self._is_open), 1))
