"""The connections of one route: brought up one a second, brought back with growing pauses, taken down politely."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Final, Protocol

from kernel.smpp.constants import BindKind, CommandStatus
from kernel.smpp.liveness import Timers
from kernel.smpp.pdu import Bind as BindPdu
from kernel.smpp.status_map import ActionKind, action_for
from routing.contract import BindStatus, RouteConfig
from routing.providers.smpp.bind import Bind, Owner
from routing.providers.smpp.connecting import Door, NotReached
from routing.providers.smpp.settings import SmppSettings

log: Final = logging.getLogger(__name__)

# Answers that prove a connection as well as time does.
PROVEN_ANSWERS: Final = 100


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds (docs/rules.md#lines).

    `connect`: for each address, TLS included. `stagger`: between two connections that begin. `retry` doubles up to
    `retry_longest`, each ± 30 %; a bind that held for `settled` starts over. `retry_credentials`: operators lock
    accounts out for less. `retry_taken`: at least, when an old connection of ours still lives there. `blocked_write`:
    without the operator reading. `tick`: how often time-outs are looked for.
    """

    connect: float = 10.0
    stagger: float = 1.0
    retry: float = 1.0
    retry_longest: float = 60.0
    retry_credentials: float = 600.0
    retry_taken: float = 30.0
    settled: float = 60.0
    blocked_write: float = 10.0
    tick: float = 0.5
    session: Timers = field(default_factory=Timers)


class Listener(Owner, Protocol):
    """The link, as it is told of connections."""

    def on_bind_state(self, number: int, status: BindStatus, reason: str = "") -> None: ...
    def on_line_gone(self, reason: str) -> None: ...


class Binds:
    """`up` are the connections there are, bound or about to be."""

    def __init__(self, config: RouteConfig, settings: SmppSettings, listener: Listener, timing: Timing) -> None:
        self._config = config
        self._settings = settings
        self._listener = listener
        self._timing = timing
        self._loop = asyncio.get_running_loop()
        self._door = Door(settings, timing.connect)
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: set[int] = set()
        # Of these, the ones that connect or are connected now.
        self._lines: set[int] = set()
        self._next_start = 0.0
        self._is_open = True
        self.up: dict[int, Bind] = {}
        self.reason = ""

    @property
    def wanted(self) -> int:
        return self._config.binds * len(self._settings.kinds)

    @property
    def bound(self) -> int:
        return sum(bind.is_bound for bind in self.up.values())

    @property
    def held(self) -> int:
        """As the route counts them: a pair of transmitter and receiver is one."""
        return len({number // len(self._settings.kinds) for number in self._lines})

    @property
    def outstanding(self) -> int:
        return sum(bind.outstanding for bind in self.up.values())

    def start(self) -> None:
        """Begin to connect; one task holds each connection."""
        self._keep(self._tick())
        self._fill()

    def change(self, config: RouteConfig) -> None:
        """Other windows, more connections or fewer."""
        self._config = config
        for bind in list(self.up.values()):
            bind.window = config.window
            bind.is_leaving = bind.number >= self.wanted
            bind.part_if_idle()
        self._fill()

    def _fill(self) -> None:
        """A task for each connection that is wanted and has none; those too many end by themselves."""
        kinds = self._settings.kinds
        for number in range(self.wanted):
            if number not in self._held:
                self._held.add(number)
                self._keep(self._hold(number, kinds[number % len(kinds)]))

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- one connection

    async def _hold(self, number: int, kind: BindKind) -> None:
        """Connect, bind, and again whenever it ends, until the link closes."""
        failures = 0
        while self._is_wanted(number):
            await self._turn()
            if not self._is_wanted(number):
                break
            self._listener.on_bind_state(number, BindStatus.CONNECTING)
            bind, reason = await self._live(number, kind)
            failures = 1 if bind is not None and self._was_good(bind) else failures + 1
            await self._recover(number, bind, reason, failures)
        self._held.discard(number)
        self._listener.on_bind_state(number, BindStatus.CLOSED)

    def _is_wanted(self, number: int) -> bool:
        return self._is_open and number < self.wanted

    async def _turn(self) -> None:
        """Operators dislike many binds at once: one begins, then the next."""
        now = self._loop.time()
        at = max(now, self._next_start)
        self._next_start = at + self._timing.stagger
        if at > now:
            await asyncio.sleep(at - now)

    async def _live(self, number: int, kind: BindKind) -> tuple[Bind | None, str]:
        """From connecting to the end of the connection, and why it ended."""
        self._lines.add(number)
        try:
            bind = await self._door.connect(lambda: self._make(number, kind))
            self.up[number] = bind
            # Fewer may be wanted since it began.
            bind.is_leaving = not self._is_wanted(number)
            # It may have been lost between its first octet and now; then `closed` is done already.
            bind.begin()
            return bind, await bind.closed
        except NotReached as problem:
            return None, str(problem)
        finally:
            self._lines.discard(number)
            self.up.pop(number, None)

    def _make(self, number: int, kind: BindKind) -> Bind:
        settings = self._settings
        request = BindPdu(
            kind=kind,
            system_id=settings.system_id,
            password=settings.password,
            system_type=settings.system_type,
            interface_version=settings.interface_version,
            address_range=settings.address_range,
        )
        timing = self._timing
        return Bind(self._listener, number, request, self._config.window, timing.session, timing.blocked_write)

    def _was_good(self, bind: Bind) -> bool:
        held = bind.bound_at is not None and self._loop.time() - bind.bound_at >= self._timing.settled
        return held or bind.answered > PROVEN_ANSWERS

    async def _recover(self, number: int, bind: Bind | None, reason: str, failures: int) -> None:
        """Say that the connection is gone, and wait as long as the operator's patience asks; at once when closing."""
        if not self._is_wanted(number):
            return
        refused_with = None if bind is None else bind.refused_with
        self.reason = reason
        self._listener.on_bind_state(number, BindStatus.DOWN if refused_with is None else BindStatus.REFUSED, reason)
        log.warning("route %s, bind %d: %s", self._config.name, number, reason)
        if not self.bound:
            self._listener.on_line_gone(reason)
        await asyncio.sleep(self.pause_s(refused_with, failures))

    def pause_s(self, refused_with: int | None, failures: int) -> float:
        """Seconds until the next try, after so many failures in a row."""
        timing = self._timing
        pause = min(timing.retry_longest, timing.retry * (1 << min(failures - 1, 16)))
        if refused_with:
            action = action_for(refused_with, overrides=self._settings.error_map)
            is_used_up = action.then is ActionKind.CONFIG_ERROR and failures >= (action.max_tries or 0)
            if action.kind is ActionKind.CONFIG_ERROR or is_used_up:
                return timing.retry_credentials
            if refused_with == CommandStatus.RALYBND:
                pause = max(pause, timing.retry_taken)
        return pause * random.uniform(0.7, 1.3)  # noqa: S311 - spreads reconnects, protects nothing

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._timing.tick)
            for bind in list(self.up.values()):
                bind.poll()
                bind.part_if_idle()

    # -- the end

    def stop(self) -> None:
        """Connect no more."""
        self._is_open = False

    async def unbind(self) -> None:
        binds = list(self.up.values())
        for bind in binds:
            bind.unbind()
        if binds:
            await asyncio.wait([bind.closed for bind in binds], timeout=self._timing.session.unbind + 1)

    async def close(self) -> None:
        self._is_open = False
        for bind in list(self.up.values()):
            bind.abort("closed by us")
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
