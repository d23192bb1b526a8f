"""Routes as staff keep them: made, changed, switched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from audit.services import SYSTEM, Actor, record_for_platform
from kernel.db.tenancy import platform_context
from kernel.domain.clock import utc_now
from routing import registry
from routing.callback_addresses import callback_url
from routing.contract import RouteConfig
from routing.errors import ChangedMeanwhile, NoSuchVersion, RouteConfigProblem, RouteNameTaken
from routing.models import Drain, Plan, Route, RouteCost, RouteVersion
from routing.plan import CompiledPlan, drafts_of
from routing.secrets import seal, unseal
from routing.services.plans import check_rules
from routing.services.ranking import rank_anew
from routing.services.states import close_intervals
from routing.statuses import Lane, RouteState
from routing.versions import TERMS, changed, snapshot

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
    patience_s: int | None = None


@dataclass(frozen=True, slots=True)
class RouteDraft:
    """A route as a form or a seed describes it. `secrets` left out of an update stay as they are, and so do `costs`.

    Args:
        costs: micros by prefix of the destination, beside `terms.cost_micros` for all others.
    """

    name: str
    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    terms: RouteTerms = field(default_factory=RouteTerms)
    costs: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Who changes a route, when and why.

    Args:
        expected: the version that the person had before their eyes; None does not ask.
    """

    actor: Actor = SYSTEM
    note: str = ""
    expected: int | None = None
    now: datetime | None = None


BY_SYSTEM = Change()


def create_route(*, draft: RouteDraft, state: RouteState = RouteState.DISABLED, change: Change = BY_SYSTEM) -> Route:
    """Store a new route.

    Raises:
        UnknownProvider: no such kind.
        RouteNameTaken: another route has the name.
        RouteConfigProblem: see refuse_unshareable.
    """
    registry.provider(draft.kind)
    with platform_context(reason="make a route"):
        route = _store(Route(kind=draft.kind, state=state), draft, {})
        _remember(route, {}, change, "route.create", f"Made the route {route.name}")
    CompiledPlan.forget()
    return route


def update_route(*, route_id: int, draft: RouteDraft, change: Change = BY_SYSTEM) -> Route:
    """Change a route; dispatchers open it anew with the new settings. The kind stays what it was.

    Raises:
        RouteNameTaken: another route has the name.
        RouteConfigProblem: see refuse_unshareable.
        PlanProblem: in its new currency a rule of the plan could no longer compare costs.
        ChangedMeanwhile: it is another version than the expected one.
        SecretsUnreadable: the kept secrets cannot be read any more, and not all were entered again.
    """
    with _changing(route_id, change, "route.update", "Changed the route") as route:
        replaced = registry.provider(route.kind).secret_fields <= draft.secrets.keys()
        return _store(route, draft, {} if replaced else unseal(route.secrets_encrypted))


def set_route_state(*, route_id: int, state: RouteState, now: datetime, change: Change = BY_SYSTEM) -> Route:
    """Enable, drain or disable. A disabled route is not watched: what was measured of it ends here.

    Raises:
        ChangedMeanwhile: it is another version than the expected one.
    """
    with _changing(route_id, change, "route.state", f"{state.label} the route", now) as route:
        _switch(route, state, now)
        return route


def restore_route(*, route_id: int, number: int, now: datetime, change: Change = BY_SYSTEM) -> Route:
    """Make an earlier version current again, as a new version. Secrets stay as they are: none is kept of the past.

    Raises:
        NoSuchVersion: there is none of that number.
        RouteNameTaken: another route has its name by now.
        RouteConfigProblem: see refuse_unshareable.
        PlanProblem: see update_route.
        ChangedMeanwhile: it is another version than the expected one.
    """
    with _changing(route_id, change, "route.restore", f"Back to version {number} of the route", now) as route:
        earlier = RouteVersion.objects.filter(route_id=route_id, number=number).first()
        if earlier is None:
            raise NoSuchVersion(number)
        kept = earlier.snapshot
        _refuse_taken(route, kept["name"])
        refuse_unshareable(kept.get("tps", route.tps), kept.get("otp_binds", route.otp_binds))
        for name in TERMS:
            if name in kept and name != "state":
                setattr(route, name, kept[name])
        route.settings = kept["settings"]
        route.save()
        _replace_costs(route, kept["costs"])
        if kept["state"] != route.state:
            _switch(route, RouteState(kept["state"]), now)
        return route


def latest_number(route_id: int) -> int:
    """The version a route is at; 0 for one that was made before versions were kept and not changed since."""
    numbers = RouteVersion.objects.filter(route_id=route_id).order_by("-number")
    return numbers.values_list("number", flat=True).first() or 0


@contextmanager
def _changing(route_id: int, change: Change, action: str, summary: str, now: datetime | None = None) -> Iterator[Route]:
    """Lock the route, let the block change it, then keep the new version and write the trail. All of it or nothing."""
    with platform_context(reason="change a route"):
        route = Route.objects.select_for_update().get(pk=route_id)
        last = RouteVersion.objects.filter(route_id=route_id).order_by("-number").first()
        current = last.number if last else 0
        if change.expected is not None and change.expected != current:
            raise ChangedMeanwhile(f"the route {route.name}", last.actor_label if last else "", current)
        before = snapshot(route)
        if last is None:
            note = "As it was before versions were kept"
            RouteVersion.objects.create(route=route, number=1, at=route.updated_at, note=note, snapshot=before)
        yield route
        if route.currency != before["currency"]:
            _refuse_incomparable()
        stamped = replace(change, now=change.now or now)
        _remember(route, before, stamped, action, f"{summary} {route.name}")
    CompiledPlan.forget()


def _remember(route: Route, before: Mapping[str, Any], change: Change, action: str, summary: str) -> None:
    after = snapshot(route)
    if after == before:
        return
    if any(before.get(name) != after[name] for name in ("cost_micros", "costs")):
        rank_anew()
    now = change.now or utc_now()
    RouteVersion.objects.create(
        route=route,
        number=latest_number(route.pk) + 1,
        at=now,
        actor_id=change.actor.id,
        actor_label=change.actor.label[:255],
        note=change.note[:200],
        snapshot=after,
    )
    old, new = changed(before, after)
    record_for_platform(
        action=action,
        actor=change.actor,
        object_type="route",
        number=route.pk,
        summary=summary + (f": {change.note}" if change.note else ""),
        before=old if before else None,
        after=new,
        now=now,
    )


def _switch(route: Route, state: RouteState, now: datetime) -> None:
    route.state = state
    route.save(update_fields=["state", "updated_at"])
    if state == RouteState.DRAINING:
        # Without other words, as when a version that was draining comes back: what waits moves on.
        Drain.objects.get_or_create(route=route, defaults={"started_at": now})
    else:
        Drain.objects.filter(route=route).delete()
    if state == RouteState.DISABLED:
        close_intervals(route_id=route.pk, now=now)


def route_config(route: Route, *, lane: Lane, tps: int | None = None) -> RouteConfig:
    """The route as the dispatcher of a lane opens it.

    With no binds for passcodes, `binds` is 0 in their lane and the other lane has all the speed: it carries them too.

    Args:
        tps: this dispatcher's share; without it the lanes split the route's speed.

    Raises:
        SecretsUnreadable: see routing.secrets.
        UnknownProvider: the kind is not installed.
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
        callback_url=callback_url(route),
    )


def _store(route: Route, draft: RouteDraft, kept: Mapping[str, str]) -> Route:
    _refuse_taken(route, draft.name)
    terms = draft.terms
    refuse_unshareable(terms.tps, terms.otp_binds)
    route.name, route.settings = draft.name, dict(draft.settings)
    if draft.secrets:
        route.secrets_encrypted = seal({**kept, **draft.secrets})
    route.tps, route.window, route.binds, route.otp_binds = terms.tps, terms.window, terms.binds, terms.otp_binds
    route.cost_micros, route.currency = terms.cost_micros, terms.currency
    route.validity_cap_hours, route.patience_s = terms.validity_cap_hours, terms.patience_s
    route.save()
    if draft.costs is not None:
        _replace_costs(route, draft.costs)
    return route


def _refuse_incomparable() -> None:
    """A plan compares costs of one currency only; a route that changes its own must not break that."""
    active = Plan.objects.filter(is_active=True).first()
    check_rules(drafts_of(active.pk) if active else [])


def refuse_unshareable(tps: int, otp_binds: int) -> None:
    """Each lane sends at least one part a second: together that must not be more than the operator allows.

    Raises:
        RouteConfigProblem: it would be.
    """
    if tps == 1 and otp_binds:
        raise RouteConfigProblem(
            "Binds for passcodes have a speed of their own, and one part a second cannot be shared: "
            "allow two or more, or have no binds for passcodes.",
            field="tps",
        )


def _refuse_taken(route: Route, name: str) -> None:
    if Route.objects.filter(name=name).exclude(pk=route.pk).exists():
        raise RouteNameTaken(name)


def _replace_costs(route: Route, costs: Mapping[str, int]) -> None:
    route.costs.all().delete()
    RouteCost.objects.bulk_create(
        RouteCost(route=route, prefix=prefix, cost_micros=micros) for prefix, micros in costs.items()
    )
