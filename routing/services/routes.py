"""Routes as staff keep them: made, changed, switched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from routing import registry
from routing.contract import RouteConfig
from routing.errors import RouteNameTaken
from routing.models import Route
from routing.plan import CompiledPlan
from routing.secrets import seal, unseal
from routing.services.states import close_intervals
from routing.statuses import Lane, RouteState

# Passcodes get a fifth of a route's speed for themselves, the rest has the remainder.
OTP_SHARE = 5


@dataclass(frozen=True, slots=True)
class RouteTerms:
    """What the contract with the operator says, besides how to connect."""

    tps: int = 100
    window: int = 10
    binds: int = 1
    otp_binds: int = 1
    cost_micros: int = 0
    currency: str = "INR"
    validity_cap_hours: int | None = None


@dataclass(frozen=True, slots=True)
class RouteDraft:
    """A route as a form or a seed describes it. `secrets` left out of an update stay as they are."""

    name: str
    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    terms: RouteTerms = field(default_factory=RouteTerms)


def create_route(*, draft: RouteDraft, state: RouteState = RouteState.DISABLED) -> Route:
    """Store a new route.

    Raises:
        UnknownProvider: no such kind.
        RouteNameTaken: another route has the name.
    """
    registry.provider(draft.kind)
    return _store(Route(kind=draft.kind, state=state), draft, {})


def update_route(*, route_id: int, draft: RouteDraft) -> Route:
    """Change a route; dispatchers open it anew with the new settings. The kind stays what it was.

    Raises:
        RouteNameTaken: another route has the name.
        SecretsUnreadable: the kept secrets cannot be read any more, and not all were entered again.
    """
    with transaction.atomic():
        route = Route.objects.select_for_update().get(pk=route_id)
        replaced = registry.provider(route.kind).secret_fields <= draft.secrets.keys()
        return _store(route, draft, {} if replaced else unseal(route.secrets_encrypted))


def set_route_state(*, route_id: int, state: RouteState, now: datetime) -> Route:
    """Enable, drain or disable. A disabled route is not watched: what was measured of it ends here."""
    with transaction.atomic():
        route = Route.objects.select_for_update().get(pk=route_id)
        route.state = state
        route.save(update_fields=["state", "updated_at"])
        if state == RouteState.DISABLED:
            close_intervals(route_id=route_id, now=now)
    CompiledPlan.forget()
    return route


def route_config(route: Route, *, lane: Lane, tps: int | None = None) -> RouteConfig:
    """The route as the dispatcher of a lane opens it.

    With no binds for passcodes, `binds` is 0 in their lane and the other lane has all the speed: it carries them too.

    Args:
        tps: this dispatcher's share; without it the lanes split the route's speed.

    Raises:
        SecretsUnreadable: see routing.secrets.
    """
    is_otp = lane == Lane.OTP
    share = route.tps
    if route.tps and route.otp_binds:
        otp = max(1, route.tps // OTP_SHARE)
        share = otp if is_otp else max(1, route.tps - otp)
    return RouteConfig(
        route_id=route.pk,
        name=route.name,
        settings=route.settings,
        secrets=unseal(route.secrets_encrypted),
        window=route.window,
        tps=share if tps is None else tps,
        lane=lane.value,
        binds=route.otp_binds if is_otp else route.binds,
        validity_cap_s=None if route.validity_cap_hours is None else route.validity_cap_hours * 3600,
    )


def _store(route: Route, draft: RouteDraft, kept: Mapping[str, str]) -> Route:
    with transaction.atomic():
        if Route.objects.filter(name=draft.name).exclude(pk=route.pk).exists():
            raise RouteNameTaken(draft.name)
        terms = draft.terms
        route.name, route.settings = draft.name, dict(draft.settings)
        route.secrets_encrypted = seal({**kept, **draft.secrets})
        route.tps, route.window, route.binds, route.otp_binds = terms.tps, terms.window, terms.binds, terms.otp_binds
        route.cost_micros, route.currency = terms.cost_micros, terms.currency
        route.validity_cap_hours = terms.validity_cap_hours
        route.save()
    CompiledPlan.forget()
    return route
