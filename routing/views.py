"""Routes in the platform console; the plan and what was are in routing.plan_views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kernel.domain.clock import utc_now
from kernel.domain.errors import DomainError
from kernel.web.htmx import render_page
from routing import forms, registry
from routing.callbacks import HearsCallbacks
from routing.dialects import summary
from routing.errors import ChangedMeanwhile
from routing.history import route_steps, route_versions, since_version
from routing.models import Plan, Route
from routing.queries import DAY, fresh_gauges, intervals_since, route_overviews
from routing.services.dialects import forget_dialect, known_counts
from routing.services.draining import start_drain
from routing.services.routes import create_route, latest_number, set_route_state, update_route
from routing.services.unreadable import unreadable_of
from routing.statuses import RouteState
from routing.versions import Difference, setting_words
from tenants.access import TenantRequest, actor_of, staff_page

INTERVALS_SHOWN = 20
VERSIONS_SHOWN = 3


@require_GET
@staff_page
def route_list(request: TenantRequest) -> HttpResponse:
    context = {"overviews": route_overviews(now=utc_now()), "plan": Plan.objects.filter(is_active=True).first()}
    return render_page(request, "routing/route_list.html", context, partial="routes")


@require_GET
@staff_page
def route_detail(request: TenantRequest, pk: int) -> HttpResponse:
    route = get_object_or_404(Route, pk=pk)
    now = utc_now()
    provider = registry.provider(route.kind)
    context = {
        "overview": route_overviews(now=now, route_id=pk)[0],
        "route": route,
        "provider": provider,
        "hears_callbacks": isinstance(provider, HearsCallbacks),
        "settings": setting_words(route.kind, route.settings),
        "gauges": fresh_gauges(now, route_id=pk)[pk],
        "intervals": intervals_since(now - 30 * DAY, route_id=pk)[pk][: -INTERVALS_SHOWN - 1 : -1],
    }
    if not request.htmx:
        steps = route_steps(route_versions(pk)[:VERSIONS_SHOWN])
        current = steps[0].version.number if steps else 0
        counts = known_counts([pk]).get(pk, [])
        context |= {"costs": route.costs.order_by("prefix"), "steps": steps, "current": current}
        context["dialect"] = summary(counts, route.settings)
    return render_page(request, "routing/route_detail.html", context, partial="line")


@require_GET
@staff_page
def route_unreadable(request: TenantRequest, pk: int) -> HttpResponse:
    """What the operator sent and nobody can read."""
    route = get_object_or_404(Route, pk=pk)
    rows = [(pdu, bytes(pdu.octets)) for pdu in unreadable_of(pk)]
    shown = [(pdu, octets.hex(" "), _printable(octets)) for pdu, octets in rows]
    return render(request, "routing/route_unreadable.html", {"route": route, "rows": shown})


def _printable(octets: bytes) -> str:
    """ASCII, and dots for the rest."""
    return "".join(chr(octet) if 32 <= octet < 127 else "·" for octet in octets)


@require_POST
@staff_page
def route_forget(request: TenantRequest, pk: int) -> HttpResponseBase:
    """Learn the operator's habits anew."""
    route = get_object_or_404(Route, pk=pk)
    forget_dialect(route_id=pk, actor=actor_of(request), now=utc_now())
    messages.success(request, f"What receipts of {route.name} had taught is forgotten. The next ones teach it anew.")
    return redirect("routing:route-detail", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def route_new(request: TenantRequest, kind: str) -> HttpResponseBase:
    provider = registry.providers().get(kind)
    if provider is None:
        return redirect("routing:route-new", kind="smpp")
    data = request.POST if request.method == "POST" else None
    route_form, settings_form = forms.RouteForm(data), forms.settings_form(provider, data=data)
    # Both are asked, so that all problems are shown at once.
    if data is not None and all([route_form.is_valid(), settings_form.is_valid()]):
        try:
            draft = forms.route_draft(provider, route_form, settings_form)
            route = create_route(draft=draft, change=forms.change_of(request))
        except DomainError as problem:
            _add_problem(route_form, problem)
        else:
            messages.success(request, f"{route.name} is made. It carries messages when it is enabled and in the plan.")
            return redirect("routing:route-detail", pk=route.pk)
    return _form_page(request, None, provider, route_form, settings_form)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def route_edit(request: TenantRequest, pk: int) -> HttpResponseBase:
    route = get_object_or_404(Route, pk=pk)
    provider = registry.provider(route.kind)
    data = request.POST if request.method == "POST" else None
    route_form, settings_form = forms.route_form(route, data), forms.settings_form(provider, route, data)
    meanwhile: list[Difference] = []
    # Both are asked, so that all problems are shown at once.
    if data is not None and all([route_form.is_valid(), settings_form.is_valid()]):
        change = forms.change_of(request)
        try:
            draft = forms.route_draft(provider, route_form, settings_form, route.settings)
            update_route(route_id=pk, draft=draft, change=change)
        except ChangedMeanwhile as problem:
            _add_problem(route_form, problem)
            meanwhile = since_version(pk, change.expected or 0)
        except DomainError as problem:
            _add_problem(route_form, problem)
        else:
            messages.success(request, "Saved. Dispatchers take it over within two seconds.")
            return redirect("routing:route-detail", pk=pk)
    return _form_page(request, route, provider, route_form, settings_form, meanwhile=meanwhile)


def _form_page(
    request: TenantRequest, route: Route | None, provider: Any, *both: Any, meanwhile: Sequence[Difference] = ()
) -> HttpResponse:
    version = latest_number(route.pk) if route else None
    context = {
        "route": route,
        "provider": provider,
        "providers": registry.providers().values(),
        "route_form": both[0],
        "settings_form": both[1],
        "meanwhile": meanwhile,
        "term_groups": forms.field_groups(both[0]),
        "setting_groups": forms.field_groups(both[1]),
        "change_form": forms.NoteForm(initial={"version": version, "note": request.POST.get("note", "")}),
    }
    return render_page(request, "routing/route_form.html", context, status=422 if both[0].is_bound else 200)


def _add_problem(form: forms.RouteForm, problem: DomainError) -> None:
    field = problem.context.get("field")
    form.add_error(str(field) if field in form.fields else None, f"{problem.detail} {problem.remedy}")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def route_state(request: TenantRequest, pk: int, state: str) -> HttpResponseBase:
    """What switching would do to the last hour's traffic; then, by POST, the switch."""
    route = get_object_or_404(Route, pk=pk)
    wanted = RouteState(state)
    problem: DomainError | None = None
    if request.method == "POST":
        try:
            _switch(request, pk, wanted)
        except DomainError as refusal:
            problem = refusal
        else:
            messages.success(request, f"{route.name} is {wanted.label.lower()} now.")
            return redirect("routing:route-detail", pk=pk)
    is_draining = wanted == RouteState.DRAINING
    context = {
        "route": route,
        "state": wanted,
        "drain_form": forms.DrainForm(request.POST or None) if is_draining else None,
        "problem": problem,
        "change_form": forms.NoteForm(initial={"version": latest_number(pk), "note": request.POST.get("note", "")}),
    }
    return render_page(request, "routing/route_state.html", context, status=409 if problem else 200)


def _switch(request: TenantRequest, route_id: int, wanted: RouteState) -> None:
    now, change = utc_now(), forms.change_of(request)
    if wanted != RouteState.DRAINING:
        set_route_state(route_id=route_id, state=wanted, now=now, change=change)
        return
    form = forms.DrainForm(request.POST)
    form.is_valid()
    start_drain(route_id=route_id, **form.cleaned_data, now=now, change=change)
