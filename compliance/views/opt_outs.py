from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from compliance import services
from compliance.forms import LiftForm, OptOutForm
from compliance.models import OptOut
from compliance.statuses import OptOutSource
from compliance.views.decisions import abilities
from kernel.telecom.numbers import mask
from kernel.web.htmx import render_page
from kernel.web.pagination import keyset_page
from tenants.access import TenantRequest, actor_of, tenant_page
from tenants.roles import Permission


@require_GET
@tenant_page(Permission.MANAGE_COMPLIANCE)
def opt_out_list(request: TenantRequest) -> HttpResponse:
    context = {"page": keyset_page(OptOut.objects.all(), request), **abilities(request)}
    return render_page(request, "compliance/optout_list.html", context, partial="rows")


@tenant_page(Permission.MANAGE_COMPLIANCE)
def opt_out_new(request: TenantRequest) -> HttpResponse:
    form = OptOutForm(request.POST if request.method == "POST" else None, region=request.tenant.country)
    if request.method == "POST" and form.is_valid():
        recipient, sender = form.cleaned_data["recipient"], form.cleaned_data["sender"]
        topic = form.cleaned_data["topic"]
        services.opt_out(
            recipient=recipient,
            sender=sender or None,
            topic=topic or None,
            source=OptOutSource.PERSON,
            actor=actor_of(request),
            now=timezone.now(),
        )
        messages.success(request, f"{mask(recipient)} gets only passcodes from {sender or 'any sender'} now.")
        return redirect("compliance:opt-outs")
    return render_page(request, "compliance/optout_form.html", {"form": form}, status=422 if form.errors else 200)


@tenant_page(Permission.REVIEW_COMPLIANCE)
def opt_out_lift(request: TenantRequest, pk: UUID) -> HttpResponse:
    standing = get_object_or_404(OptOut, pk=pk)
    form = LiftForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        proof = form.cleaned_data["proof"]
        services.lift_opt_out(opt_out_id=pk, proof=proof, actor=actor_of(request), now=timezone.now())
        messages.success(request, "The opt-out is lifted; messages are possible again.")
        return redirect("compliance:opt-outs")
    context = {"form": form, "standing": standing}
    return render_page(request, "compliance/optout_lift.html", context, status=422 if form.errors else 200)
