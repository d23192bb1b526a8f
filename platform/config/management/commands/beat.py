from __future__ import annotations

import time
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
            app.Beat(loglevel="WARNING", pidfile=None).run()
