"""Which queued batches may change to a route: those to which a plan gave it, that of their accept or the active one.

The plan is where prefixes, classes, tenants, senders and with them registration are heeded: a move goes no other way.
"""

from __future__ import annotations

from typing import Any, Final

from kernel.db.tenancy import scoped_connection
from messaging.services.selecting import IS_MOVABLE, Selection
from routing.plan import CompiledPlan

_KINDS_SQL: Final = """
SELECT DISTINCT b.tenant_id, b.traffic_class, b.sender, b.destination FROM batches b
WHERE {where} AND b.route_id <> %s AND NOT b.candidates @> ARRAY[%s::int4]"""
_REFUSED_SQL: Final = """
SELECT count(*), coalesce(sum(b.messages - least(b.sent_upto, b.messages)), 0)::bigint FROM batches b
WHERE {where} AND b.route_id <> %s AND NOT {allowed}"""
_ALLOWED: Final = """(b.candidates @> ARRAY[%s::int4] OR (b.tenant_id, b.traffic_class, b.sender, b.destination) IN
    (SELECT * FROM unnest(%s::uuid[], %s::int2[], %s::text[], %s::text[])))"""


def ways_to(target: int, selection: Selection) -> tuple[str, list[Any]]:
    """An SQL condition on `batches b` with its parameters: those of a selection that may go to a route.

    In a platform context; one query beside the plan.
    """
    where, parameters = selection.where()
    with scoped_connection().cursor() as cursor:
        cursor.execute(_KINDS_SQL.format(where=f"{IS_MOVABLE} AND {where}"), [*parameters, target, target])
        kinds = cursor.fetchall()
    plan = CompiledPlan.load()
    allowed = [
        (tenant_id, kind, sender, destination)
        for tenant_id, kind, sender, destination in kinds
        if target in plan.ways(destination=destination, traffic_class=kind, tenant_id=tenant_id, sender=sender)
    ]
    return _ALLOWED, [target, *([kind[column] for kind in allowed] for column in range(4))]


def refused(target: int, selection: Selection) -> tuple[int, int]:
    """(batches, messages) of a selection that no plan sends to a route; two queries, in a platform context."""
    where, parameters = selection.where()
    allowed, more = ways_to(target, selection)
    with scoped_connection().cursor() as cursor:
        sql = _REFUSED_SQL.format(where=f"{IS_MOVABLE} AND {where}", allowed=allowed)
        cursor.execute(sql, [*parameters, target, *more])
        batches, messages = cursor.fetchone()
        return batches, messages
