"""Binds and speed of routes, leased among the dispatchers of a lane (docs/adr/0017).

Every dispatcher asks anew every two seconds, under one lock a lane. It is told what it may use: its even share, or less
as long as others have not parted with theirs, so that all together never use more than the contract.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from django.db import transaction
from django.db.backends.utils import CursorWrapper

from kernel.db.locks import DISPATCHER_LOCK, SHARES_LOCK
from kernel.db.tenancy import scoped_connection
from routing.statuses import Lane

# A machine that freezes in between must not keep the lock of the others.
IDLE_MS: Final = 5_000
_LOCK: Final = f"""
SELECT set_config('idle_in_transaction_session_timeout', '{IDLE_MS}', true), pg_advisory_xact_lock(%s, hashtext(%s))"""
# Whoever lives holds the lock of its name; a paused machine may hold it for long, and its shares end by themselves.
_FORGET: Final = """
WITH others AS MATERIALIZED (SELECT DISTINCT holder FROM route_shares WHERE lane = %s AND holder <> %s),
gone AS MATERIALIZED (SELECT holder FROM others WHERE pg_try_advisory_xact_lock_shared(%s, hashtext(holder)))
DELETE FROM route_shares WHERE lane = %s AND (until < clock_timestamp() OR holder IN (SELECT holder FROM gone))"""
_READ: Final = "SELECT route_id, holder, binds, tps FROM route_shares WHERE lane = %s ORDER BY id"
_WRITE: Final = """
INSERT INTO route_shares (route_id, lane, holder, binds, tps, until)
SELECT u.route_id, %s, %s, u.binds, u.tps, clock_timestamp() + %s * interval '1 s'
FROM unnest(%s::int8[], %s::int4[], %s::int4[]) AS u (route_id, binds, tps)
ON CONFLICT (route_id, lane, holder) DO UPDATE SET binds = excluded.binds, tps = excluded.tps, until = excluded.until"""
_PART: Final = "DELETE FROM route_shares WHERE lane = %s AND holder = %s AND NOT route_id = ANY(%s::int8[])"


class Capacity(NamedTuple):
    """Connections, and parts a second over all of them, where 0 is no limit."""

    binds: int
    tps: int


NONE: Final = Capacity(0, 0)
# What each dispatcher has of a route, in the order in which they came.
Holders: TypeAlias = dict[str, Capacity]


class SharesLost(Exception):
    """What a dispatcher has open is not its own any more: it parts with everything and begins anew."""


@dataclass(frozen=True, slots=True)
class Shares:
    """What a dispatcher may use, by route; of others it may use nothing.

    Args:
        is_settled: it has its even shares, and nobody waits for what it still has beyond them.
    """

    usable: Mapping[int, Capacity]
    is_settled: bool


def take_shares(
    *, lane: Lane, holder: str, contracts: Mapping[int, Capacity], uses: Mapping[int, Capacity], lease_s: float
) -> Shares:
    """Renew what a dispatcher may use, for `lease_s` seconds of the database's clock.

    Args:
        holder: its name; it holds DISPATCHER_LOCK with the name's hash in another session.
        contracts: of each route it would serve, what all dispatchers of the lane may use together.
        uses: what it has open now, leaving connections included, of these routes and others.

    Raises:
        SharesLost: it uses what it has no share of.
    """
    connection = scoped_connection()
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(_LOCK, [SHARES_LOCK, lane.value])
        cursor.execute(_FORGET, [lane.value, holder, DISPATCHER_LOCK, lane.value])
        present = _read(cursor, lane)
        used = {route_id for route_id, use in uses.items() if use != NONE}
        if any(holder not in present.get(route_id, ()) for route_id in used):
            raise SharesLost("its shares of routes ended before they were renewed")
        for route_id in contracts:
            present.setdefault(route_id, {}).setdefault(holder, NONE)
        even = {
            route_id: even_shares(route_id, contract, list(present[route_id])).get(holder, NONE)
            for route_id, contract in contracts.items()
        }
        granted = {
            route_id: _grant(
                even.get(route_id, NONE),
                present[route_id],
                holder,
                contract=contracts.get(route_id, NONE),
                use=uses.get(route_id, NONE),
            )
            for route_id in sorted(contracts.keys() | used)
        }
        _write(cursor, lane, holder, granted, lease_s)
    usable = {route_id: _usable(even.get(route_id, NONE), grant) for route_id, grant in granted.items()}
    is_settled = all(grant == even.get(route_id, NONE) for route_id, grant in granted.items())
    return Shares({route_id: capacity for route_id, capacity in usable.items() if capacity.binds}, is_settled)


def release_shares(*, lane: Lane, holder: str) -> None:
    """At an orderly end, when nothing is open any more."""
    connection = scoped_connection()
    with connection.cursor() as cursor:
        cursor.execute(_PART, [lane.value, holder, []])


def _read(cursor: CursorWrapper, lane: Lane) -> dict[int, Holders]:
    cursor.execute(_READ, [lane.value])
    present: dict[int, Holders] = {}
    for route_id, holder, binds, tps in cursor.fetchall():
        present.setdefault(route_id, {})[holder] = Capacity(binds, tps)
    return present


def _write(cursor: CursorWrapper, lane: Lane, holder: str, granted: Mapping[int, Capacity], lease_s: float) -> None:
    routes = list(granted)
    binds, tps = [grant.binds for grant in granted.values()], [grant.tps for grant in granted.values()]
    cursor.execute(_WRITE, [lane.value, holder, lease_s, routes, binds, tps])
    cursor.execute(_PART, [lane.value, holder, routes])


# -- arithmetic


def even_shares(route_id: int, contract: Capacity, holders: Sequence[str]) -> Holders:
    """Shares of a route as even as binds are; the same for whoever asks, as long as nobody comes or goes.

    Where there are fewer binds than holders, or fewer parts a second, some get none. The route's number says with whom
    to begin, so that others are without another route.
    """
    begin = route_id % max(1, len(holders))
    chosen = [*holders[begin:], *holders[:begin]][: min(contract.binds, contract.tps or contract.binds)]
    return dict(zip(chosen, _split(contract, len(chosen)), strict=True))


def _split(contract: Capacity, count: int) -> list[Capacity]:
    """Binds as even as whole numbers are, and speed in their proportion, at least 1 each where it is limited."""
    binds = [contract.binds // count + (n < contract.binds % count) for n in range(count)]
    spare = max(0, contract.tps - count)
    shares, before = [], 0
    for number in binds:
        upto = before + number
        tps = 1 + spare * upto // contract.binds - spare * before // contract.binds if contract.tps else 0
        shares.append(Capacity(number, tps))
        before = upto
    return shares


def _grant(even: Capacity, holders: Holders, holder: str, *, contract: Capacity, use: Capacity) -> Capacity:
    mine, others = holders[holder], [has for name, has in holders.items() if name != holder]
    return Capacity(
        _step(even.binds, mine.binds, use.binds, contract.binds - sum(has.binds for has in others)),
        _step(even.tps, mine.tps, use.tps, contract.tps - sum(has.tps for has in others)),
    )


def _step(even: int, mine: int, used: int, left: int) -> int:
    """Towards the even share: down when it is not used any more, up as far as others have left."""
    return max(even, min(mine, used)) if even <= mine else max(mine, min(even, left))


def _usable(even: Capacity, grant: Capacity) -> Capacity:
    """A speed of 0 would be no limit: whose speed others still have waits."""
    is_waiting = even.tps > 0 and not grant.tps
    return NONE if is_waiting else Capacity(min(even.binds, grant.binds), min(even.tps, grant.tps))
