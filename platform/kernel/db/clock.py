"""One clock for all processes: the database's. Machines differ, and what is due must not depend on who looks."""

from __future__ import annotations

from datetime import datetime

from kernel.db.tenancy import scoped_connection


def database_now() -> datetime:
    """The present instant by the database, aware, in UTC; goes on within a transaction. One round trip.

    Read once a sweep and given to its services as `now`, which tests turn as they like.
    """
    with scoped_connection().cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: tuple[datetime] = cursor.fetchone()
    return found[0]
