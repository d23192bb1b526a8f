"""Receipts whose message is not known (yet): kept, and tried again at growing intervals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kernel.db.arrays import int2s, int4s, int8s
from kernel.smpp.receipts import ReceiptState
from messaging.dispatcher import statements
from messaging.dispatcher.database import Connection, run
from messaging.dispatcher.receipts import RETRIES_S, Heard

_SEPARATOR = "\x1f"


async def due(db: Connection, routes: Sequence[int]) -> list[Heard]:
    """Those whose next try has come, locked until the transaction ends."""
    cursor = await run(db, statements.DUE_UNMATCHED, [int4s(routes)])
    return [
        Heard(
            route_id, keys[0], tuple(keys), recipient, ReceiptState(state), stat, err, None, row_id=row_id, tries=tries
        )
        for row_id, route_id, keys, recipient, state, stat, err, tries in await cursor.fetchall()
    ]


async def store(db: Connection, missing: Sequence[Heard], at: datetime) -> None:
    """Keep new ones, and put the next try of kept ones further off; after the last one they just stay."""
    fresh = [heard for heard in missing if not heard.row_id]
    if fresh:
        columns = [
            int4s(heard.route_id for heard in fresh),
            [_SEPARATOR.join(heard.keys) for heard in fresh],
            [heard.recipient for heard in fresh],
            [heard.state.value for heard in fresh],
            [heard.stat for heard in fresh],
            [heard.err for heard in fresh],
        ]
        await run(db, statements.KEEP_UNMATCHED, [at, at, *columns])
    kept = [heard for heard in missing if heard.row_id]
    if kept:
        pauses = [RETRIES_S[heard.tries] if heard.tries < len(RETRIES_S) else None for heard in kept]
        ids, tries = int8s(heard.row_id for heard in kept), int2s(heard.tries + 1 for heard in kept)
        await run(db, statements.RETRY_UNMATCHED, [ids, tries, pauses])


async def forget(db: Connection, rows: Sequence[int]) -> None:
    await run(db, statements.FORGET_UNMATCHED, [int8s(rows)])
