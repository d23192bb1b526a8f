"""Money as a tenant sees it: wallet, ledger, prices, and what a month cost."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing import queries
from billing.exports import file_of, request_export
from billing.forms import ExportForm, LedgerFilter, MonthFilter, NumberForm
from billing.models import TRAFFIC_CLASSES, EntryKind, Export, LedgerEntry
from billing.prices import tenant_book
from billing.tasks import build_export
from kernel.domain.errors import DomainError
from kernel.telecom.numbers import parse_number
from kernel.web.htmx import render_page
from kernel.web.pagination import keyset_page
from tenants.access import TenantRequest, actor_of, tenant_page
from tenants.roles import Permission

RECENT = 10


@require_GET
@tenant_page(Permission.VIEW_MONEY)
def wallet(request: TenantRequest) -> HttpResponse:
    now = timezone.now()
    owned = queries.wallet()
    context = {
        "wallet": owned,
        "runway": queries.runway(owned, now) if owned else None,
        "runway_days": queries.RUNWAY_DAYS,
        "entries": list(queries.with_campaign_names(LedgerEntry.objects.order_by("-id"))[:RECENT]),
        "now": now,
    }
    return render_page(request, "billing/wallet.html", context)


@require_GET
@tenant_page(Permission.VIEW_MONEY)
def ledger(request: TenantRequest) -> HttpResponse:
    form = LedgerFilter(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    context = {
        "form": form,
        "chips": _chips(request, chosen),
        "page": keyset_page(queries.with_campaign_names(_entries(request, chosen)), request),
        "currency": request.tenant.currency,
    }
    return render_page(request, "billing/ledger.html", context, partial="rows")


@require_GET
@tenant_page(Permission.VIEW_MONEY)
def rates(request: TenantRequest) -> HttpResponse:
    now = timezone.now()
    owned = queries.wallet()
    form = NumberForm(request.GET or None)
    context: dict[str, Any] = {
        "wallet": owned,
        "rates": list(queries.current_rates(owned.rate_card_id, now)) if owned else [],
        "form": form,
    }
    if owned and form.is_valid():
        try:
            recipient = parse_number(form.cleaned_data["number"], region=request.tenant.country)
        except DomainError as refusal:
            context["refusal"] = refusal
        else:
            book = tenant_book(now)
            context["recipient"] = recipient
            context["quotes"] = [(label, book.quote(recipient, value)) for value, label in TRAFFIC_CLASSES]
    return render_page(request, "billing/rates.html", context)


@require_GET
@tenant_page(Permission.VIEW_MONEY)
def costs(request: TenantRequest) -> HttpResponse:
    form = MonthFilter(request.GET)
    chosen = form.cleaned_data.get("month") if form.is_valid() else None
    month = chosen or timezone.localdate().replace(day=1)
    return render_page(request, "billing/costs.html", _costs_context(request, month, form))


@require_POST
@tenant_page(Permission.VIEW_MONEY)
def export_new(request: TenantRequest) -> HttpResponse:
    form = ExportForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose the month whose costs you want.")
        return redirect("billing:costs")
    try:
        export = request_export(
            month=form.cleaned_data["month"],
            zone=request.tenant.zone,
            has_bom=form.cleaned_data["has_bom"],
            actor=actor_of(request),
            now=timezone.now(),
        )
    except DomainError as refusal:
        messages.error(request, f"{refusal.detail} {refusal.remedy}")
        return redirect("billing:costs")
    transaction.on_commit(partial(build_export.delay, str(request.tenant.id), str(export.pk)))
    return redirect("billing:export", export.pk)


@require_GET
@tenant_page(Permission.VIEW_MONEY)
def export(request: TenantRequest, pk: UUID) -> HttpResponse:
    context = {"export": get_object_or_404(Export, pk=pk), "currency": request.tenant.currency}
    return render_page(request, "billing/export.html", context, partial="state")


@require_GET
@tenant_page(Permission.VIEW_MONEY)
def export_download(request: TenantRequest, pk: UUID) -> HttpResponseBase:
    wanted = get_object_or_404(Export, pk=pk)
    path = file_of(wanted)
    if path is None:
        raise Http404("this export has no file")
    return FileResponse(path.open("rb"), as_attachment=True, filename=wanted.filename, content_type="text/csv")


def _costs_context(request: TenantRequest, month: date, form: MonthFilter) -> dict[str, Any]:
    rows = queries.month_costs(month, request.tenant.zone)
    return {
        "form": MonthFilter(initial={"month": month}) if form.is_valid() else form,
        "export_form": ExportForm(initial={"month": month}),
        "month": month,
        "rows": rows,
        "total": queries.total_of(rows),
        "messages_total": sum(row.messages for row in rows),
        "segments_total": sum(row.segments for row in rows),
        "exports": list(Export.objects.order_by("-id")[:RECENT]),
        "currency": request.tenant.currency,
    }


def _entries(request: TenantRequest, chosen: dict[str, Any]) -> QuerySet[LedgerEntry]:
    entries = LedgerEntry.objects.all()
    if chosen.get("month"):
        entries = queries.entries_between(*queries.month_bounds(chosen["month"], request.tenant.zone))
    fields = {"kind": "kind", "campaign": "campaign_id", "batch": "batch_id"}
    return entries.filter(**{column: chosen[name] for name, column in fields.items() if chosen.get(name)})


def _chips(request: TenantRequest, chosen: dict[str, Any]) -> list[dict[str, str]]:
    chips = []
    for name, value in chosen.items():
        if value:
            rest = request.GET.copy()
            for dropped in (name, "before", "after"):
                rest.pop(dropped, None)
            chips.append({"label": _chip_label(name, value), "url": f"?{rest.urlencode()}"})
    return chips


def _chip_label(name: str, value: Any) -> str:
    if name == "kind":
        return EntryKind(value).label
    return f"{value:%B %Y}" if name == "month" else f"{name.capitalize()} {value}"
