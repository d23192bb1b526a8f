"""`manage.py dispatch --lane otp|bulk`: send what is queued, over the routes, until SIGTERM."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from kernel.collector import spare_what_is_loaded
from messaging.dispatcher.process import serve
from routing.statuses import Lane


class Command(BaseCommand):
    help = "Send queued messages to the operators and take their receipts, until SIGTERM. Any number may run."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--lane", choices=Lane.values, required=True, help="otp: passcodes alone; bulk: the rest")

    def handle(self, *args: Any, **options: Any) -> None:
        spare_what_is_loaded()
        asyncio.run(self._serve(Lane(options["lane"])))

    async def _serve(self, lane: Lane) -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopping.set)
        await serve(lane, stopping)
