"""Keeps the order of routes by cost for those who may not read the costs."""

from __future__ import annotations

from typing import Final

from kernel.db.tenancy import scoped_connection
from routing.costs import read_costs
from routing.models import RouteRank

LOCK: Final = 7_003


def rank_anew() -> None:
    """Write the ranks of all routes, in the caller's transaction. Two changes at once wait for each other."""
    with scoped_connection().cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    table = read_costs()
    RouteRank.objects.all().delete()
    RouteRank.objects.bulk_create(
        RouteRank(route_id=route_id, prefix=prefix, rank=rank)
        for prefix, ranks in table.ranks(table.usual).items()
        for route_id, rank in ranks.items()
    )
