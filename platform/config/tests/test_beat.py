from __future__ import annotations

import threading

import psycopg
import pytest
from django.db import connection as database

from config.management.commands.beat import watch_in_background
from kernel.db.dsn import conninfo

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_beat_that_lost_its_lock_with_its_connection_ends() -> None:
    lost = threading.Event()
    with psycopg.connect(conninfo(), autocommit=True) as held:
        watch_in_background(held, lost.set)
        with database.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [held.info.backend_pid])
        assert lost.wait(10)
