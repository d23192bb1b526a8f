from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import psycopg
from django.core.management.base import BaseCommand

from config.celery import app
from kernel.db.dsn import conninfo
from kernel.db.locks import BEAT_LOCK, try_hold

RETRY_S: Final = 1.0


class Command(BaseCommand):
    help = "Run Celery beat. Only one beat sends at a time: a second one waits for an advisory lock of the database."

    def handle(self, *args: Any, **options: Any) -> None:
        # A connection of its own: the lock lasts as long as this process, and is free again however it ends.
        with psycopg.connect(conninfo(), autocommit=True, application_name="dakiya beat") as connection:
            if not try_hold(connection, BEAT_LOCK):
                self.stdout.write("another beat is running; waiting to take over")
                self.stdout.flush()
                while not try_hold(connection, BEAT_LOCK):
                    time.sleep(RETRY_S)
            watch_in_background(connection, lambda: os.kill(os.getpid(), signal.SIGTERM))
            app.Beat(loglevel="WARNING", pidfile=None).run()


def watch_in_background(connection: psycopg.Connection, lost: Callable[[], None]) -> None:
    """Call `lost` once when the connection, and with it the lock, is gone: a database that restarts forgets locks, and
    another beat may hold it by then. The supervisor starts this one again, behind that one."""

    def watch() -> None:
        try:
            while True:
                time.sleep(RETRY_S)
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            lost()

    threading.Thread(target=watch, name="beat lock", daemon=True).start()
