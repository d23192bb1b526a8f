"""The chain of telemarketers that goes along with messages to India: the sender's, by the route they take.

An operator finds the chain of an entity by a hash (docs/rules.md#chains-at-the-wire). Which one holds depends on the
telemarketer at whose end a route stands, so it is looked up when a batch is claimed, one question a claim.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Self
from uuid import UUID

from kernel.db.arrays import int4s
from messaging.dispatcher import statements
from messaging.dispatcher.database import Connection, run
from messaging.dispatcher.flight import Flight
from routing.contract import RouteConfig

CHAIN_MISSING: Final = "chain_missing"


class ChainTerms(NamedTuple):
    """
    Args:
        telemarketer_id: that of the telemarketer at the end of the route's chains.
        is_required: nothing registered goes over the route without a chain.
    """

    telemarketer_id: str
    is_required: bool

    @classmethod
    def of(cls, config: RouteConfig) -> Self | None:
        """As the route's settings say; None where it knows no chains."""
        telemarketer_id = str(config.settings.get("dlt_telemarketer_id") or "")
        return cls(telemarketer_id, bool(config.settings.get("dlt_chain_required"))) if telemarketer_id else None


async def name_chains(
    db: Connection, flights: Sequence[Flight], terms: Mapping[int, ChainTerms], token: UUID
) -> list[Flight]:
    """Give each flight the chain of its entity and route, inside the claim's transaction.

    Flights whose route lacks a chain that it needs leave it: for the next candidate; with none left they are kept back
    where compliance stopped the chain, and refused otherwise (`Flight.refusal`).

    Returns:
        The flights that remain.
    """
    asked = [flight for flight in flights if flight.batch.route_id in terms and flight.batch.dlt_entity_id]
    if not asked:
        return list(flights)
    ends = [terms[flight.batch.route_id] for flight in asked]
    cursor = await run(
        db,
        statements.CHAINS,
        [
            int4s(range(len(asked))),
            [flight.batch.tenant_id for flight in asked],
            [flight.batch.dlt_entity_id for flight in asked],
            [end.telemarketer_id for end in ends],
        ],
    )
    leaving: list[Flight] = []
    for number, chain, is_stopped in await cursor.fetchall():
        flight = asked[number]
        if chain is not None:
            flight.name_chain(chain)
        elif is_stopped or (ends[number].is_required and flight.batch.candidates):
            leaving.append(flight)
        elif ends[number].is_required:
            flight.refusal = CHAIN_MISSING
    if leaving:
        of = [flight.batch.tenant_id for flight in leaving], [flight.batch.id for flight in leaving]
        await run(db, statements.LEAVE_ROUTE, [*of, token])
    gone = {id(flight) for flight in leaving}
    return [flight for flight in flights if id(flight) not in gone]
