"""What the console reads: roll-ups of all tenants by route and by tenant. Call in a platform context."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Sum

from reporting.kpis import Count, Tally
from reporting.queries import EARLY, count_of, within
from reporting.ranges import Period
from routing.models import Route
from tenants.models import Tenant

TENANTS_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class RouteLine:
    """A route's traffic of the period. `currency` is None where charges came in another one than the costs."""

    route: Route
    tally: Tally
    currency: str | None


@dataclass(frozen=True, slots=True)
class TenantLine:
    tenant: Tenant
    tally: Tally
    currency: str | None


@dataclass(frozen=True, slots=True)
class Lines:
    routes: Sequence[RouteLine]
    tenants: Sequence[TenantLine]


def lines(period: Period) -> Lines:
    """Every route, by name, and the busiest tenants, filled up with the newest; four queries."""
    counts = _counts(period)
    tenant_ids = {tenant_id for tenant_id, _ in counts}
    tenants = Tenant.objects.in_bulk(tenant_ids)
    routes = {route.pk: route for route in Route.objects.defer("settings", "secrets_encrypted")}
    charged = {tenant_id: tenant.currency for tenant_id, tenant in tenants.items()}
    paid = {route_id: route.currency for route_id, route in routes.items()}
    return Lines(
        routes=[_route_line(route, counts, charged) for route in routes.values()],
        tenants=[_tenant_line(tenant, counts, paid) for tenant in _shown(tenants, counts)],
    )


Counts = Mapping[tuple[UUID, int | None], list[Count]]


def _counts(period: Period) -> Counts:
    grouped: list[Any] = list(
        within(period)
        .values("tenant_id", "route_id", "outcome", is_early=EARLY)
        .annotate(total=Sum("messages"), charged=Sum("charged_micros"), cost=Sum("cost_micros"))
    )
    counts: defaultdict[tuple[UUID, int | None], list[Count]] = defaultdict(list)
    for row in grouped:
        counts[row["tenant_id"], row["route_id"]].append(count_of(row))
    return counts


def _route_line(route: Route, counts: Counts, charged: Mapping[UUID, str]) -> RouteLine:
    mine = {tenant_id: found for (tenant_id, route_id), found in counts.items() if route_id == route.pk}
    currencies = {charged[tenant_id] for tenant_id in mine if tenant_id in charged} | {route.currency}
    tally = Tally.of(each for found in mine.values() for each in found)
    return RouteLine(route, tally, route.currency if len(currencies) == 1 else None)


def _tenant_line(tenant: Tenant, counts: Counts, paid: Mapping[int, str]) -> TenantLine:
    mine = {route_id: found for (tenant_id, route_id), found in counts.items() if tenant_id == tenant.pk}
    currencies = {paid[route_id] for route_id in mine if route_id is not None and route_id in paid} | {tenant.currency}
    tally = Tally.of(each for found in mine.values() for each in found)
    return TenantLine(tenant, tally, tenant.currency if len(currencies) == 1 else None)


def _shown(tenants: Mapping[UUID, Tenant], counts: Counts) -> list[Tenant]:
    traffic: defaultdict[UUID, int] = defaultdict(int)
    for (tenant_id, _), found in counts.items():
        traffic[tenant_id] += sum(each.messages for each in found)
    busiest = sorted(tenants.values(), key=lambda tenant: -traffic[tenant.pk])[:TENANTS_SHOWN]
    newest = Tenant.objects.order_by("-pk")[:TENANTS_SHOWN]
    return [*busiest, *(tenant for tenant in newest if tenant.pk not in tenants)][:TENANTS_SHOWN]
