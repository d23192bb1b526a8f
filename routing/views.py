"""Routes and the plan in the platform console."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kernel.domain.clock import utc_now
from kernel.domain.errors import DomainError
from kernel.web.htmx import render_page
from routing import forms, registry
from routing.models import Plan, Route
from routing.queries import DAY, fresh_gauges, intervals_since, route_overviews
from routing.services.plans import save_plan
from routing.services.routes import create_route, set_route_state, update_route
from routing.statuses import RouteState
from tenants.access import TenantRequest, staff_page

INTERVALS_SHOWN = 20


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
    labels = {name: field.label or name.replace("_", " ") for name, field in provider.settings_form().fields.items()}
    shown = [(labels[name], route.settings[name]) for name in labels if name in route.settings]
    context = {
        "overview": route_overviews(now=now, route_id=pk)[0],
        "route": route,
        "provider": provider,
        "settings": [(label, value) for label, value in shown if value not in ("", None)],
        "gauges": fresh_gauges(now, route_id=pk)[pk],
        "intervals": intervals_since(now - 30 * DAY, route_id=pk)[pk][: -INTERVALS_SHOWN - 1 : -1],
    }
    return render_page(request, "routing/route_detail.html", context, partial="line")


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
            route = create_route(draft=forms.route_draft(provider, route_form, settings_form))
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
    if data is not None and all([route_form.is_valid(), settings_form.is_valid()]):
        try:
            update_route(route_id=pk, draft=forms.route_draft(provider, route_form, settings_form))
        except DomainError as problem:
            _add_problem(route_form, problem)
        else:
            messages.success(request, "Saved. The dispatchers open the route anew with these settings.")
            return redirect("routing:route-detail", pk=pk)
    return _form_page(request, route, provider, route_form, settings_form)


def _form_page(request: TenantRequest, route: Route | None, provider: Any, *both: Any) -> HttpResponse:
    context = {
        "route": route,
        "provider": provider,
        "providers": registry.providers().values(),
        "route_form": both[0],
        "settings_form": both[1],
    }
    return render_page(request, "routing/route_form.html", context, status=422 if both[0].is_bound else 200)


def _add_problem(form: forms.RouteForm, problem: DomainError) -> None:
    field = problem.context.get("field")
    form.add_error(str(field) if field in form.fields else None, f"{problem.detail} {problem.remedy}")


@require_POST
@staff_page
def route_state(request: TenantRequest, pk: int, state: str) -> HttpResponseRedirect:
    get_object_or_404(Route, pk=pk)
    route = set_route_state(route_id=pk, state=RouteState(state), now=utc_now())
    messages.success(request, f"{route.name} is {RouteState(state).label.lower()} now.")
    return redirect("routing:route-detail", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def plan(request: TenantRequest) -> HttpResponseBase:
    active = Plan.objects.filter(is_active=True).first()
    problem: DomainError | None = None
    if request.method == "POST":
        formset = forms.RuleFormSet(request.POST, initial=forms.rules_initial(active))
        if formset.is_valid():
            try:
                saved = save_plan(rules=forms.rule_drafts(formset))
            except DomainError as refusal:
                problem = refusal
            else:
                messages.success(request, f"Version {saved.version} of the plan is in force within five seconds.")
                return redirect("routing:plan")
    else:
        formset = forms.RuleFormSet(initial=forms.rules_initial(active))
    context = {
        "plan": active,
        "formset": formset,
        "problem": problem,
        "routes": Route.objects.exists(),
        "versions": Plan.objects.order_by("-pk")[:10],
    }
    return render_page(request, "routing/plan.html", context, status=422 if formset.is_bound else 200)
