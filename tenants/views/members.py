"""Members and invitations of the tenant."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from kernel.domain.clock import utc_now
from kernel.domain.errors import DomainError
from tenants.access import TenantRequest, tenant_page
from tenants.forms import InviteForm, RoleForm
from tenants.models import Invitation, Member
from tenants.roles import PURPOSE, Permission, Role
from tenants.services import change_role, invite_member, remove_member, withdraw_invitation


@require_GET
@tenant_page(Permission.MANAGE_MEMBERS)
def member_list(request: TenantRequest) -> HttpResponse:
    return _page(request, InviteForm())


@require_POST
@tenant_page(Permission.MANAGE_MEMBERS)
def invite(request: TenantRequest) -> HttpResponseBase:
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            invitation = invite_member(by=request.user, now=utc_now(), **form.cleaned_data)
        except DomainError as problem:
            form.add_error("email", f"{problem.detail} {problem.remedy}")
        else:
            messages.success(request, f"The invitation to {invitation.email} is on its way.")
            return redirect("tenants:members")
    return _page(request, form, status=422)


@require_POST
@tenant_page(Permission.MANAGE_MEMBERS)
def invite_again(request: TenantRequest, pk: UUID) -> HttpResponseRedirect:
    invitation = get_object_or_404(_open_invitations(), pk=pk)
    invite_member(email=invitation.email, role=Role(invitation.role), by=request.user, now=utc_now())
    messages.success(request, f"A new link is on its way to {invitation.email}; the old one no longer works.")
    return redirect("tenants:members")


@require_POST
@tenant_page(Permission.MANAGE_MEMBERS)
def withdraw(request: TenantRequest, pk: UUID) -> HttpResponseRedirect:
    invitation = get_object_or_404(_open_invitations(), pk=pk)
    withdraw_invitation(invitation_id=invitation.pk, by=request.user, now=utc_now())
    messages.success(request, f"The invitation to {invitation.email} no longer works.")
    return redirect("tenants:members")


@require_POST
@tenant_page(Permission.MANAGE_MEMBERS)
def role(request: TenantRequest, pk: UUID) -> HttpResponseRedirect:
    member = get_object_or_404(Member.objects.active(), pk=pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose one of the six roles.")
        return redirect("tenants:members")
    try:
        member = change_role(member_id=member.pk, role=form.cleaned_data["role"], by=request.user, now=utc_now())
    except DomainError as problem:
        messages.error(request, f"{problem.detail} {problem.remedy}")
    else:
        messages.success(request, f"{member.user} is {Role(member.role).label.lower()} now.")
    return redirect("tenants:members")


@require_POST
@tenant_page(Permission.MANAGE_MEMBERS)
def remove(request: TenantRequest, pk: UUID) -> HttpResponseRedirect:
    member = get_object_or_404(Member.objects.active(), pk=pk)
    try:
        member = remove_member(member_id=member.pk, by=request.user, now=utc_now())
    except DomainError as problem:
        messages.error(request, f"{problem.detail} {problem.remedy}")
    else:
        messages.success(request, f"{member.user} is no longer a member.")
    return redirect("tenants:members")


def _open_invitations() -> QuerySet[Invitation]:
    return Invitation.objects.filter(accepted_at=None, withdrawn_at=None).order_by("-pk")


def _page(request: TenantRequest, form: InviteForm, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "members": Member.objects.active().select_related("user").order_by("user__full_name", "pk"),
        "invitations": _open_invitations().select_related("invited_by"),
        "roles": Role.choices,
        "purposes": [(role.label, PURPOSE[role]) for role in Role],
        "now": utc_now(),
    }
    return render(request, "tenants/member_list.html", context, status=status)
