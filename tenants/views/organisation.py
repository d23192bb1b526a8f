"""The tenant's own settings."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from kernel.domain.clock import utc_now
from tenants.access import TenantRequest, tenant_page
from tenants.forms import OrganisationForm
from tenants.models import Tenant
from tenants.roles import Permission
from tenants.services import update_organisation


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_page(Permission.MANAGE_MEMBERS)
def organisation(request: TenantRequest) -> HttpResponseBase:
    if request.method == "POST":
        form = OrganisationForm(request.POST)
        if form.is_valid():
            update_organisation(settings=form.settings, by=request.user, now=utc_now())
            messages.success(request, "The settings are saved.")
            return redirect("tenants:organisation")
        return render(request, "tenants/organisation.html", {"form": form}, status=422)
    tenant = Tenant.objects.get(pk=request.tenant.id)
    return render(request, "tenants/organisation.html", {"form": OrganisationForm.of(tenant), "facts": tenant})
