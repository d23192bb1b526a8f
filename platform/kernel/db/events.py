"""News flows up by rows: logs written in the transaction of the change and read by cursor (docs/adr/0007).

Identity numbers commit out of order, so a reader that remembers the last id it saw loses rows. A cursor is therefore
(xid8, id), and reads only rows whose transaction is older than every one still running: nothing can commit behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import models

from kernel.db.fields import Xid8Field
from kernel.db.models import Cursor
from kernel.db.tenancy import current_tenant_id, scoped_connection


class EventLog(models.Model):
    """The columns every log has; a concrete log adds what its readers group by. Rows are never updated."""

    id = models.BigAutoField(primary_key=True)
    tenant_id = models.UUIDField(default=current_tenant_id, editable=False)
    xid = Xid8Field(db_default=models.Func(function="pg_current_xact_id"), editable=False)
    at = models.DateTimeField()

    class Meta:
        abstract = True


@dataclass(frozen=True, slots=True)
class Span:
    """The rows a reader may take now: after (xid, event_id), before `horizon`."""

    xid: int
    event_id: int
    horizon: int


@contextmanager
def reading(reader: str) -> Iterator[Span]:
    """Lock the cursor of `reader` and give the span that is safe to read; a second reader of that name waits.

    Move it with `advance` inside the block. Both happen in the caller's transaction, so a reader that fails
    reads the same rows again.
    """
    Cursor.objects.get_or_create(reader=reader)
    cursor_row = Cursor.objects.select_for_update().get(reader=reader)
    with scoped_connection().cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        (horizon,) = cursor.fetchone()
    yield Span(cursor_row.xid, cursor_row.event_id, horizon)


def advance(reader: str, *, xid: int, event_id: int) -> None:
    Cursor.objects.filter(reader=reader).update(xid=xid, event_id=event_id)


# What a reader appends to its WHERE; parameters are Span.xid, Span.event_id, Span.horizon, in this order.
SPAN_SQL = "(e.xid, e.id) > (%s::text::xid8, %s) AND e.xid < %s::text::xid8"
