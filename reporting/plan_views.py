"""Previews of changes of plan and routes, above messaging because they look at its traffic.

The pages below include them by address. Without scripts a preview is a page of its own, which carries the form along.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from kernel.domain.clock import utc_now
from kernel.domain.errors import DomainError
from kernel.web.htmx import render_page
from reporting.plan_preview import last_hour, preview
from routing import forms, registry
from routing.models import Plan, Route, RouteVersion
from routing.obstacles import obstacles
from routing.plan import drafts_of
from routing.scene import Scene, present
from routing.services.plans import DEFAULT_NAME, check_rules
from routing.statuses import RouteState
from tenants.access import TenantRequest, staff_page

NOT_CARRIED = "csrfmiddlewaretoken"


@require_POST
@staff_page
def plan_preview(request: TenantRequest) -> HttpResponse:
    """Of the rules in the form of the plan."""
    scene = present()
    formset = forms.rule_formset(scene.rules, request.POST)
    save = {"save_url": reverse("routing:plan"), "verb": "Save as the next version"}
    if not formset.is_valid():
        errors = [
            f"Rule {number}: {' '.join(map(str, messages))}"
            for number, form in enumerate(formset.forms, start=1)
            for messages in form.errors.values()
        ]
        return _refused(request, errors, **save)
    rules = forms.rule_drafts(formset)
    try:
        check_rules(rules)
    except DomainError as problem:
        return _refused(request, [problem.detail, problem.remedy], **save)
    return _page(request, scene, scene.with_rules(rules), **save)


@require_POST
@staff_page
def route_preview(request: TenantRequest, pk: int) -> HttpResponse:
    """Of the costs in the form of a route; nothing else of it decides where messages go."""
    route = get_object_or_404(Route, pk=pk)
    provider = registry.provider(route.kind)
    both = forms.route_form(route, request.POST), forms.settings_form(provider, route, request.POST)
    save = {"save_url": reverse("routing:route-edit", args=[pk]), "verb": "Save"}
    # Both are asked, so that all problems are shown at once.
    is_valid = [form.is_valid() for form in both]
    if not all(is_valid):
        errors = [
            f"{form[name].label}: {' '.join(map(str, found))}" if name in form.fields else " ".join(map(str, found))
            for form in both
            for name, found in form.errors.items()
        ]
        return _refused(request, errors, **save)
    form, scene = both[0], present()
    return _page(request, scene, scene.with_costs(pk, form.terms().cost_micros, form.special()), **save)


@require_GET
@staff_page
def route_state_preview(request: TenantRequest, pk: int, state: str) -> HttpResponse:
    get_object_or_404(Route, pk=pk)
    scene = present()
    return _page(request, scene, scene.with_state(pk, RouteState(state)))


@require_GET
@staff_page
def route_version_preview(request: TenantRequest, pk: int, number: int) -> HttpResponse:
    version = get_object_or_404(RouteVersion, route_id=pk, number=number)
    scene = present()
    return _page(request, scene, scene.with_version(pk, version.snapshot))


@require_GET
@staff_page
def plan_version_preview(request: TenantRequest, version: int) -> HttpResponse:
    chosen = get_object_or_404(Plan, name=DEFAULT_NAME, version=version)
    scene = present()
    return _page(request, scene, scene.with_rules(drafts_of(chosen.pk)))


def _page(request: TenantRequest, before: Scene, after: Scene, **save: str) -> HttpResponse:
    now = utc_now()
    found = preview(last_hour(now), before, after)
    return _render(request, {"preview": found, "obstacles": obstacles(after, now=now), **save}, 200)


def _refused(request: TenantRequest, errors: Sequence[str], **save: str) -> HttpResponse:
    return _render(request, {"errors": errors, **save}, 422)


def _render(request: TenantRequest, context: dict[str, Any], status: int) -> HttpResponse:
    carried = [(name, value) for name, values in request.POST.lists() if name != NOT_CARRIED for value in values]
    # Secrets that were typed in must not stand in a page.
    shown = {**context, "carried": [] if _has_secrets(request) else carried, "has_secrets": _has_secrets(request)}
    return render_page(request, "reporting/plan_preview.html", shown, partial="preview", status=status)


def _has_secrets(request: TenantRequest) -> bool:
    names = {f"{forms.SETTINGS_PREFIX}-{name}" for kind in registry.providers().values() for name in kind.secret_fields}
    return any(request.POST.get(name) for name in names)
