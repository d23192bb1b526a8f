"""Long texts of operators that send one receipt for all parts: some time after it, the others are inferred."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from kernel.db.arrays import int2s, int4s
from kernel.domain.ids import uuid7_floor
from messaging.dispatcher import statements
from messaging.dispatcher.database import Connection, idents, run
from messaging.dispatcher.news import Ending
from messaging.dispatcher.receipts import Matcher
from messaging.statuses import Status

# A receipt of another part has so long to come, and to say otherwise.
GRACE: Final = timedelta(minutes=10)
EVERY_S: Final = 2.0
# What is looked through each time, and when a dispatcher begins; what is older ends as silence does.
WINDOW: Final = timedelta(minutes=5)
FIRST_WINDOW: Final = timedelta(days=3)
_KEPT: Final = timedelta(days=10)
WORDS: Final = "one receipt for all parts"


async def infer(
    db: Connection, matcher: Matcher, routes: Sequence[int], *, window: timedelta, at: datetime
) -> list[Ending]:
    """Messages that are delivered because one part is, in the transaction that runs.

    Args:
        routes: those that say so.
        window: before the grace, of when the part's receipt came.
    """
    latest = at - GRACE
    bounds = [latest - window, latest, uuid7_floor(latest - _KEPT), at - _KEPT]
    cursor = await run(db, statements.INFERRED, [int4s(sorted(routes)), *bounds])
    rows = {row[2]: row for row in await cursor.fetchall()}
    await matcher.learn_terms(db, [(row[1], row[4]) for row in rows.values()])
    endings, columns = [], []
    for route_id, tenant_id, ident, parts, origin, waited_ms, segments, price in rows.values():
        terms = matcher.terms.get(origin)
        if terms is None or tenant_id in matcher.blocked:
            continue
        size = segments, price, waited_ms
        endings.append(Ending(terms, ident, route_id, int(Status.DELIVERED), "", WORDS, *size, None))
        columns.append((tenant_id, ident, parts))
    if columns:
        tenants, messages, parts_of = zip(*columns, strict=True)
        await run(db, statements.INFER_PARTS, [at, list(tenants), idents(messages), int2s(parts_of)])
    return endings
