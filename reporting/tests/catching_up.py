"""Folding in tests to the last event, however long a transaction in another test's database holds the horizon back."""

from __future__ import annotations

from kernel.db.tenancy import platform_context, scoped_connection
from reporting.folding import EVENTS_PER_FOLD, READER, fold_all
from tests.waiting import until

_LEFT_SQL = """
SELECT EXISTS (SELECT FROM message_events e WHERE (e.xid, e.id) >
    (SELECT coalesce(max(xid), 0)::text::xid8, coalesce(max(event_id), 0) FROM kernel_cursor WHERE reader = %s))"""


def fold_everything(*, limit: int = EVENTS_PER_FOLD) -> int:
    """Rounds that found events."""
    rounds = 0

    def has_caught_up() -> bool:
        nonlocal rounds
        rounds += fold_all(limit=limit)
        return not _is_anything_left()

    until(has_caught_up, timeout_s=30)
    return rounds


def _is_anything_left() -> bool:
    with platform_context(reason="test"), scoped_connection().cursor() as cursor:
        cursor.execute(_LEFT_SQL, [READER])
        row = cursor.fetchone()
    return bool(row and row[0])
