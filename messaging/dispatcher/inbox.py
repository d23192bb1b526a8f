"""Texts that people send: kept, and what they ask for done, before the operator is told that it may forget them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from django.db import close_old_connections, connections

from kernel.db.clock import database_now
from messaging.dispatcher.waiting import wait_up_to
from messaging.services.inbound import Heard, keep_messages
from routing.contract import IncomingMessage

# Kept by one call; links stop reading long before a flood of them fills the memory.
AT_ONCE: Final = 100
IDLE_S: Final = 5.0


class Inbox:
    """Django's ORM is asked in a thread of its own, so that a flood of texts delays nothing else."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="dakiya-inbox")
        self._waiting: list[tuple[int, IncomingMessage]] = []
        self._woken = asyncio.Event()
        self._is_stopping = False

    def hear(self, route_id: int, messages: Sequence[IncomingMessage]) -> None:
        self._waiting += [(route_id, message) for message in messages]
        self._woken.set()

    def stop(self) -> None:
        """End `run` once everything heard so far is kept."""
        self._is_stopping = True
        self._woken.set()

    async def run(self) -> None:
        """
        Raises:
            django.db.OperationalError: the database is gone; what was not acknowledged comes again.
        """
        while self._waiting or not self._is_stopping:
            if not self._waiting:
                await wait_up_to(IDLE_S, self._woken)
            self._woken.clear()
            taken, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            if taken:
                heard = [Heard(route_id, each.source, each.destination, each.text) for route_id, each in taken]
                await self._loop.run_in_executor(self._thread, _keep, heard)
                for _, message in taken:
                    message.ack()

    async def close(self) -> None:
        await self._loop.run_in_executor(self._thread, connections.close_all)
        self._thread.shutdown()


def _keep(heard: Sequence[Heard]) -> None:
    close_old_connections()
    keep_messages(heard, now=database_now())
