"""Connections outside Django's own: the dispatcher's asyncio ones, and locks that must outlive a request."""

from __future__ import annotations

from django.db import connections
from psycopg.conninfo import make_conninfo


def conninfo(alias: str = "default") -> str:
    """libpq connection string of one of Django's aliases, with the same database and login."""
    settings = connections[alias].settings_dict
    given = {
        "dbname": settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "host": settings["HOST"],
        "port": settings["PORT"],
    }
    return make_conninfo(**{key: str(value) for key, value in given.items() if value})
