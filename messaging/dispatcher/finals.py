"""Moving messages to their end: who is first decides, everything later is a repetition or a correction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from kernel.db.arrays import int2s
from messaging.dispatcher import statements
from messaging.dispatcher.database import Connection, Cursor, among, idents, run
from messaging.dispatcher.flight import Job
from messaging.dispatcher.news import Ending
from messaging.dispatcher.receipts import Hit
from messaging.dispatcher.settling import Books, EndKey
from messaging.statuses import Status
from routing.dialects import Repeat

Groups = dict[EndKey, list[Ending]]
# Tenant, status, error code, operator's words: what one UPDATE has in common.
_Common = tuple[UUID, int, str, str]


async def write_endings(
    db: Connection,
    told: Iterable[Ending],
    own: Iterable[Ending],
    books: Books,
    at: datetime,
    repeats: list[tuple[int, Repeat]],
) -> list[Job]:
    """Update rows, in the transaction that runs, and put those that moved into the books.

    Args:
        told: by receipts, as they came.
        own: of messages that no operator took.
        repeats: gets route and kind of receipts that changed nothing.

    Returns:
        Own endings that came second: a receipt had ended the message, so an operator did have it.
    """
    groups, second = _group(told, own, repeats)
    left = await _update(db, statements.FINAL, groups, at, books.ended)
    second += [ending.job for members in left.values() for ending in members if ending.job is not None]
    late = {key: members for key, members in left.items() if not key.is_own and key.status != Status.UNKNOWN}
    useless = await _update(db, statements.CORRECT, late, None, books.corrected)
    useless |= {key: members for key, members in left.items() if not key.is_own and key.status == Status.UNKNOWN}
    if useless:
        repeats += await _repeats(db, useless)
    return second


async def _repeats(db: Connection, useless: Groups) -> list[tuple[int, Repeat]]:
    """Whether receipts that changed nothing say what the rows say."""
    by_tenant: dict[UUID, list[bytes]] = {}
    for key, members in useless.items():
        by_tenant.setdefault(key.terms.tenant_id, []).extend(ending.message_id for ending in members)
    asked = [await run(db, statements.STATUSES, [tenant, *among(ids)]) for tenant, ids in by_tenant.items()]
    stands: dict[bytes, int] = dict([row for cursor in asked for row in await cursor.fetchall()])
    return [
        (key.route_id, _repeat(stands.get(ending.message_id), key.status))
        for key, members in useless.items()
        for ending in members
    ]


def _repeat(stands: int | None, told: int) -> Repeat:
    return Repeat.SAME if stands == told else Repeat.OTHER


def _group(
    told: Iterable[Ending], own: Iterable[Ending], repeats: list[tuple[int, Repeat]]
) -> tuple[Groups, list[Job]]:
    groups: Groups = {}
    seen: dict[bytes, int] = {}
    last, members = None, []
    for ending in told:
        terms, ident, route_id, status, error_code, operator_code, _, _, _, _ = ending
        if ident in seen:
            repeats.append((route_id, _repeat(seen[ident], status)))
            continue
        seen[ident] = status
        # Neighbours mostly end alike.
        key = terms, route_id, status, error_code, operator_code, False
        if key != last:
            last, members = key, groups.setdefault(EndKey(*key), [])
        members.append(ending)
    second = []
    for ending in own:
        if ending.message_id in seen and ending.job is not None:
            second.append(ending.job)
            continue
        own_key = EndKey(ending.terms, ending.route_id, ending.status, ending.error_code, ending.operator_code, True)
        groups.setdefault(own_key, []).append(ending)
    return groups, second


async def _update(db: Connection, sql: str, groups: Groups, at: datetime | None, book: Any) -> Groups:
    """One UPDATE for all groups that want the same; `book` gets what moved, the rest is returned."""
    common: dict[_Common, list[EndKey]] = {}
    for key in groups:
        wanted = (key.terms.tenant_id, key.status, key.error_code, key.operator_code)
        common.setdefault(wanted, []).append(key)
    asked: list[tuple[Cursor, int, list[object], list[EndKey]]] = []
    for (tenant_id, status, error_code, operator_code), keys in sorted(common.items(), key=lambda item: item[0]):
        ids = [ending.message_id for key in keys for ending in groups[key]]
        # In one order, whoever writes: two dispatchers must not wait for each other.
        ids.sort()
        final_at = [at] if at else []
        whom = [tenant_id, *among(ids)]
        parameters = [status, error_code or None, operator_code or None, *final_at, *whom]
        asked.append((await run(db, sql, parameters), len(ids), whom, keys))
    left: Groups = {}
    for cursor, count, whom, keys in asked:
        ((moved,),) = await cursor.fetchall()
        if moved == count:
            for key in keys:
                book(key, groups[key])
            continue
        changed = {ident for (ident,) in await (await run(db, statements.CHANGED, whom)).fetchall()}
        for key in keys:
            book(key, [ending for ending in groups[key] if ending.message_id in changed])
            left[key] = [ending for ending in groups[key] if ending.message_id not in changed]
    return {key: members for key, members in left.items() if members}


async def conclude_parts(
    db: Connection, hits: Sequence[Hit], at: datetime, repeats: list[tuple[int, Repeat]]
) -> list[Ending]:
    """Receipts of parts, in the transaction that runs: the messages that are over with them.

    A message is delivered when all its parts are, and fails with the first part that does. The first receipt of a part
    counts.
    """
    endings: list[Ending] = []
    by_tenant: dict[UUID, list[Hit]] = {}
    for hit in hits:
        by_tenant.setdefault(hit.ending.terms.tenant_id, []).append(hit)
    for tenant_id, members in sorted(by_tenant.items()):
        ids = sorted({hit.ending.message_id for hit in members})
        await run(db, statements.LOCK_MESSAGES, [tenant_id, *among(ids)])
        columns = [
            idents([hit.ending.message_id for hit in members]),
            int2s(hit.part for hit in members),
            int2s(hit.ending.status for hit in members),
            [hit.ending.error_code for hit in members],
        ]
        added = await run(db, statements.ADD_PARTS, [tenant_id, at, *columns])
        counted = await run(db, statements.DELIVERED_PARTS, [tenant_id, idents(ids)])
        fresh = set(await added.fetchall())
        delivered: dict[bytes, int] = dict(await counted.fetchall())
        endings += _over(members, fresh, delivered)
        known = [hit for hit in members if (hit.ending.message_id, hit.part) not in fresh]
        repeats += [(hit.ending.route_id, Repeat.SAME) for hit in known]
    return endings


def _over(hits: Iterable[Hit], fresh: set[tuple[Any, ...]], delivered: dict[bytes, int]) -> list[Ending]:
    over = []
    for ending, part, parts in hits:
        if (ending.message_id, part) not in fresh:
            continue
        if ending.status != Status.DELIVERED or delivered.get(ending.message_id, 0) >= parts:
            over.append(ending)
    return over
