from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from compliance import services
from compliance.forms import add_refusal
from compliance.models import Link
from compliance.register_forms import LinkForm, standing_word
from compliance.statuses import LinkKind
from compliance.views.decisions import abilities
from compliance.views.stops import tell_remarks
from kernel.domain.errors import DomainError
from kernel.web.htmx import render_page
from kernel.web.pagination import keyset_page
from tenants.access import TenantRequest, actor_of, tenant_page
from tenants.roles import Permission


@require_GET
@tenant_page(Permission.VIEW_CAMPAIGNS)
def link_list(request: TenantRequest) -> HttpResponse:
    page = keyset_page(Link.objects.select_related("entity"), request)
    return render_page(request, "compliance/link_list.html", {"page": page, **abilities(request)})


@tenant_page(Permission.MANAGE_COMPLIANCE)
def link_new(request: TenantRequest) -> HttpResponse:
    return _form(request, None)


@tenant_page(Permission.MANAGE_COMPLIANCE)
def link_edit(request: TenantRequest, pk: UUID) -> HttpResponse:
    return _form(request, get_object_or_404(Link, pk=pk))


def _form(request: TenantRequest, link: Link | None) -> HttpResponse:
    initial = standing_word(link)
    if link:
        initial |= {name: getattr(link, name) for name in ("kind", "value", "header", "registration_id")}
        initial["entity"] = link.entity_id
    form = LinkForm(request.POST if request.method == "POST" else None, initial=initial)
    if link:
        # What was registered stays what it is; another link is another record.
        for name in ("entity", "kind", "value"):
            form.fields[name].disabled = True
    if request.method == "POST" and form.is_valid():
        try:
            _save(request, form)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            return redirect("compliance:links")
    context = {"form": form, "link": link}
    return render_page(request, "compliance/link_form.html", context, status=422 if form.errors else 200)


def _save(request: TenantRequest, form: LinkForm) -> None:
    said = form.cleaned_data
    saved = services.record_link(
        entity_id=UUID(str(said["entity"])),
        kind=LinkKind(said["kind"]),
        value=said["value"],
        header=said["header"],
        registration_id=said["registration_id"],
        told=form.told(),
        actor=actor_of(request),
        now=timezone.now(),
    )
    messages.success(request, f"Recorded {saved}.")
    tell_remarks(request, saved)
