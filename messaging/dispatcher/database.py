"""The dispatcher's own connections: asyncio, transactions of the platform's role, statements in a pipeline."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias

import psycopg

from kernel.db.dsn import conninfo
from messaging.dispatcher.statements import ENTER

Connection: TypeAlias = psycopg.AsyncConnection[tuple[Any, ...]]
Cursor: TypeAlias = psycopg.AsyncCursor[tuple[Any, ...]]
# Its statements are many and small. Over full partitions the planner would start parallel workers to match 500
# receipts, which takes longer than matching them.
_PLANS: Final = "-c max_parallel_workers_per_gather=0 -c jit=off"


async def connect(name: str) -> Connection:
    """A connection with the worker's login; `name` shows in pg_stat_activity."""
    return await psycopg.AsyncConnection.connect(
        conninfo(), autocommit=True, application_name=f"dakiya {name}", options=_PLANS
    )


@asynccontextmanager
async def platform(db: Connection) -> AsyncIterator[None]:
    """One transaction across tenants; its statements are sent without waiting for each other."""
    async with db.pipeline(), db.transaction():
        await db.execute(ENTER)
        yield


async def run(db: Connection, sql: str, parameters: Sequence[object]) -> Cursor:
    """Queue a statement; its rows come in binary."""
    return await db.execute(sql.encode(), parameters, binary=True)
