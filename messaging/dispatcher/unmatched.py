"""Receipts whose message is not known (yet): kept, and tried again at growing intervals until they are forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from kernel.db.arrays import int2s, int4s, int8s
from kernel.smpp.receipts import ReceiptState
from messaging.dispatcher import statements
from messaging.dispatcher.database import Connection, run
from messaging.dispatcher.receipts import Heard

# After the first second; then hourly for a day, and daily until it is deleted (docs/rules.md#receipts, 6).
RETRIES_S: Final = (5.0, 30.0, 300.0)
HOUR_S: Final = 3_600.0
HOURLY_TRIES: Final = 24
_SEPARATOR: Final = "\x1f"


def pause_s(tries: int) -> float:
    """Until the next try, after so many."""
    if tries < len(RETRIES_S):
        return RETRIES_S[tries]
    return HOUR_S if tries < len(RETRIES_S) + HOURLY_TRIES else 24 * HOUR_S


async def due(db: Connection) -> list[Heard]:
    """Those whose next try has come, of all routes: a route may be switched off. Locked until the transaction ends."""
    cursor = await run(db, statements.DUE_UNMATCHED, [])
    return [_heard(row) for row in await cursor.fetchall()]


def _heard(row: tuple[int, int, list[str], str, str, str, str, str, int]) -> Heard:
    row_id, route_id, keys, recipient, destination, state, stat, err, tries = row
    return Heard(
        route_id,
        keys[0],
        tuple(keys),
        recipient,
        ReceiptState(state),
        stat,
        err,
        None,
        row_id=row_id,
        tries=tries,
        destination=destination,
    )


async def store(db: Connection, missing: Sequence[Heard], at: datetime) -> None:
    """Keep new ones, and put the next try of kept ones further off."""
    fresh = [heard for heard in missing if not heard.row_id]
    if fresh:
        columns = [
            int4s(heard.route_id for heard in fresh),
            [_SEPARATOR.join(dict.fromkeys((heard.told, *heard.keys))) for heard in fresh],
            [heard.recipient for heard in fresh],
            [heard.destination for heard in fresh],
            [heard.submitted for heard in fresh],
            [heard.state.value for heard in fresh],
            [heard.stat for heard in fresh],
            [heard.err for heard in fresh],
        ]
        await run(db, statements.KEEP_UNMATCHED, [at, at, *columns])
    kept = [heard for heard in missing if heard.row_id]
    if kept:
        pauses = [pause_s(heard.tries) for heard in kept]
        ids, tries = int8s(heard.row_id for heard in kept), int2s(heard.tries + 1 for heard in kept)
        await run(db, statements.RETRY_UNMATCHED, [ids, tries, pauses])


async def forget(db: Connection, rows: Sequence[int]) -> None:
    await run(db, statements.FORGET_UNMATCHED, [int8s(rows)])
