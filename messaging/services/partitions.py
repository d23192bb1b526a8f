"""Partitions of the message tables: made four weeks ahead, dropped when their retention is over (docs/adr/0004)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from kernel.db.partitions import Series, covered_until, drop_before, ensure
from kernel.domain.clock import utc_now

MESSAGES: Final = Series("messages", days=7, fillfactor=50, few=("tenant_id",))
# A part is filed under its message's id, and goes with the message.
MESSAGE_PARTS: Final = Series("message_parts", days=7, column="message_id")
OPERATOR_IDS: Final = Series("operator_ids", days=1, by_id=False, column="at")
# Retention class in days → width of its partitions: short ones by day, so that a text goes the day it must.
TEXT_CLASSES: Final = {1: 1, 7: 1, 30: 1, 90: 7, 400: 7}
OPERATOR_ID_DAYS: Final = 10  # longest validity (72 h) and seven days in which a receipt is matched again


def text_series(retention_days: int) -> Series:
    return Series(f"message_texts_{retention_days}", days=TEXT_CLASSES[retention_days])


def retention_class(days: int) -> int:
    """The shortest class that keeps a text for `days`."""
    return next((kept for kept in TEXT_CLASSES if kept >= days), max(TEXT_CLASSES))


def retained() -> dict[Series, int]:
    """Every partitioned table with the days that its rows are kept at least."""
    return {
        MESSAGES: settings.MESSAGE_RETENTION_DAYS,
        MESSAGE_PARTS: settings.MESSAGE_RETENTION_DAYS,
        OPERATOR_IDS: OPERATOR_ID_DAYS,
        **{text_series(days): days for days in TEXT_CLASSES},
    }


def make_partitions(now: datetime | None = None) -> list[str]:
    """Make every missing partition from yesterday's to PARTITION_DAYS_AHEAD; returns the names made."""
    now = now or utc_now()
    first, last = now - timedelta(days=1), now + timedelta(days=settings.PARTITION_DAYS_AHEAD)
    with owner_connection() as connection:
        return [name for series in retained() for name in ensure(connection, series, first=first, last=last)]


def drop_partitions(now: datetime) -> list[str]:
    """Drop what is older than its retention; returns the names dropped."""
    with owner_connection() as connection:
        return [
            name
            for series, days in retained().items()
            for name in drop_before(connection, series, now - timedelta(days=days))
        ]


def days_ahead(connection: BaseDatabaseWrapper, now: datetime) -> dict[str, float]:
    """Table → days from `now` for which partitions exist without a gap; any login may ask."""
    found = ((series.parent, covered_until(connection, series, now)) for series in retained())
    return {parent: (until - now) / timedelta(days=1) for parent, until in found}


@contextmanager
def owner_connection() -> Iterator[BaseDatabaseWrapper]:
    """A connection that may create and drop tables: `default` in the owner's own processes, else a second one."""
    if settings.LOGIN == "owner":
        yield connections[DEFAULT_DB_ALIAS]
        return
    connection = connections[DEFAULT_DB_ALIAS].copy()
    connection.settings_dict = {**connection.settings_dict, **settings.OWNER_LOGIN, "OPTIONS": {}}
    try:
        yield connection
    finally:
        connection.close()
