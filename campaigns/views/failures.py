"""Numbers that failed for good: what they failed of, and taking them off lists, suppressing them, or undoing that."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from campaigns.hygiene.forms import SettleForm
from campaigns.hygiene.statuses import SUGGESTED_AT, RemovalKind
from campaigns.models import NumberFailure, Removal
from campaigns.services import failures
from kernel.domain.catalogue import explain
from kernel.domain.errors import DomainError
from kernel.web.htmx import render_page
from kernel.web.pagination import keyset_page
from tenants.access import TenantRequest, actor_of, tenant_page
from tenants.roles import Permission

SHOWN_REMOVALS: Final = 10


@require_GET
@tenant_page(Permission.MANAGE_CONTACTS)
def failure_list(request: TenantRequest) -> HttpResponse:
    suggested = NumberFailure.objects.filter(failures__gte=SUGGESTED_AT, settled_by=None)
    page = keyset_page(suggested, request)
    context = {
        "page": page,
        "rows": [(row, explain(row.last_code)) for row in page.rows],
        "suggested": failures.suggested_count(),
        "watched": NumberFailure.objects.filter(failures__lt=SUGGESTED_AT).count(),
        "removals": Removal.objects.defer("opt_out_ids").order_by("-id")[:SHOWN_REMOVALS],
        "most": failures.MOST_AT_ONCE,
    }
    return render_page(request, "contacts/failure_list.html", context, partial="rows")


@require_POST
@tenant_page(Permission.MANAGE_CONTACTS)
def failure_settle(request: TenantRequest) -> HttpResponse:
    form = SettleForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Nothing was done: choose numbers, then what to do with them.")
        return redirect("campaigns:failures")
    kind = RemovalKind(form.cleaned_data["kind"])
    chosen = None if form.cleaned_data["everything"] else form.cleaned_data["ids"]
    try:
        made = failures.settle(kind=kind, failure_ids=chosen, actor=actor_of(request), now=timezone.now())
    except DomainError as refusal:
        messages.error(request, f"{refusal.detail} {refusal.remedy}")
    else:
        messages.success(request, f"{RemovalKind(kind).label}: {made.numbers} numbers. It can be undone below.")
    return redirect("campaigns:failures")


@require_POST
@tenant_page(Permission.MANAGE_CONTACTS)
def removal_undo(request: TenantRequest, pk: UUID) -> HttpResponse:
    get_object_or_404(Removal, pk=pk)
    try:
        made = failures.undo(removal_id=pk, actor=actor_of(request), now=timezone.now())
    except DomainError as refusal:
        messages.error(request, f"{refusal.detail} {refusal.remedy}")
    else:
        messages.success(request, f"Taken back: {made.numbers} numbers are as they were, and suggested again.")
    return redirect("campaigns:failures")
