"""The tenant's own settings, and its audit trail."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from audit.queries import changes, entries
from kernel.domain.clock import utc_now
from kernel.web.pagination import keyset_page
from tenants.access import TenantRequest, tenant_page
from tenants.forms import OrganisationForm
from tenants.models import Member, Tenant
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


@require_GET
@tenant_page(Permission.VIEW_AUDIT)
def audit_trail(request: TenantRequest) -> HttpResponse:
    """Newest first; `?person=` and `?object=` (ids) narrow it."""
    person, record_id = _uuid(request.GET.get("person")), _uuid(request.GET.get("object"))
    page = keyset_page(entries(actor_id=person, object_id=record_id), request)
    context = {
        "page": page,
        "rows": [(entry, changes(entry)) for entry in page.rows],
        "people": Member.objects.select_related("user").order_by("user__full_name", "pk"),
        "person": person,
        "record_id": record_id,
    }
    return render(request, "audit/entry_list.html", context)


def _uuid(text: str | None) -> UUID | None:
    with suppress(ValueError):
        return UUID(text or "")
    return None
