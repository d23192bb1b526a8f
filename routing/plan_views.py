"""The plan in the platform console, what plan and routes were, and the trail of who changed them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.queries import Change, changes, platform_entries
from kernel.domain.clock import utc_now
from kernel.domain.errors import DomainError
from kernel.web.htmx import render_page
from kernel.web.pagination import keyset_page
from routing import forms
from routing.errors import ChangedMeanwhile
from routing.history import plan_steps, plan_versions, route_steps, route_versions, since_version
from routing.models import Plan, Route, RouteVersion
from routing.plan import drafts_of
from routing.sentences import Line, plan_diff
from routing.services.plans import DEFAULT_NAME, restore_plan, save_plan
from routing.services.routes import latest_number, restore_route
from tenants.access import TenantRequest, staff_page

PAGE = 20


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def plan(request: TenantRequest) -> HttpResponseBase:
    problem: DomainError | None = None
    meanwhile: list[Line] = []
    active = Plan.objects.filter(is_active=True).first()
    rules = drafts_of(active.pk) if active else []
    if request.method == "POST":
        formset = forms.rule_formset(rules, request.POST)
        if formset.is_valid():
            change = forms.change_of(request)
            try:
                saved = save_plan(
                    rules=forms.rule_drafts(formset),
                    actor=change.actor,
                    note=change.note,
                    expected=change.expected,
                    now=change.now,
                )
            except ChangedMeanwhile as refusal:
                problem = refusal
                seen = Plan.objects.filter(version=change.expected or 0).first()
                meanwhile = [line for line in plan_diff(drafts_of(seen.pk) if seen else [], rules) if line.sign]
            except DomainError as refusal:
                problem = refusal
            else:
                messages.success(request, f"Version {saved.version} of the plan is in force within five seconds.")
                return redirect("routing:plan")
    else:
        formset = forms.rule_formset(rules)
    version = active.version if active else 0
    context = {
        "plan": active,
        "formset": formset,
        "change_form": forms.NoteForm(initial={"version": version, "note": request.POST.get("note", "")}),
        "problem": problem,
        "meanwhile": meanwhile,
        "routes": Route.objects.exists(),
        "previous": _previous(active),
        "steps": plan_steps(plan_versions()[:5]),
    }
    return render_page(request, "routing/plan.html", context, status=422 if formset.is_bound else 200)


def _previous(active: Plan | None) -> Plan | None:
    """What undoing goes back to."""
    return Plan.objects.filter(pk__lt=active.pk).order_by("-pk").first() if active else None


@require_GET
@staff_page
def plan_history(request: TenantRequest) -> HttpResponse:
    page = keyset_page(plan_versions(), request, size=PAGE)
    active = Plan.objects.filter(is_active=True).first()
    return render(
        request, "routing/plan_history.html", {"page": page, "steps": plan_steps(page.rows), "active": active}
    )


@require_GET
@staff_page
def plan_version(request: TenantRequest, version: int) -> HttpResponse:
    """An earlier version beside the one in force."""
    chosen = get_object_or_404(Plan, name=DEFAULT_NAME, version=version)
    active = Plan.objects.filter(is_active=True).first()
    lines = plan_diff(drafts_of(active.pk) if active else [], drafts_of(chosen.pk))
    context = {"chosen": chosen, "active": active, "lines": lines, "changes": any(line.sign for line in lines)}
    return render(request, "routing/plan_version.html", context)


@require_POST
@staff_page
def plan_restore(request: TenantRequest, version: int) -> HttpResponseBase:
    change = forms.change_of(request)
    try:
        made = restore_plan(version=version, actor=change.actor, expected=change.expected, now=change.now)
    except DomainError as problem:
        messages.error(request, f"{problem.detail} {problem.remedy}")
        return redirect("routing:plan-history")
    messages.success(request, f"The rules of version {version} are in force again, as version {made.version}.")
    return redirect("routing:plan")


@require_GET
@staff_page
def route_history(request: TenantRequest, pk: int) -> HttpResponse:
    route = get_object_or_404(Route, pk=pk)
    page = keyset_page(route_versions(pk), request, size=PAGE)
    context = {"route": route, "page": page, "steps": route_steps(page.rows), "current": latest_number(pk)}
    return render(request, "routing/route_history.html", context)


@require_GET
@staff_page
def route_version(request: TenantRequest, pk: int, number: int) -> HttpResponse:
    """An earlier version beside the route as it is."""
    route = get_object_or_404(Route, pk=pk)
    chosen = get_object_or_404(RouteVersion, route_id=pk, number=number)
    context: dict[str, Any] = {
        "route": route,
        "chosen": chosen,
        "differences": since_version(pk, number),
        "current": latest_number(pk),
    }
    return render(request, "routing/route_version.html", context)


@require_POST
@staff_page
def route_restore(request: TenantRequest, pk: int, number: int) -> HttpResponseBase:
    get_object_or_404(Route, pk=pk)
    change = forms.change_of(request)
    try:
        restore_route(route_id=pk, number=number, now=change.now or utc_now(), change=change)
    except DomainError as problem:
        messages.error(request, f"{problem.detail} {problem.remedy}")
        return redirect("routing:route-history", pk=pk)
    messages.success(request, f"The route is as it was in version {number}. Its secrets stayed as they are.")
    return redirect("routing:route-detail", pk=pk)


@require_GET
@staff_page
def trail(request: TenantRequest) -> HttpResponse:
    """Who changed which route or plan, newest first; `?of=route` or `plan` and `?number=` narrow it."""
    kind = request.GET.get("of", "")
    number = request.GET.get("number", "")
    entries = platform_entries(object_type=kind[:64], number=int(number[:18]) if number.isdecimal() else None)
    page = keyset_page(entries, request)
    rows = [(entry, _shown(changes(entry))) for entry in page.rows]
    return render(request, "routing/trail.html", {"page": page, "rows": rows, "kind": kind, "number": number})


def _shown(found: list[Change]) -> list[Change]:
    """In words: rules of a plan are a list of sentences; of a selection or a count, what is not empty."""
    said = [Change(change.name, _words(change.before), _words(change.after)) for change in found]
    return [change for change in said if (change.before, change.after) != (None, None)]


def _words(value: Any) -> Any:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    if isinstance(value, dict):
        said = ((str(name).replace("_", " "), _words(each)) for name, each in value.items())
        return ", ".join(f"{name} {each}" for name, each in said if each not in ("", None)) or None
    return value if value != "" else None
