"""Locks of PostgreSQL that end with their holder, however it ends."""

from __future__ import annotations

from typing import Final

import psycopg

BEAT_LOCK: Final = 7001  # two beats would send every tick twice (docs/adr/0003)
DISPATCHER_LOCK: Final = 7003  # with the hash of its name: a dispatcher lives
SHARES_LOCK: Final = 7004  # with the hash of a lane: somebody divides its routes anew (docs/adr/0017)


def try_hold(connection: psycopg.Connection, key: int) -> bool:
    """Take the advisory lock `key` for as long as the connection lives; False when somebody else holds it."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", [key]).fetchone()
    return bool(row and row[0])
