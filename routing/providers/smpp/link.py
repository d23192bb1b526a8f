"""A route's binds taken together: spreads strides, keeps to the speed, tells what operators' answers mean."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Final

from kernel.smpp.constants import CommandStatus, Tag, status_name
from kernel.smpp.events import Result
from kernel.smpp.status_map import QUEUE_OF_NUMBER_FULL, Action, ActionKind, action_for
from kernel.smpp.tlv import Tlv, find_tlv, tlv_int, tlv_text
from routing.alarm import ReceiptWatch, RefusalWindow
from routing.contract import (
    NOT_SENT,
    BindState,
    BindStatus,
    IncomingMessage,
    IncomingReceipt,
    LinkGauge,
    LinkHandler,
    RouteConfig,
    Stride,
    SubmitResult,
    Unreadable,
)
from routing.pace import FIRST_PAUSE_S, QUEUE_FULL_PAUSE_S, Pace, Passing, promotional_reserve
from routing.providers.smpp.bind import Bind
from routing.providers.smpp.holding import Binds, Timing
from routing.providers.smpp.packing import OVERLONG, REGISTERED, Packer, PartKey, Row
from routing.providers.smpp.settings import Joining, SmppSettings

__all__ = ["SmppLink", "Timing"]

_UNFIT: Final = Action(ActionKind.FINAL, "route_protocol")
_QUEUE_FULL: Final = int(CommandStatus.RMSGQFUL)
# congestion_state goes to 99; from here on the centre asks to be spared.
CONGESTED: Final = 80
# Slower than this share of the contract is worth a word.
MUCH_SLOWER: Final = 0.5
_NEW: Final = tuple.__new__


class SmppLink:
    """See routing.contract.Link. Its methods belong to the event loop it was made in."""

    def __init__(self, config: RouteConfig, settings: SmppSettings, handler: LinkHandler, timing: Timing) -> None:
        self._config = config
        self._settings = settings
        self._handler = handler
        self._loop = asyncio.get_running_loop()
        now = self._loop.time()
        self._packer = Packer(settings, config.validity_cap_s)
        self._pace = Pace(config.tps, now)
        self._passing = Passing(now)
        self._refusals = RefusalWindow()
        self._receipts = ReceiptWatch()
        self._binds = Binds(config, settings, self, timing)
        # Parts for which there was no room: the rest of a long message, or of a stride cut too large.
        self._queue: deque[Row] = deque()
        self._pump_timer: asyncio.TimerHandle | None = None
        self._accepting: bool = True
        self._answered = asyncio.Event()
        self._parts_sent = 0
        # A text in one PDU has one answer, and the dispatcher awaits one for each of its parts.
        self._tell_results: Callable[[list[SubmitResult]], None] = (
            self._tell_spread if settings.joining is Joining.PAYLOAD else handler.on_results
        )

    def start(self) -> None:
        self._binds.start()

    def adjust(self, config: RouteConfig) -> bool:
        if not self._config.is_adjustable_to(config):
            return False
        self._config = config
        self._packer.cap(config.validity_cap_s)
        self._pace.change(config.tps, self._loop.time())
        self._binds.change(config)
        self._pump()
        return True

    # -- sending

    @property
    def room(self) -> int:
        if not self._accepting:
            return 0
        free = sum([bind.room for bind in self._binds.up.values()]) - len(self._queue)
        return self._pace.available(self._loop.time(), free) if free > 0 else 0

    @property
    def reserve(self) -> int:
        if not self._accepting:
            return 0
        capacity = self._config.window * self._config.binds
        free = sum([bind.room for bind in self._binds.up.values()]) - len(self._queue)
        tokens = self._pace.available(self._loop.time(), capacity)
        return promotional_reserve(free=free, capacity=capacity, tokens=tokens, bucket=self._pace)

    def next_room_s(self) -> float | None:
        now = self._loop.time()
        pauses = [max(0.0, bind.back_off.until - now) for bind in self._binds.up.values() if bind.has_window]
        if not self._accepting or not pauses:
            return None
        pause = min(pauses)
        if pause > 0:
            return pause
        self._pace.available(now, 1)
        return self._pace.ready_in()

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
            return
        if stride.messages:
            self._receipts.sent(stride.messages[0].recipient[1:], self._loop.time())
        if self._queue:
            self._queue.extend(rows)
            self._pump()
        elif self._send(rows) < len(rows):
            self._pump()

    def _send(self, rows: list[Row]) -> int:
        """Spread rows over the binds, the emptiest first; what does not fit is queued. Returns how many went out."""
        now = self._loop.time()
        at = 0
        budget = self._pace.available(now, len(rows))
        for bind in sorted(self._binds.up.values(), key=_outstanding):
            take = min(bind.room, budget - at)
            if take < budget - at and bind.outstanding:
                take = _whole_messages(rows, at, take)
            if take > 0:
                bind.submit(rows[at : at + take] if take < len(rows) else rows)
                at += take
        self._pace.take(at, now)
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
            self._tell_results([SubmitResult(row.key[0], row.key[1], 0, "", NOT_SENT, reason) for row in rows])

    def _tell_spread(self, results: list[SubmitResult]) -> None:
        """A negative part stands for so many of them."""
        self._handler.on_results(
            [
                result._replace(part=part)
                for result in results
                for part in (range(-result.part) if result.part < 0 else (result.part,))
            ]
        )

    # -- what binds tell

    def on_answers(self, bind: Bind, results: Sequence[Result[PartKey]]) -> None:
        now = self._loop.time()
        self._refusals.note(len(results), now)
        told = [
            _NEW(SubmitResult, (key[0], key[1], 0, message_id, None, ""))
            if not status and not tlvs
            else self._unusual(bind, key, status, message_id, tlvs, now)
            for key, status, message_id, tlvs in results
        ]
        if self._queue:
            told += self._stop_rests(told)
        self._passing.note(sum([result[4] is None for result in told]), now)
        self._tell_results(told)
        self._answered.set()
        if self._queue:
            self._pump()

    def _stop_rests(self, told: Sequence[SubmitResult]) -> list[SubmitResult]:
        """Parts still waiting here of messages of which a part was refused for good: they are not worth their cost."""
        refused = {id(each.key) for each in told if each.action is not None and each.action.kind is ActionKind.FINAL}
        if not refused:
            return []
        rests = [row for row in self._queue if id(row.key[0]) in refused]
        self._queue = deque([row for row in self._queue if id(row.key[0]) not in refused])
        return [SubmitResult(row.key[0], row.key[1], 0, "", NOT_SENT, "another part was refused") for row in rests]

    def _unusual(
        self, bind: Bind, key: PartKey, status: int, message_id: str, tlvs: tuple[Tlv, ...], now: float
    ) -> SubmitResult:
        """A refusal, or an answer that says more than its id."""
        congestion = find_tlv(tlvs, Tag.CONGESTION_STATE)
        if congestion and tlv_int(congestion) >= CONGESTED:
            self._pace.warn(now)
        if not status:
            return SubmitResult(key[0], key[1], 0, message_id, None)
        words = find_tlv(tlvs, Tag.ADDITIONAL_STATUS_INFO_TEXT)
        action = self._judge(bind, key[2], status, now)
        return SubmitResult(key[0], key[1], status, message_id, action, tlv_text(words) if words else "")

    def _judge(self, bind: Bind, traits: int, status: int, now: float) -> Action:
        action = action_for(
            status,
            registration_tlvs_sent=bool(traits & REGISTERED),
            is_legal_length=not traits & OVERLONG,
            overrides=self._settings.error_map,
        )
        if action.error_code == "operator_congested":
            if status == _QUEUE_FULL and self._passing.is_one_number(now):
                return QUEUE_OF_NUMBER_FULL
            bind.back_off.refuse(now, QUEUE_FULL_PAUSE_S if status == _QUEUE_FULL else FIRST_PAUSE_S)
            self._pace.refuse(now, bind.back_off.until)
        elif action.alarm and self._refusals.refuse(status, now):
            return replace(action, kind=ActionKind.CONFIG_ERROR, max_tries=None, then=None)
        return action

    def on_nack(self, bind: Bind, key: PartKey, status: int, action: Action) -> None:
        if not action.counts_as_try:
            bind.back_off.refuse(self._loop.time())
            self._pace.refuse(self._loop.time(), bind.back_off.until)
        self._tell_results([SubmitResult(key[0], key[1], status, "", action, "generic_nack")])
        self._answered.set()

    def on_lost(self, keys: Sequence[PartKey], action: Action, detail: str = "") -> None:
        self._tell_results([SubmitResult(key[0], key[1], 0, "", action, detail) for key in keys])
        self._answered.set()

    def on_receipts(self, receipts: list[IncomingReceipt]) -> None:
        self._receipts.heard(receipts, self._loop.time())
        self._handler.on_receipts(receipts)

    def on_messages(self, messages: list[IncomingMessage]) -> None:
        self._handler.on_messages(messages)

    def on_unreadable(self, pdu: Unreadable) -> None:
        self._handler.on_unreadable(pdu)

    def on_bound(self, bind: Bind) -> None:
        self._binds.reason = ""
        self.on_bind_state(bind.number, BindStatus.BOUND)
        self._pump()

    def on_writable(self) -> None:
        if self._queue:
            self._pump()

    def on_bind_state(self, number: int, status: BindStatus, reason: str = "") -> None:
        binds = self._binds
        self._handler.on_state(BindState(number, status, binds.bound, binds.wanted, reason))

    def on_line_gone(self, reason: str) -> None:
        self._give_back_queue(reason)

    def _give_back_queue(self, reason: str) -> None:
        waiting, self._queue = list(self._queue), deque()
        self._return(waiting, reason)

    # -- for people

    def gauge(self) -> LinkGauge:
        return LinkGauge(
            parts_sent=self._parts_sent,
            window_used=self._binds.outstanding,
            queued=len(self._queue),
            binds_up=self._binds.bound,
            binds_wanted=self._binds.wanted,
            note=self._note(),
            rate=self._pace.rate,
            ceiling=self._pace.ceiling,
            binds_held=self._binds.held,
        )

    def _note(self) -> str:
        """What is wrong, the worst first; empty when all is well."""
        worst = self._refusals.worst(self._loop.time())
        pace = self._pace
        notes = [
            self._binds.reason,
            f"{status_name(worst[0])} on {worst[1]:.0%} of the answers of five minutes" if worst else "",
            "every message is reported delivered within 0.1 s: test with phones of your own whether any arrive"
            if self._receipts.is_suspicious
            else "",
            f"the operator is busy: {pace.rate:.0f} of {self._config.tps} parts a second"
            if pace.ceiling and pace.rate < MUCH_SLOWER * self._config.tps
            else "",
            next((bind.complaint for bind in self._binds.up.values() if bind.complaint), ""),
        ]
        return "; ".join([note for note in notes if note])

    # -- the end

    async def drain(self, timeout_s: float) -> None:
        self._accepting = False
        self._binds.stop()
        self._give_back_queue("the route is draining")
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._binds.outstanding:
                    self._answered.clear()
                    await self._answered.wait()
        await self._binds.unbind()
        await self.close()

    async def close(self) -> None:
        self._accepting = False
        self._give_back_queue("the route was closed")
        if self._pump_timer is not None:
            self._pump_timer.cancel()
        await self._binds.close()


def _outstanding(bind: Bind) -> int:
    return bind.outstanding


def _whole_messages(rows: Sequence[Row], at: int, take: int) -> int:
    """`take`, less the parts of a message that would be cut in two: its parts go down one bind in order.

    Asked where a window is the limit. An idle bind is not asked, so a message longer than any window still goes; nor is
    a message cut before.
    """
    cut = at + take
    if rows[at].key[1] > 0:
        return take
    while cut > at and rows[cut].key[1] > 0:
        cut -= 1
    return cut - at
