"""One dispatcher: claims batches of its lane, keeps the windows of its routes full, writes back what became of them.

Four tasks with a connection each: claim, send, write, listen; a fifth keeps what people send. What they share lives in
the event loop alone.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import time
from collections.abc import Sequence
from typing import Final

import psycopg
from django.db import OperationalError

from compliance.rules.consent import WISHES_CHANNEL
from kernel.domain.traffic import TrafficClass
from messaging.dispatcher.claims import Claims, mark_sent
from messaging.dispatcher.database import Connection, connect
from messaging.dispatcher.desk import LINGER_S, Desk
from messaging.dispatcher.flight import Flight, Job, Standing
from messaging.dispatcher.inbox import Inbox
from messaging.dispatcher.routes import Routes
from messaging.dispatcher.statements import HOLD_OWNER_LOCK
from messaging.dispatcher.waiting import wait_up_to
from messaging.dispatcher.wishes import Wishes
from messaging.dispatcher.writer import Writer
from messaging.services.campaign_control import STOPS_CHANNEL
from messaging.services.writing import CHANNEL
from routing.leases import SharesLost
from routing.statuses import Lane

log: Final = logging.getLogger(__name__)

LEASE_S: Final = 30.0
POLL_S: Final = 0.05
REFRESH_S: Final = 2.0
TAKE_BACK_S: Final = 1.0
# A line that is down so long passes its batches on (docs/rules.md#refusals-by-operators).
FAIL_OVER_S: Final = {True: 5.0, False: 30.0}
# Pauses before a new beginning, short again after so long a run.
SETTLED_S: Final = 60.0
RESTART_S: Final = (1.0, 2.0, 5.0, 10.0)


class Dispatcher:
    """
    Args:
        lease_s: on the database's clock.
        refresh_s: how often routes are read and gauges written.
        fail_over_s: how long a line may be down before its batches go to their next route; None for the usual.
    """

    def __init__(
        self,
        lane: Lane,
        *,
        lease_s: float = LEASE_S,
        refresh_s: float = REFRESH_S,
        fail_over_s: float | None = None,
    ) -> None:
        self._lane = lane
        self._lease_s = lease_s
        self._refresh_s = refresh_s
        self._fail_over_s = fail_over_s
        place = f"{socket.gethostname()}:{os.getpid()}"[:55]
        # Containers give every process the same name: only chance tells a dispatcher from the dead one before it.
        self._owner = f"{place}:{secrets.token_hex(4)}"
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Event()
        self._batches = asyncio.Event()
        self._stopping = asyncio.Event()
        self._took_back_at = 0.0
        self._stops_changed = False
        self._wishes_changed = False
        self.ready = asyncio.Event()
        self._inbox = Inbox()
        self.routes = Routes(lane, self._owner, lease_s=lease_s, wake=self._wake, inbox=self._inbox)

    def stop(self) -> None:
        """Begin the orderly end: no more claims, windows empty, leases given back."""
        self._stopping.set()
        self._wake()

    async def run(self) -> None:
        """Until `stop`.

        Raises:
            psycopg.OperationalError: the database went away; everything in memory is void, see Writer.run.
        """
        connections: list[Connection] = []
        try:
            for name in ("claim", "send", "write", "listen"):
                connections.append(await connect(f"dispatch {self._lane} {name}"))  # noqa: PERF401 - closed below
            await self._run(*connections)
        finally:
            await self.routes.abandon()
            for connection in connections:
                await connection.close()
            await self.routes.close()
            await self._inbox.close()

    async def _run(self, claim: Connection, send: Connection, write: Connection, listen: Connection) -> None:
        writer = Writer(
            write, known=self.routes.known, dialects=self.routes.dialects, lease_s=self._lease_s, after=self._wake
        )
        # Of all connections the one that listens notices first that it is gone.
        await listen.execute(HOLD_OWNER_LOCK, [self._owner])
        claims = Claims(claim, writer.news, lease_s=self._lease_s, owner=self._owner)
        await claims.begin()
        await self.routes.refresh(writer)
        await self.routes.learn()
        self.ready.set()
        async with asyncio.TaskGroup() as group:
            group.create_task(writer.run())
            group.create_task(self._inbox.run())
            listening = group.create_task(self._listen(listen))
            refreshing = group.create_task(self._refresh(writer))
            working = [
                group.create_task(self._claim(claims, Wishes(claim), writer)),
                group.create_task(self._send(send)),
            ]
            await self._stopping.wait()
            await asyncio.gather(*working, refreshing)
            listening.cancel()
            await self.routes.drain(writer)
            writer.stop()
            self._inbox.stop()
        await self.routes.learn()

    def _wake(self) -> None:
        self._room.set()

    # -- tasks

    async def _claim(self, claims: Claims, wishes: Wishes, writer: Writer) -> None:
        while not self._stopping.is_set():
            self._batches.clear()
            now = self._loop.time()
            if now - self._took_back_at >= TAKE_BACK_S:
                self._took_back_at = now
                await claims.take_back()
                self._clear_dead_lines(writer, now)
                self._stops_changed = self._wishes_changed = True
            if self._stops_changed:
                self._stops_changed = False
                await self._drop_stopped(claims, writer)
            if self._wishes_changed or any(desk.awaiting for desk in self.routes):
                self._wishes_changed = False
                await self._refuse_unwanted(wishes)
            appetites = [each for each in (desk.appetite() for desk in self.routes) if each is not None]
            if appetites:
                chains = {desk.route_id: desk.chains for desk in self.routes if desk.chains is not None}
                flights = await claims.claim(appetites, time.time(), without=writer.refused, chains=chains)
                writer.adopt(flights)
                self._hand_out(flights)
                if flights:
                    self._room.set()
                    continue
            await wait_up_to(POLL_S, self._batches)

    def _hand_out(self, flights: Sequence[Flight]) -> None:
        """To their desks. A route may have been switched off during the claim: what is its goes back unsent."""
        sending = {desk.route_id: desk for desk in self.routes if desk.is_sending}
        for desk in sending.values():
            desk.add(flight for flight in flights if flight.batch.route_id == desk.route_id)
        for flight in flights:
            flight.is_returning = flight.batch.route_id not in sending

    async def _drop_stopped(self, claims: Claims, writer: Writer) -> None:
        """Give back what is in stock and may not go any more: paused, cancelled, or stopped by compliance since."""
        standings: set[Standing] = set().union(*(desk.standings() for desk in self.routes))
        if standings and (stopped := await claims.stopped(standings)):
            for desk in self.routes:
                writer.return_these(desk.drop(stopped))

    async def _refuse_unwanted(self, wishes: Wishes) -> None:
        """End what is in stock for people who want it no more since it was claimed."""
        desks = list(self.routes)
        tenants = {standing.tenant_id for desk in desks for standing in desk.standings()}
        if not tenants:
            return
        changed = await wishes.changed(tenants)
        wishes.seen.update(changed)
        concerned = set(changed).union(*(desk.awaiting for desk in desks))
        asked = {job for desk in desks for job in desk.unsent(concerned)}
        unwanted = await wishes.unwanted(asked) if asked else {}
        for desk in desks:
            desk.wary = wishes.seen.keys()
            desk.refuse(unwanted, asked)

    def _clear_dead_lines(self, writer: Writer, now: float) -> None:
        """What a line cannot send goes back to the queue, for another dispatcher's line or the next route."""
        for desk in self.routes:
            low, _ = desk.classes
            patience = FAIL_OVER_S[low == TrafficClass.OTP] if self._fail_over_s is None else self._fail_over_s
            if desk.waiting and desk.down_since is not None and now - desk.down_since >= patience:
                is_sending = desk.is_sending
                desk.give_back()
                desk.is_sending = is_sending
                writer.return_flights(desk.route_id)

    async def _send(self, db: Connection) -> None:
        while not self._stopping.is_set():
            self._room.clear()
            wall = time.time()
            taken: list[tuple[Desk, list[Job]]] = []
            pause = POLL_S
            for desk in self.routes:
                jobs, wait = self._draw(desk, wall)
                pause = min(pause, wait)
                if jobs:
                    taken.append((desk, jobs))
            if taken:
                await self._commit_and_send(db, taken, wall)
                continue
            await wait_up_to(pause, self._room)

    def _draw(self, desk: Desk, wall: float) -> tuple[list[Job], float]:
        """Messages that may go now, and seconds until it is worth asking again."""
        waiting = desk.waiting
        if not waiting or desk.link is None or not self.routes.may_send:
            return [], POLL_S
        room = desk.link.room
        if room <= 0:
            soon = desk.link.next_room_s()
            return [], POLL_S if soon is None else max(0.001, soon)
        if room < desk.threshold and room < waiting and desk.lingers():
            return [], LINGER_S
        return desk.take(room, wall), POLL_S

    async def _commit_and_send(self, db: Connection, taken: Sequence[tuple[Desk, list[Job]]], wall: float) -> None:
        jobs = [job for _, members in taken for job in members]
        while not await mark_sent(db, jobs, self._lease_s):
            jobs = [job for job in jobs if not job.flight.is_lost]
        for desk, members in taken:
            desk.send([job for job in members if not job.flight.is_lost], wall)

    async def _listen(self, db: Connection) -> None:
        await db.execute(f"LISTEN {CHANNEL}")
        await db.execute(f"LISTEN {STOPS_CHANNEL}")
        await db.execute(f"LISTEN {WISHES_CHANNEL}")
        async for notice in db.notifies():
            self._stops_changed = self._stops_changed or notice.channel == STOPS_CHANNEL
            self._wishes_changed = self._wishes_changed or notice.channel == WISHES_CHANNEL
            self._batches.set()

    async def _refresh(self, writer: Writer) -> None:
        while not self._stopping.is_set():
            await wait_up_to(self.routes.next_refresh_s(self._refresh_s), self._stopping)
            if not self._stopping.is_set():
                await self.routes.refresh(writer)
                await self.routes.report()
                await self.routes.learn()
                await self.routes.pass_on(self._fail_over_s)


async def serve(lane: Lane, stopping: asyncio.Event) -> None:
    """Run dispatchers until `stopping`: a new one, with empty hands, when the database was away."""
    loop, failures = asyncio.get_running_loop(), 0
    while not stopping.is_set():
        began = loop.time()
        dispatcher = Dispatcher(lane)
        watch = asyncio.create_task(_stop_when(stopping, dispatcher))
        try:
            await dispatcher.run()
        except* (psycopg.OperationalError, OperationalError, SharesLost) as problems:
            failures = 0 if loop.time() - began > SETTLED_S else failures
            pause = RESTART_S[min(failures, len(RESTART_S) - 1)]
            failures += 1
            log.error("the database or a lease is gone, next try in %g s: %s", pause, problems.exceptions[0])
            await wait_up_to(pause, stopping)
        finally:
            watch.cancel()


async def _stop_when(stopping: asyncio.Event, dispatcher: Dispatcher) -> None:
    await stopping.wait()
    dispatcher.stop()
