"""`manage.py smsc`: run the SMSC simulator (docs/smsc-simulator.md)."""

from __future__ import annotations

import asyncio
import gc
import signal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from routing.smsc.journal import Journal
from routing.smsc.server import Simulator
from routing.smsc.settings import Settings, SettingsRefused


class Command(BaseCommand):
    help = "Run the SMSC simulator: an SMPP 3.4 operator with faults on demand, and its HTTP control port."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.SMSC_PORT)
        parser.add_argument("--control-port", type=int, default=settings.SMSC_CONTROL_PORT)
        parser.add_argument("--seed", type=int, default=1, help="the same seed repeats the same outcomes")
        parser.add_argument("--system-id", help="let in only this account (with --password); default: everybody")
        parser.add_argument("--password", default="")
        parser.add_argument(
            "--journal", default=settings.SMSC_JOURNAL, metavar="FILE", help="write down what is taken and acknowledged"
        )
        parser.add_argument("--receipt-delay-ms", type=int, default=Settings().receipt_delay_ms)
        parser.add_argument("--delivered-ratio", type=float, default=Settings().delivered_ratio)

    def handle(self, *args: Any, **options: Any) -> None:
        # Few cycles, many objects: collecting often would only cost speed.
        gc.set_threshold(100_000, 20, 100)
        try:
            wanted = Settings().changed(
                {"receipt_delay_ms": options["receipt_delay_ms"], "delivered_ratio": options["delivered_ratio"]}
            )
            asyncio.run(self._serve(wanted, options))
        except SettingsRefused as problem:
            raise CommandError(str(problem)) from problem
        except OSError as problem:
            raise CommandError(f"{problem}: choose another port with --port or --control-port") from problem

    async def _serve(self, wanted: Settings, options: dict[str, Any]) -> None:
        account = (options["system_id"], options["password"]) if options["system_id"] else None
        journal = Journal(Path(options["journal"])) if options["journal"] else None
        simulator = Simulator(seed=options["seed"], credentials=account, settings=wanted, journal=journal)
        await simulator.start(host=options["host"], port=options["port"], control_port=options["control_port"])
        ports = (
            f"SMPP on {options['host']}:{simulator.port}, control on http://{options['host']}:{simulator.control_port}/"
        )
        self.stderr.write(f"SMSC simulator: {ports}")
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ended.set)
        await ended.wait()
        await simulator.stop()
