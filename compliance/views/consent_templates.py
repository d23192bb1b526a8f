from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from compliance import services
from compliance.forms import add_refusal
from compliance.models import ConsentTemplate
from compliance.register_forms import ConsentTemplateForm, standing_word
from compliance.views.decisions import abilities
from compliance.views.stops import tell_remarks
from kernel.domain.errors import DomainError
from kernel.web.htmx import render_page
from kernel.web.pagination import keyset_page
from tenants.access import TenantRequest, actor_of, tenant_page
from tenants.roles import Permission


@require_GET
@tenant_page(Permission.VIEW_CAMPAIGNS)
def consent_template_list(request: TenantRequest) -> HttpResponse:
    page = keyset_page(ConsentTemplate.objects.select_related("entity"), request)
    return render_page(request, "compliance/consent_template_list.html", {"page": page, **abilities(request)})


@tenant_page(Permission.MANAGE_COMPLIANCE)
def consent_template_new(request: TenantRequest) -> HttpResponse:
    return _form(request, None)


@tenant_page(Permission.MANAGE_COMPLIANCE)
def consent_template_edit(request: TenantRequest, pk: UUID) -> HttpResponse:
    return _form(request, get_object_or_404(ConsentTemplate, pk=pk))


def _form(request: TenantRequest, template: ConsentTemplate | None) -> HttpResponse:
    initial = standing_word(template)
    if template:
        initial |= {name: getattr(template, name) for name in ("name", "brand", "scope", "dlt_consent_id")}
        initial["entity"] = template.entity_id
    form = ConsentTemplateForm(request.POST if request.method == "POST" else None, initial=initial)
    if template:
        for name in ("entity", "name"):
            form.fields[name].disabled = True
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        fields = {name: said[name] for name in ("name", "brand", "scope", "dlt_consent_id")}
        try:
            saved = services.record_consent_template(
                entity_id=UUID(str(said["entity"])),
                told=form.told(),
                actor=actor_of(request),
                now=timezone.now(),
                **fields,
            )
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, f"Recorded {saved}.")
            tell_remarks(request, saved)
            return redirect("compliance:consent-templates")
    context = {"form": form, "template": template}
    return render_page(request, "compliance/consent_template_form.html", context, status=422 if form.errors else 200)
