"""Probes: ordinary messages to phones of our own, forced onto one route, and what its operator reports of them.

A probe passes the one door like every message: rules, price and wallet of the organisation it is sent for. Only the
plan is another: one rule, one route, so that nothing of it goes elsewhere (docs/rules.md#probes).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.services import Actor
from compliance.models import Template
from kernel.db.tenancy import platform_context, scoped_connection, tenant_context
from kernel.domain.errors import DomainError
from messaging.drafts import Draft, Outcome, Refusal
from messaging.services.accept import accept
from messaging.statuses import Source, Status
from routing.models import Probe, Route, SeedNumber
from routing.plan import CompiledPlan, CompiledRule
from routing.services.probes import WATCHED, note_probe
from routing.statuses import RouteState

# What an operator's word ends a message as; the others are our own conclusions. An outcome may still be corrected.
_TOLD: Final = (Status.DELIVERED, Status.UNDELIVERED, Status.EXPIRED, Status.REJECTED)
# A batch that staff moved to another route says nothing about this one.
_NOTE_SQL: Final = """
UPDATE route_probes p SET is_delivered = m.status = %s, receipt_at = m.final_at,
    outcome = (%s::text[])[array_position(%s::int2[], m.status)]
FROM messages m JOIN batches b ON b.tenant_id = m.tenant_id AND b.id = m.batch_id
WHERE p.sent_at > %s AND p.receipt_at IS NULL AND m.tenant_id = p.organisation_id AND m.id = p.message_id
    AND m.status = ANY(%s::int2[]) AND b.route_id = p.route_id"""


class RouteTakesNothing(DomainError):
    """Raised for a probe over a route that is not enabled."""

    def __init__(self, route: Route) -> None:
        state = route.get_state_display().lower()
        super().__init__("route_not_enabled", f"{route.name} is {state} and takes no messages.", "Enable it first.")


def only_route(route_id: int) -> CompiledPlan:
    """A plan by which every message takes this route, and none other after it."""
    return CompiledPlan(0, [CompiledRule("", None, None, "", (route_id,))])


def send_probes(
    *,
    route: Route,
    seeds: Sequence[SeedNumber],
    template: Template,
    values: Sequence[str],
    actor: Actor,
    now: datetime,
) -> list[Probe | Refusal]:
    """Send a tenant's template to seed numbers over one route, in a platform context.

    The messages are committed first: a crash before the probes are leaves messages that nobody is asked about.

    Args:
        values: of the template's variables, in order.

    Returns:
        By seed: its probe, or why the message was refused; a refused one is a blocked message of the tenant.

    Raises:
        RouteTakesNothing: the route is draining or disabled.
        TenantSuspended, NoWallet: as `accept`.
    """
    if route.state != RouteState.ENABLED:
        raise RouteTakesNothing(route)
    sender = template.sender.header
    drafts = [
        Draft(seed.number, sender, template_id=template.pk, variables=values, reference="probe", normalised=True)
        for seed in seeds
    ]
    with tenant_context(template.tenant_id):
        outcomes = accept(drafts=drafts, source=Source.BROWSER, now=now, plan=only_route(route.pk))
    return [
        _noted(outcome, route, seed, template.tenant_id, actor, now)
        for seed, outcome in zip(seeds, outcomes, strict=True)
    ]


def _noted(
    outcome: Outcome, route: Route, seed: SeedNumber, tenant_id: UUID, actor: Actor, now: datetime
) -> Probe | Refusal:
    if outcome.refusal is not None:
        return outcome.refusal
    return note_probe(route=route, seed=seed, tenant_id=tenant_id, message_id=outcome.id, actor=actor, now=now)


def note_outcomes(now: datetime) -> int:
    """Write to the probes of seven days what their operators have said since; returns how many were told."""
    labels = [status.label for status in _TOLD]
    codes = [int(status) for status in _TOLD]
    with platform_context(reason="hear of probes"), scoped_connection().cursor() as cursor:
        cursor.execute(_NOTE_SQL, [int(Status.DELIVERED), labels, codes, now - WATCHED, codes])
        return int(cursor.rowcount)
