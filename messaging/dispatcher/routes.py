"""Routes as this dispatcher serves them: opened, reopened and closed as staff change them, without a restart.

Django's ORM is asked in one thread of its own, so the event loop never waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from django.db import DatabaseError, close_old_connections, connections

from kernel.domain.clock import utc_now
from kernel.domain.errors import DomainError
from kernel.domain.traffic import TrafficClass
from messaging.dispatcher.desk import Desk
from messaging.dispatcher.news import Known
from messaging.dispatcher.writer import Writer
from routing.contract import LinkGauge, RouteConfig
from routing.models import Route, RouteGauge
from routing.registry import provider
from routing.services.routes import route_config
from routing.services.states import report_gauge
from routing.statuses import Lane, RouteState

log: Final = logging.getLogger(__name__)

DRAIN_S: Final = 10.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Served:
    """A route this lane has a desk for; two that are equal need no new connection."""

    kind: str
    config: RouteConfig
    cost_micros: int
    is_sending: bool
    classes: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Reading:
    """A desk at this moment, for the console."""

    route_id: int
    gauge: LinkGauge
    tps: float
    trouble: str


def read_routes(lane: Lane) -> list[Served]:
    """Enabled and draining routes with binds for the lane. One whose secrets cannot be read is left out, loudly."""
    served = []
    for route in Route.objects.exclude(state=RouteState.DISABLED):
        if lane == Lane.OTP and not route.otp_binds:
            continue
        try:
            config = route_config(route, lane=lane)
        except DomainError as problem:
            log.error("route %s is not served: %s", route.name, problem)
            continue
        # Without binds for passcodes the route carries them among everything else, first.
        lowest = TrafficClass.TRANSACTIONAL if route.otp_binds else TrafficClass.OTP
        classes = (TrafficClass.OTP, TrafficClass.OTP) if lane == Lane.OTP else (lowest, TrafficClass.PROMOTIONAL)
        is_sending = route.state == RouteState.ENABLED
        served.append(Served(route.kind, config, route.cost_micros, is_sending, (int(classes[0]), int(classes[1]))))
    return served


def write_gauges(lane: Lane, holder: str, readings: list[Reading]) -> None:
    now = utc_now()
    for reading in readings:
        gauge = RouteGauge(
            route_id=reading.route_id,
            lane=lane.value,
            holder=holder,
            tps_now=reading.tps,
            window_used=reading.gauge.window_used,
            binds_up=reading.gauge.binds_up,
            binds_wanted=reading.gauge.binds_wanted,
            note=(reading.trouble or reading.gauge.note)[:200],
            at=now,
        )
        report_gauge(gauge=gauge)


def remove_gauges(lane: Lane, holder: str) -> None:
    RouteGauge.objects.filter(lane=lane.value, holder=holder).delete()


class Routes:
    """All desks of this process."""

    def __init__(self, lane: Lane, holder: str, wake: Callable[[], None]) -> None:
        self._lane = lane
        self._holder = holder
        self._wake = wake
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="dakiya-orm")
        self._served: dict[int, Served] = {}
        self._retiring: set[asyncio.Task[None]] = set()
        self._sent: dict[int, tuple[float, int]] = {}
        self.desks: dict[int, Desk] = {}
        self.known: dict[int, Known] = {}
        self.costs: dict[int, int] = {}

    def __iter__(self) -> Iterator[Desk]:
        return iter(self.desks.values())

    async def refresh(self, writer: Writer) -> None:
        """Do what staff changed since the last time."""
        wanted = {served.config.route_id: served for served in await self._ask(read_routes, self._lane)}
        for route_id in [route_id for route_id in self.desks if route_id not in wanted]:
            self._retire(route_id, writer)
        for route_id, served in wanted.items():
            self.costs[route_id] = served.cost_micros
            present = self._served.get(route_id)
            if present is not None and (present.kind, present.config) != (served.kind, served.config):
                self._retire(route_id, writer)
                present = None
            if present is None:
                await self._open(served, writer)
            elif present.is_sending and not served.is_sending:
                self.desks[route_id].give_back()
                writer.return_flights(route_id)
            desk = self.desks.get(route_id)
            if desk is not None:
                self._served[route_id] = served
                desk.classes, desk.is_sending = served.classes, served.is_sending

    async def _open(self, served: Served, writer: Writer) -> None:
        config = served.config
        known = self.known.setdefault(config.route_id, Known())
        desk = Desk(config, classes=served.classes, news=writer.news, known=known, wake=self._wake)
        desk.is_sending = served.is_sending
        try:
            desk.link = await provider(served.kind).open(config, desk)
        except DomainError as problem:
            log.error("route %s cannot be opened: %s", config.name, problem)
            return
        log.info("route %s is open on lane %s", config.name, self._lane)
        self.desks[config.route_id] = desk

    def _retire(self, route_id: int, writer: Writer) -> None:
        desk = self.desks.pop(route_id)
        del self._served[route_id]
        desk.give_back()
        writer.return_flights(route_id)
        task = asyncio.create_task(self._drain(desk))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def _drain(self, desk: Desk) -> None:
        if desk.link is not None:
            await desk.link.drain(DRAIN_S)
        log.info("route %s is closed on lane %s", desk.config.name, self._lane)

    async def drain(self, writer: Writer) -> None:
        """Part from all operators: what is unanswered has DRAIN_S."""
        for route_id in list(self.desks):
            self._retire(route_id, writer)
        await asyncio.gather(*self._retiring)

    async def abandon(self) -> None:
        """Close all connections at once, as a crash would."""
        for desk in self:
            if desk.link is not None:
                await desk.link.close()
        for task in list(self._retiring):
            task.cancel()
        await asyncio.gather(*self._retiring, return_exceptions=True)

    async def report(self) -> None:
        now = self._loop.time()
        readings = []
        for desk in self:
            if desk.link is None:
                continue
            gauge = desk.link.gauge()
            before, sent = self._sent.get(desk.route_id, (now, gauge.parts_sent))
            self._sent[desk.route_id] = (now, gauge.parts_sent)
            tps = max(0.0, (gauge.parts_sent - sent) / (now - before)) if now > before else 0.0
            trouble = desk.trouble if desk.trouble_until > now else ""
            readings.append(Reading(desk.route_id, gauge, tps, trouble))
        await self._ask(write_gauges, self._lane, self._holder, readings)

    async def close(self) -> None:
        try:
            await self._ask(remove_gauges, self._lane, self._holder)
        except DatabaseError as problem:
            log.warning("the gauges stay until they are too old: %s", problem)
        finally:
            await self._loop.run_in_executor(self._thread, connections.close_all)
            self._thread.shutdown()

    async def _ask(self, function: Callable[..., T], *arguments: object) -> T:
        def call() -> T:
            close_old_connections()
            return function(*arguments)

        return await self._loop.run_in_executor(self._thread, call)
