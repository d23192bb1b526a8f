"""The tenant's audit trail: searched, and as files."""

from __future__ import annotations

from functools import partial
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from audit.exports import file_of, request_export
from audit.models import TrailExport
from audit.queries import changes, entries
from audit.tasks import build_export
from kernel.domain.clock import utc_now
from kernel.web.htmx import render_page
from kernel.web.pagination import keyset_page
from tenants.access import TenantRequest, actor_of, tenant_page
from tenants.forms_trail import TrailExportForm, TrailFilter
from tenants.roles import Permission

RECENT: Final = 5
TYPES: Final = {
    TrailExport.Suffix.CSV: "text/csv; charset=utf-8",
    TrailExport.Suffix.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@require_GET
@tenant_page(Permission.VIEW_AUDIT)
def audit_trail(request: TenantRequest) -> HttpResponse:
    """Newest first, narrowed by `TrailFilter`."""
    form = TrailFilter(request.GET, zone=request.tenant.zone)
    page = keyset_page(entries(form.search()), request)
    context = {
        "form": form,
        "chips": _chips(request, form),
        "page": page,
        "rows": [(entry, changes(entry)) for entry in page.rows],
        "exports": list(TrailExport.objects.order_by("-pk")[:RECENT]),
        "query": request.GET.urlencode(),
    }
    return render_page(request, "audit/entry_list.html", context, partial="rows")


@require_POST
@tenant_page(Permission.VIEW_AUDIT)
def export_new(request: TenantRequest) -> HttpResponse:
    """The search that is in the address, as a file."""
    form, wanted = TrailFilter(request.GET, zone=request.tenant.zone), TrailExportForm(request.POST)
    if not wanted.is_valid() or not form.is_valid():
        messages.error(request, "Choose CSV or Excel, and filters without mistakes.")
        return redirect("tenants:audit")
    suffix = TrailExport.Suffix(wanted.cleaned_data["suffix"])
    export = request_export(search=form.search(), suffix=suffix, actor=actor_of(request), now=utc_now())
    transaction.on_commit(partial(build_export.delay, str(request.tenant.id), str(export.pk)))
    return redirect("tenants:audit-export", export.pk)


@require_GET
@tenant_page(Permission.VIEW_AUDIT)
def export(request: TenantRequest, pk: UUID) -> HttpResponse:
    return render_page(request, "audit/export.html", {"export": get_object_or_404(TrailExport, pk=pk)}, partial="state")


@require_GET
@tenant_page(Permission.VIEW_AUDIT)
def export_download(request: TenantRequest, pk: UUID) -> HttpResponseBase:
    wanted = get_object_or_404(TrailExport, pk=pk)
    path = file_of(wanted)
    if path is None:
        raise Http404("this export has no file")
    kind = TYPES[TrailExport.Suffix(wanted.suffix)]
    return FileResponse(path.open("rb"), as_attachment=True, filename=wanted.filename, content_type=kind)


def _chips(request: TenantRequest, form: TrailFilter) -> list[dict[str, str]]:
    chips = []
    for name, value in form.cleaned_data.items():
        if value:
            rest = request.GET.copy()
            for dropped in (name, "before", "after"):
                rest.pop(dropped, None)
            chips.append({"label": _chip_label(form, name, value), "url": f"?{rest.urlencode()}"})
    return chips


def _chip_label(form: TrailFilter, name: str, value: object) -> str:
    if name == "object":
        return "One record"
    choices = dict(getattr(form.fields[name], "choices", ()))
    return f"{form[name].label}: {choices.get(value, value)}"
