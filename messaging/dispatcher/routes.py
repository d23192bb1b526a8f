"""Routes as this dispatcher serves them: opened, reopened and closed as staff change them, without a restart.

Django's ORM is asked in one thread of its own, so the event loop never waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar
from uuid import uuid4

from django.db import DatabaseError, close_old_connections, connections

from kernel.db.clock import database_now
from kernel.domain.clock import utc_now
from kernel.domain.errors import DomainError
from messaging.dispatcher.desk import Desk
from messaging.dispatcher.dialects import Dialects
from messaging.dispatcher.health import Guard
from messaging.dispatcher.inbox import Inbox
from messaging.dispatcher.news import Known
from messaging.dispatcher.serving import (
    Fault,
    Look,
    Reading,
    Served,
    exchange,
    look,
    remove_gauges,
    try_probe,
    write_gauges,
)
from messaging.dispatcher.shares import OwnShares, capacity_of
from messaging.dispatcher.writer import Writer
from messaging.services.passing_on import pass_on
from routing import breaker
from routing.breaker import Phase, phase
from routing.contract import LinkGauge
from routing.leases import NONE, Capacity
from routing.models import Breaker
from routing.registry import provider
from routing.services.unreadable import keep_unreadable
from routing.statuses import Lane

log: Final = logging.getLogger(__name__)

# Of the ten seconds that an orderly end may take; writing what became of the rest needs the others.
DRAIN_S: Final = 6.0
# What a route that trips gives back is in the queue within this, and goes on at once.
AFTER_TRIP_S: Final = 2.0
AFTER_TRIP_EVERY_S: Final = 0.2
# While binds go from one dispatcher to another: each step of theirs takes a look of both.
UNSETTLED_S: Final = 0.5
T = TypeVar("T")


class Routes:
    """All desks of this process: of the routes of which it has a share.

    Args:
        holder: of gauges and shares, and of an advisory lock while it lives; no other dispatcher's.
        lease_s: of the shares, on the database's clock.
        inbox: of texts that people send.
    """

    def __init__(self, lane: Lane, holder: str, *, lease_s: float, wake: Callable[[], None], inbox: Inbox) -> None:
        self._lane = lane
        self._inbox = inbox
        self._holder = holder
        self._prober = f"{holder} {lane} {uuid4().hex[:8]}"[:80]
        self._wake = wake
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="dakiya-orm")
        self._served: dict[int, Served] = {}
        self._guards: dict[int, Guard] = {}
        self._faults: dict[int, Fault] = {}
        # Breakers of which this process tells the database something, and those of which a look may not know it yet.
        self._telling: set[int] = set()
        self._told: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._retiring: dict[asyncio.Task[None], Desk] = {}
        self._shares = OwnShares(lane, holder, lease_s=lease_s, ask=self._ask, on_end=self._close_all)
        self._sent: dict[int, tuple[float, int]] = {}
        self.desks: dict[int, Desk] = {}
        self.known: dict[int, Known] = {}
        self.dialects = Dialects()

    def __iter__(self) -> Iterator[Desk]:
        return iter(self.desks.values())

    async def refresh(self, writer: Writer) -> None:
        """Do what staff changed, and what breakers say, since the last time."""
        self._told = self._telling.copy()
        seen: Look = await self._ask(look, self._lane)
        writer.costs = seen.costs
        served_by_all = {served.config.route_id: served for served in seen.served}
        wanted = await self._shares.renew(served_by_all, self._uses())
        for route_id in [route_id for route_id in self.desks if route_id not in wanted]:
            self._retire(route_id, writer)
        self._note_faults(seen.faults)
        told = {route_id: served.config.settings for route_id, served in wanted.items()}
        self.dialects.accepting = {route_id for route_id in told if told[route_id].get("accepted_is_final")}
        self.dialects.inferring = {route_id for route_id in told if told[route_id].get("one_receipt")}
        for route_id, served in wanted.items():
            await self._follow(served, writer)
            if route_id in self.desks and route_id not in self._told:
                await self._heed(route_id, seen.breakers.get(route_id), seen.at, writer)

    def next_refresh_s(self, usual: float) -> float:
        """Sooner while binds go from one dispatcher to another."""
        return usual if self._shares.is_settled else min(usual, UNSETTLED_S)

    @property
    def may_send(self) -> bool:
        """Whether what is open is ours, on the clock."""
        return not self._shares.is_over

    def _uses(self) -> dict[int, Capacity]:
        """What is open, or may be opened before the next refresh. A route that retires has what it had."""
        uses: dict[int, Capacity] = {}
        for desk in [*self, *self._retiring.values()]:
            binds, tps = capacity_of(desk.config)
            held = 0 if desk.link is None else desk.link.gauge().binds_held
            before = uses.get(desk.route_id, NONE)
            uses[desk.route_id] = Capacity(before.binds + max(binds, held), before.tps + tps)
        return uses

    def _note_faults(self, faults: dict[int, Fault]) -> None:
        for route_id, fault in faults.items():
            if fault != self._faults.get(route_id):
                log.error("route %s is not served: %s", fault.name, fault.words)
        self._faults = faults

    async def _follow(self, served: Served, writer: Writer) -> None:
        """Open, adjust or reopen the route as it is wanted."""
        route_id = served.config.route_id
        present = self._served.get(route_id)
        if present is not None and (present.kind, present.config) != (served.kind, served.config):
            desk = self.desks[route_id]
            if present.kind == served.kind and desk.link is not None and desk.link.adjust(served.config):
                log.info("route %s goes on with changed terms", served.config.name)
                desk.adjust(served.config)
            else:
                self._retire(route_id, writer)
                present = None
        if present is None:
            await self._open(served, writer)
        elif present.is_sending and not served.is_sending:
            self.desks[route_id].give_back()
            writer.return_flights(route_id)
        if route_id in self.desks:
            self._served[route_id] = served
            desk = self.desks[route_id]
            desk.classes = served.classes
            desk.is_sending = served.is_sending and self._guards[route_id].may_send

    async def _open(self, served: Served, writer: Writer) -> None:
        config = served.config
        known = self.known.setdefault(config.route_id, Known())
        desk = Desk(config, classes=served.classes, news=writer.news, known=known, wake=self._wake)
        guard = Guard(
            desk,
            on_trip=partial(self._on_trip, writer),
            on_probed=partial(self._on_probed, writer),
            on_messages=partial(self._inbox.hear, config.route_id),
        )
        try:
            desk.link = await provider(served.kind).open(config, guard)
        except DomainError as problem:
            self._note_faults({**self._faults, config.route_id: Fault(config.name, str(problem), config.binds)})
            return
        log.info("route %s is open on lane %s", config.name, self._lane)
        self.desks[config.route_id], self._guards[config.route_id] = desk, guard

    # -- breakers

    def _on_trip(self, writer: Writer, guard: Guard, reason: str) -> None:
        route_id = guard.desk.route_id
        log.error("route %s takes no more messages: %s", guard.desk.config.name, reason)
        writer.return_flights(route_id)
        self._tell(route_id, lambda: breaker.trip(route_id=route_id, reason=reason, now=database_now()))

    def _on_probed(self, writer: Writer, guard: Guard, complaint: str) -> None:
        desk = guard.desk
        log.warning("route %s was probed: %s", desk.config.name, complaint or "it takes messages again")
        served = self._served.get(desk.route_id)
        desk.is_sending = guard.may_send and served is not None and served.is_sending
        if complaint:
            writer.return_flights(desk.route_id)
        self._tell(desk.route_id, self._conclusion(desk.route_id, complaint))
        self._wake()

    def _conclusion(self, route_id: int, complaint: str | None) -> Callable[[], None]:
        return lambda: breaker.conclude_probe(
            route_id=route_id, holder=self._prober, complaint=complaint, now=database_now()
        )

    def _tell(self, route_id: int, call: Callable[[], object]) -> None:
        """Write down what became of a breaker; looks that are under way do not count any more."""
        self._telling.add(route_id)
        self._told.add(route_id)
        self._begin(self._write_down(route_id, call))

    async def _write_down(self, route_id: int, call: Callable[[], object]) -> None:
        """And let the queue of the route go on at once."""
        try:
            await self._ask(call)
        finally:
            self._telling.discard(route_id)
        until = self._loop.time() + AFTER_TRIP_S
        while self._loop.time() < until:
            await self.pass_on(None)
            await asyncio.sleep(AFTER_TRIP_EVERY_S)

    async def _heed(self, route_id: int, found: Breaker | None, now: datetime, writer: Writer) -> None:
        guard, desk = self._guards[route_id], self.desks[route_id]
        now_phase = phase(found, now)
        if now_phase is Phase.CLOSED:
            if guard.probe is not None or not guard.may_send:
                guard.release()
        elif guard.probe is not None:
            if found is not None and now_phase is Phase.PROBING and found.holder == self._prober:
                guard.conclude()
            else:
                guard.block()
                writer.return_flights(route_id)
                await self._ask(self._conclusion(route_id, None))
        else:
            if guard.may_send:
                guard.block()
                writer.return_flights(route_id)
            is_wanted = now_phase is Phase.DUE and self._served[route_id].is_sending and desk.is_up
            if is_wanted and await self._ask(try_probe, route_id, desk.classes, self._prober):
                log.info("route %s is probed", desk.config.name)
                guard.begin_probe()
        desk.is_sending = self._served[route_id].is_sending and guard.may_send

    async def pass_on(self, patience_s: float | None) -> None:
        """Let the queues of routes that take nothing go on, whoever serves these."""
        await self._ask(lambda: pass_on(database_now(), patience_s=patience_s))

    def _begin(self, errand: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(self._quietly(errand))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _quietly(self, errand: Coroutine[None, None, None]) -> None:
        try:
            await errand
        except DatabaseError as problem:
            log.warning("the state of a breaker could not be written down: %s", problem)

    # -- ends

    def _retire(self, route_id: int, writer: Writer) -> None:
        desk = self.desks.pop(route_id)
        del self._served[route_id]
        # What a link tells while it closes speaks for or against nothing.
        self._guards.pop(route_id).retire()
        desk.give_back()
        writer.return_flights(route_id)
        task = asyncio.create_task(self._drain(desk))
        self._retiring[task] = desk
        task.add_done_callback(self._retiring.pop)

    async def _drain(self, desk: Desk) -> None:
        if desk.link is not None:
            await desk.link.drain(DRAIN_S)
        log.info("route %s is closed on lane %s", desk.config.name, self._lane)

    async def drain(self, writer: Writer) -> None:
        """Part from all operators: what is unanswered has DRAIN_S."""
        await self._end_errands()
        for route_id in list(self.desks):
            self._retire(route_id, writer)
        await asyncio.gather(*self._retiring)

    async def abandon(self) -> None:
        """Close all connections at once, as a crash would."""
        self._shares.forget()
        await self._end_errands()
        for desk in self:
            if desk.link is not None:
                await desk.link.close()
        for task in list(self._retiring):
            task.cancel()
        await asyncio.gather(*self._retiring, return_exceptions=True)

    def _close_all(self) -> None:
        """What was ours may be others' soon: at once, whatever else waits for the database."""
        log.error("the shares of lane %s could not be renewed: all connections are closed", self._lane)
        for desk in [*self, *self._retiring.values()]:
            desk.is_sending = False
            if desk.link is not None:
                self._begin(desk.link.close())

    async def _end_errands(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- dialects

    async def learn(self) -> None:
        """Tell what receipts taught here, and take over what all dispatchers know."""
        routes = list(self.known)
        self.dialects.believe(routes, await self._ask(exchange, *self.dialects.take(), routes))

    # -- gauges

    async def report(self) -> None:
        now = self._loop.time()
        readings = [self._read(desk, desk.link.gauge(), now) for desk in self if desk.link is not None]
        await self._ask(write_gauges, self._lane, self._holder, readings, self._faults)
        unreadable = {route_id: taken for route_id, guard in self._guards.items() if (taken := guard.take_unreadable())}
        if unreadable:
            await self._ask(lambda: keep_unreadable(unreadable, database_now()))

    def _read(self, desk: Desk, gauge: LinkGauge, now: float) -> Reading:
        before, sent = self._sent.get(desk.route_id, (now, gauge.parts_sent))
        self._sent[desk.route_id] = (now, gauge.parts_sent)
        tps = max(0.0, (gauge.parts_sent - sent) / (now - before)) if now > before else 0.0
        trouble = desk.trouble if desk.trouble_until > now else ""
        down_since = None if desk.down_since is None else utc_now() - timedelta(seconds=now - desk.down_since)
        return Reading(desk.route_id, gauge, tps, trouble, down_since)

    async def close(self) -> None:
        try:
            await self._ask(remove_gauges, self._lane, self._holder)
            await self._ask(self._shares.release)
        except DatabaseError as problem:
            log.warning("gauges and shares stay until they are too old: %s", problem)
        finally:
            await self._loop.run_in_executor(self._thread, connections.close_all)
            self._thread.shutdown()

    async def _ask(self, function: Callable[..., T], *arguments: object) -> T:
        def call() -> T:
            close_old_connections()
            return function(*arguments)

        return await self._loop.run_in_executor(self._thread, call)
