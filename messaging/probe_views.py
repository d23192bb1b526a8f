"""The console's pages about seed numbers, and about the probes of a route."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages as notices
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST

from kernel.domain.clock import utc_now
from kernel.domain.errors import DomainError
from kernel.web.htmx import render_page
from messaging.probe_forms import ProbeForm, SeedForm, TextChoice, VerdictForm
from messaging.services.probing import send_probes
from routing.models import Probe, Route, SeedNumber
from routing.services.probes import ProbeSums, add_seed, confirm_probe, probe_sums, retire_seed
from tenants.access import TenantRequest, actor_of, staff_page
from tenants.models import Tenant

PROBES_SHOWN: Final = 50
SEEDS_SHOWN: Final = 200


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def seeds(request: TenantRequest) -> HttpResponseBase:
    form = SeedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            seed = add_seed(**form.cleaned_data, actor=actor_of(request), now=utc_now())
        except DomainError as problem:
            form.add_error("number", f"{problem.detail} {problem.remedy}")
        else:
            notices.success(request, f"{seed.label} is on the list.")
            return redirect("seeds:seeds")
    context = {
        "form": form,
        "seeds": SeedNumber.objects.filter(retired_at=None).order_by("label", "pk")[:SEEDS_SHOWN],
        "routes": Route.objects.order_by("name"),
    }
    return render_page(request, "messages/console_seeds.html", context, status=422 if form.is_bound else 200)


@require_POST
@staff_page
def seed_retire(request: TenantRequest, pk: int) -> HttpResponseBase:
    get_object_or_404(SeedNumber, pk=pk)
    seed = retire_seed(seed_id=pk, actor=actor_of(request), now=utc_now())
    notices.success(request, f"No more probes go to {seed.label}.")
    return redirect("seeds:seeds")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def probes(request: TenantRequest, pk: int) -> HttpResponseBase:
    """Sending probes over a route, and what operator and people say of the last ones."""
    route, now = get_object_or_404(Route, pk=pk), utc_now()
    choice = TextChoice(request.POST or request.GET)
    template = choice.chosen()
    sent = request.POST if request.method == "POST" else None
    form = ProbeForm(sent, template=template) if template else None
    problem: object = None
    if form is not None and form.is_valid():
        problem = _send(request, route, form, template)
        if problem is None:
            return redirect("seeds:probes", pk)
    rows = list(Probe.objects.filter(route=route).select_related("seed").order_by("-sent_at", "-pk")[:PROBES_SHOWN])
    names = dict(Tenant.objects.filter(pk__in={row.organisation_id for row in rows}).values_list("pk", "name"))
    context = {
        "route": route,
        "choice": choice,
        "template": template,
        "form": form,
        "problem": problem,
        "has_seeds": SeedNumber.objects.filter(retired_at=None).exists(),
        "sums": probe_sums(now, route_id=pk).get(pk, ProbeSums()),
        "rows": [(row, names.get(row.organisation_id, "–")) for row in rows],
        "now": now,
    }
    return render_page(request, "messages/console_probes.html", context, partial="sent", status=422 if sent else 200)


def _send(request: TenantRequest, route: Route, form: ProbeForm, template: Any) -> object:
    """Why nothing or not everything was sent, with detail and remedy."""
    chosen = list(form.cleaned_data["seeds"])
    to = {"route": route, "seeds": chosen, "template": template, "values": form.values()}
    try:
        results = send_probes(**to, actor=actor_of(request), now=utc_now())
    except DomainError as problem:
        return problem
    refused = [result for result in results if not isinstance(result, Probe)]
    if passed := len(results) - len(refused):
        notices.success(request, f"{passed} of {len(results)} are on their way. Look at the phones.")
    return refused[0] if refused else None


@require_POST
@staff_page
def probe_confirm(request: TenantRequest, pk: int) -> HttpResponseBase:
    probe = get_object_or_404(Probe, pk=pk)
    form = VerdictForm(request.POST)
    if form.is_valid():
        confirm_probe(probe_id=pk, verdict=form.cleaned_data["verdict"], actor=actor_of(request), now=utc_now())
    return redirect("seeds:probes", probe.route_id)
