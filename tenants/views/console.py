"""Tenants in the platform console."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kernel.domain.clock import utc_now
from kernel.domain.errors import DomainError
from kernel.web.pagination import keyset_page
from tenants.access import TenantRequest, staff_page
from tenants.forms import TenantForm, WeightForm
from tenants.models import Member, Tenant
from tenants.roles import Role
from tenants.services import create_tenant, invite_member, set_send_weight, set_tenant_state


@require_GET
@staff_page
def tenant_list(request: TenantRequest) -> HttpResponse:
    active = Member.objects.active().filter(tenant_id=OuterRef("pk")).order_by().values("tenant_id")
    size = Subquery(active.annotate(size=Count("id")).values("size"))
    tenants = Tenant.objects.annotate(members=Coalesce(size, 0))
    return render(request, "tenants/console_tenant_list.html", {"page": keyset_page(tenants, request)})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def tenant_new(request: TenantRequest) -> HttpResponseBase:
    form, status = TenantForm(), 200
    if request.method == "POST":
        form, status = TenantForm(request.POST), 422
        if form.is_valid() and _create(request, form):
            return redirect("console_tenants:tenants")
    return render(request, "tenants/console_tenant_new.html", {"form": form}, status=status)


def _create(request: TenantRequest, form: TenantForm) -> bool:
    given = form.cleaned_data
    now = utc_now()
    try:
        tenant = create_tenant(
            name=given["name"], slug=given["slug"], timezone=given["timezone"], owner=None, now=now, by=request.user
        )
    except DomainError as problem:
        form.add_error("slug", f"{problem.detail} {problem.remedy}")
        return False
    email = given["owner_email"]
    invite_member(email=email, role=Role.OWNER, by=request.user, now=now, tenant_id=tenant.id)
    messages.success(request, f"{tenant.name} is made; its owner's invitation is on its way to {email}.")
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def tenant_weight(request: TenantRequest, pk: UUID) -> HttpResponseBase:
    """What share of routes a tenant has while others wait too."""
    tenant = get_object_or_404(Tenant, pk=pk)
    form = WeightForm(request.POST or None, initial={"weight": tenant.send_weight})
    if form.is_valid():
        weight = form.cleaned_data["weight"]
        if set_send_weight(tenant_id=pk, weight=weight, by=request.user, now=utc_now()):
            messages.success(request, f"{tenant.name} has the weight {weight} from its next turn on.")
        return redirect("console_tenants:tenants")
    status = 422 if form.is_bound else 200
    return render(request, "tenants/console_tenant_weight.html", {"form": form, "tenant": tenant}, status=status)


@require_POST
@staff_page
def tenant_state(request: TenantRequest, pk: UUID, state: str) -> HttpResponseRedirect:
    tenant = get_object_or_404(Tenant, pk=pk)
    set_tenant_state(tenant_id=pk, state=Tenant.State(state), by=request.user, now=utc_now())
    messages.success(request, f"{tenant.name} is {Tenant.State(state).label.lower()} now.")
    return redirect("console_tenants:tenants")
