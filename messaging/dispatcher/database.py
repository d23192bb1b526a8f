"""The dispatcher's own connections: asyncio, transactions of the platform's role, statements in a pipeline."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias
from uuid import UUID

import psycopg
from psycopg import postgres
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format

from kernel.db import arrays
from kernel.db.dsn import conninfo
from messaging.dispatcher.statements import ENTER

Connection: TypeAlias = psycopg.AsyncConnection[tuple[Any, ...]]
Cursor: TypeAlias = psycopg.AsyncCursor[tuple[Any, ...]]
# Its statements are many and small. Over full partitions the planner would start parallel workers to match 500
# receipts, which takes longer than matching them.
_PLANS: Final = "-c max_parallel_workers_per_gather=0 -c jit=off"


class _Idents(Loader):
    """Arrays of uuid, which for the dispatcher are ids of messages, as 16 octets each: a UUID made, hashed and compared
    in Python costs more than anything else that is done with it."""

    format = Format.BINARY

    def load(self, data: Buffer) -> list[bytes]:
        # Head of 20 octets, then each element behind its length; none is null.
        octets = bytes(data)
        return [octets[at : at + 16] for at in range(24, len(octets), 20)]


async def connect(name: str) -> Connection:
    """A connection with the worker's login; `name` shows in pg_stat_activity."""
    db = await psycopg.AsyncConnection.connect(
        conninfo(), autocommit=True, application_name=f"dakiya {name}", options=_PLANS
    )
    arrays.register(db)
    db.adapters.register_loader(postgres.types["uuid"].array_oid, _Idents)
    return db


def idents(octets: Sequence[bytes]) -> arrays.Packed:
    """Ids of messages as a parameter `%b::uuid[]`."""
    return arrays.packed("uuid", arrays.uuid_items(octets), len(octets))


def among(octets: Sequence[bytes]) -> list[object]:
    """The parameters of `id = ANY(…) AND id BETWEEN … AND …`, for one id or more."""
    return [idents(octets), UUID(bytes=min(octets)), UUID(bytes=max(octets))]


@asynccontextmanager
async def platform(db: Connection) -> AsyncIterator[None]:
    """One transaction across tenants; its statements are sent without waiting for each other."""
    async with db.pipeline(), db.transaction():
        await db.execute(ENTER)
        yield


async def run(db: Connection, sql: str, parameters: Sequence[object]) -> Cursor:
    """Queue a statement; its rows come in binary."""
    return await db.execute(sql.encode(), parameters, binary=True)
