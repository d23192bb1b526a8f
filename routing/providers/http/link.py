"""An HTTP route that is open: a window of requests at once, and what became of every part."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NamedTuple, cast

import h11

from kernel.smpp.status_map import IN_DOUBT, Action, ActionKind
from routing.contract import (
    NOT_SENT,
    BindState,
    BindStatus,
    LinkGauge,
    LinkHandler,
    Outgoing,
    RouteConfig,
    Stride,
    SubmitResult,
)
from routing.pace import LONGEST_PAUSE_S, BackOff, Pace, promotional_reserve
from routing.providers.http.answers import Judgement, judge, judge_many
from routing.providers.http.client import Answer, Client, NoAnswer
from routing.providers.http.places import Told
from routing.providers.http.requests import Composer, Request
from routing.providers.http.settings import HttpSettings
from routing.reaching import NotReached

_UNFIT: Final = Action(ActionKind.FINAL, "route_protocol")


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds between tries to connect: `retry` doubles up to `retry_longest`, each ± 30 %."""

    retry: float = 1.0
    retry_longest: float = 60.0


class Waiting(NamedTuple):
    """A message of a stride, before its request."""

    sender: str
    message: Outgoing

    @property
    def parts(self) -> int:
        return max(1, len(self.message.short_messages))


class HttpLink:
    """See routing.contract.Link. A message is one item of one request, however many parts it has.

    The line counts as up while connections can be made; it is looked at when the route opens and when one fails.
    """

    def __init__(
        self, config: RouteConfig, settings: HttpSettings, composer: Composer, handler: LinkHandler, timing: Timing
    ) -> None:
        self._config = config
        self._settings = settings
        self._composer = composer
        self._handler = handler
        self._timing = timing
        self._loop = asyncio.get_running_loop()
        self._client = Client(settings)
        now = self._loop.time()
        self._pace = Pace(config.tps, now)
        self._back_off = BackOff()
        self._queue: deque[Waiting] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._requests: dict[asyncio.Task[None], list[Waiting]] = {}
        self._connecting: asyncio.Task[None] | None = None
        self._turned = asyncio.Event()
        self._parts_out = 0
        self._parts_queued = 0
        self._parts_sent = 0
        self._accepting, self._is_up, self._is_over = True, False, False
        self._reason = ""
        self._complaint = ""

    def start(self) -> None:
        self._connecting = asyncio.create_task(self._connect())

    # -- room

    @property
    def _at_once(self) -> int:
        return self._config.window * self._config.binds

    @property
    def _capacity(self) -> int:
        return self._at_once * self._settings.batch_size

    @property
    def _free(self) -> int:
        now = self._loop.time()
        if not self._accepting or not self._is_up or self._back_off.is_pausing(now):
            return 0
        return max(0, self._capacity - self._parts_out - self._parts_queued)

    @property
    def room(self) -> int:
        free = self._free
        return self._pace.available(self._loop.time(), free) if free else 0

    @property
    def reserve(self) -> int:
        free = self._free
        tokens = self._pace.available(self._loop.time(), self._capacity)
        return promotional_reserve(free=free, capacity=self._capacity, tokens=tokens, bucket=self._pace) if free else 0

    def next_room_s(self) -> float | None:
        is_full = self._parts_out + self._parts_queued >= self._capacity
        return None if is_full or not self._accepting or not self._is_up else self._pause_s()

    def _pause_s(self) -> float:
        """Seconds until speed and back-off let a part go."""
        now = self._loop.time()
        if self._back_off.is_pausing(now):
            return self._back_off.until - now
        self._pace.available(now, 1)
        return self._pace.ready_in()

    # -- sending

    def submit(self, stride: Stride) -> None:
        rows = [Waiting(stride.sender, message) for message in stride.messages]
        if not self._accepting or not self._is_up:
            reason = self._reason if self._accepting else "the route is draining"
            self._loop.call_soon(self._tell, rows, NOT_SENT, reason)
            return
        self._queue.extend(rows)
        self._parts_queued += sum(row.parts for row in rows)
        self._pump()

    def _pump(self) -> None:
        """Begin as many requests as window, speed and pauses allow; answers call again, or a timer does."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now = self._loop.time()
        while self._queue and self._is_up and len(self._requests) < self._at_once:
            if self._back_off.is_pausing(now) or self._pace.available(now, 1) < 1:
                break
            self._begin(self._draw(), now)
        if self._queue and self._is_up and len(self._requests) < self._at_once:
            self._timer = self._loop.call_later(self._pause_s() + 0.001, self._pump)

    def _draw(self) -> list[Waiting]:
        """Messages of one sender for one request."""
        drawn = [self._queue.popleft()]
        while self._queue and len(drawn) < self._settings.batch_size and self._queue[0].sender == drawn[0].sender:
            drawn.append(self._queue.popleft())
        return drawn

    def _begin(self, rows: list[Waiting], now: float) -> None:
        parts = sum(row.parts for row in rows)
        self._parts_queued -= parts
        self._parts_out += parts
        self._parts_sent += parts
        self._pace.take(parts, now)
        self._requests[asyncio.create_task(self._request(rows, parts))] = rows

    async def _request(self, rows: list[Waiting], parts: int) -> None:
        judged = await self._ask(rows)
        self._requests.pop(cast("asyncio.Task[None]", asyncio.current_task()))
        self._parts_out -= parts
        self._answered(rows, judged)
        self._turned.set()
        self._pump()

    async def _ask(self, rows: list[Waiting]) -> list[Judgement]:
        """One request; what became of each message."""
        try:
            messages = [row.message for row in rows]
            request = self._composer.compose(rows[0].sender, messages, self._config.validity_cap_s)
            answer = await self._client.send(request)
        except (ValueError, h11.LocalProtocolError) as problem:
            return [Judgement(_UNFIT, "", f"the request cannot be written: {problem}")] * len(rows)
        except NotReached as problem:
            self._lose(str(problem))
            return [Judgement(NOT_SENT, "", str(problem))] * len(rows)
        except NoAnswer as problem:
            return [Judgement(IN_DOUBT, "", str(problem))] * len(rows)
        return self._judge(request, answer)

    def _judge(self, request: Request, answer: Answer) -> list[Judgement]:
        references = request.references
        text = answer.body.decode("utf-8", "replace")
        answers = self._settings.answers
        if answers.items_at is not None:
            judged = judge_many(answers, answer.status, Told(answer.headers, text), references)
        else:
            judged = [judge(answers, answer.status, Told(answer.headers, text, references[0]))]
        if any(each.action is not None and not each.action.counts_as_try for each in judged):
            self._slow_down(answer)
        return judged

    def _slow_down(self, answer: Answer) -> None:
        """The aggregator has too much; where it says for how long, believe it."""
        now = self._loop.time()
        self._back_off.refuse(now)
        asked = answer.headers.get("retry-after", "")
        if asked.isdecimal() and len(asked) < 6:
            self._back_off.until = max(self._back_off.until, now + min(LONGEST_PAUSE_S, float(asked)))
        self._pace.refuse(now, self._back_off.until)

    def _answered(self, rows: Sequence[Waiting], judged: Sequence[Judgement]) -> None:
        results = []
        for row, (action, ident, detail, parts) in zip(rows, judged, strict=True):
            if parts and parts != row.parts:
                self._complaint = f"the aggregator counts {parts} parts where {row.parts} were priced"
            results += [SubmitResult(row.message.key, part, 0, ident, action, detail) for part in range(row.parts)]
        self._handler.on_results(results)

    def _tell(self, rows: Iterable[Waiting], action: Action, detail: str) -> None:
        results = [
            SubmitResult(row.message.key, part, 0, "", action, detail) for row in rows for part in range(row.parts)
        ]
        if results:
            self._handler.on_results(results)

    # -- the line

    async def _connect(self) -> None:
        """Until a connection can be made; it is kept for the first request."""
        failures = 0
        while True:
            self._say(BindStatus.CONNECTING)
            try:
                self._client.keep(await self._client.connect())
            except NotReached as problem:
                self._reason = str(problem)
                self._say(BindStatus.DOWN, self._reason)
            else:
                break
            pause = min(self._timing.retry_longest, self._timing.retry * (1 << min(failures, 16)))
            failures += 1
            await asyncio.sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311 - spreads reconnects, protects nothing
        self._reason, self._is_up = "", True
        self._say(BindStatus.BOUND)

    def _lose(self, reason: str) -> None:
        """No connection can be made: give back what waits, and try until one can."""
        if not self._is_up or self._is_over:
            return
        self._is_up, self._reason = False, reason
        self._say(BindStatus.DOWN, reason)
        self._give_back(reason)
        self._connecting = asyncio.create_task(self._connect())

    def _give_back(self, reason: str) -> None:
        waiting, self._queue = list(self._queue), deque()
        self._parts_queued = 0
        self._tell(waiting, NOT_SENT, reason)

    def _say(self, status: BindStatus, reason: str = "") -> None:
        self._handler.on_state(BindState(0, status, int(self._is_up), 1, reason))

    # -- for people, and the end

    def adjust(self, config: RouteConfig) -> bool:
        if not self._config.is_adjustable_to(config):
            return False
        self._config = config
        self._pace.change(config.tps, self._loop.time())
        self._pump()
        return True

    def gauge(self) -> LinkGauge:
        note = "; ".join(filter(None, [self._reason, self._complaint]))
        return LinkGauge(
            self._parts_sent,
            self._parts_out,
            self._parts_queued,
            int(self._is_up),
            1,
            note,
            self._pace.rate,
            self._pace.ceiling,
        )

    async def drain(self, timeout_s: float) -> None:
        self._accepting = False
        self._give_back("the route is draining")
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._requests:
                    self._turned.clear()
                    await self._turned.wait()
        await self.close()

    async def close(self) -> None:
        self._accepting = False
        was_over, self._is_over = self._is_over, True
        self._give_back("the route was closed")
        if self._timer is not None:
            self._timer.cancel()
        tasks = [*self._requests, *([self._connecting] if self._connecting else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # Cancelled before their first step: nothing of them was written.
        unbegun, self._requests = [row for rows in self._requests.values() for row in rows], {}
        self._tell(unbegun, NOT_SENT, "the route was closed")
        self._client.close()
        if not was_over:
            self._is_up = False
            self._say(BindStatus.CLOSED)
