"""Hours, repeats, destinations: what an organisation chooses about its recipients."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from compliance.forms import add_refusal
from compliance.models import Destination, NumberRun
from compliance.recipient_forms import DestinationForm, RecipientChoicesForm
from compliance.rules.destinations import PRONE
from compliance.services import recipients as services
from compliance.views.decisions import abilities
from kernel.domain.errors import DomainError
from kernel.web.htmx import render_page
from tenants.access import TenantRequest, actor_of, tenant_page
from tenants.roles import Permission

MOST_RUNS = 50


@tenant_page(Permission.MANAGE_COMPLIANCE)
def recipients(request: TenantRequest) -> HttpResponse:
    return _page(request)


@require_POST
@tenant_page(Permission.REVIEW_COMPLIANCE)
def choose(request: TenantRequest) -> HttpResponse:
    form = RecipientChoicesForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form)
    services.choose(choices_=form.choices, actor=actor_of(request), now=timezone.now())
    messages.success(request, "Messages accepted from now on are judged by this.")
    return redirect("compliance:recipients")


@require_POST
@tenant_page(Permission.REVIEW_COMPLIANCE)
def destination_add(request: TenantRequest) -> HttpResponse:
    form = DestinationForm(request.POST)
    if not form.is_valid():
        return _page(request, destination_form=form)
    said, actor, now = form.cleaned_data, actor_of(request), timezone.now()
    digits, note, traffic_class = said["digits"], said["note"], form.traffic_class
    try:
        if traffic_class is None:
            services.close_destination(prefix=digits, note=note, actor=actor, now=now)
        else:
            cap = said["daily_cap"] or 0
            services.open_destination(
                prefix=digits, traffic_class=traffic_class, daily_cap=cap, note=note, actor=actor, now=now
            )
    except DomainError as refusal:
        add_refusal(form, refusal)
        return _page(request, destination_form=form)
    messages.success(request, "The destination is on the list.")
    return redirect("compliance:recipients")


@require_POST
@tenant_page(Permission.REVIEW_COMPLIANCE)
def destination_forget(request: TenantRequest, pk: UUID) -> HttpResponse:
    get_object_or_404(Destination, pk=pk)
    services.forget_destination(destination_id=pk, actor=actor_of(request), now=timezone.now())
    messages.success(request, "Taken back.")
    return redirect("compliance:recipients")


def _page(
    request: TenantRequest,
    *,
    form: RecipientChoicesForm | None = None,
    destination_form: DestinationForm | None = None,
) -> HttpResponse:
    is_wrong = form is not None or destination_form is not None
    context = {
        "form": form or RecipientChoicesForm(initial=services.choices()._asdict()),
        "destination_form": destination_form or DestinationForm(),
        "destinations": list(Destination.objects.order_by("prefix", "traffic_class")[: services.MOST_DESTINATIONS]),
        "runs": list(NumberRun.objects.order_by("-last_at")[:MOST_RUNS]),
        "prone": sorted(PRONE),
        **abilities(request),
    }
    return render_page(request, "compliance/recipients.html", context, status=422 if is_wrong else 200)
