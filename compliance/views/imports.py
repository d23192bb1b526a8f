"""Portals' exports on their way into the register: upload, columns, diff, result. And the register as a file."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from compliance.forms import add_refusal
from compliance.forms_imports import ColumnsForm, ExportUploadForm, SheetForm, VerdictFilter
from compliance.importing.advising import advice_on
from compliance.importing.exporting import write_export
from compliance.importing.fields import FIELDS, missing_fields
from compliance.models import PortalImport, PortalImportRow
from compliance.services import imports
from compliance.tasks import run_import
from kernel.domain.errors import DomainError
from kernel.web.htmx import render_page
from kernel.web.pagination import keyset_page
from tenants.access import TenantRequest, actor_of, tenant_page
from tenants.roles import Permission

State, Verdict = PortalImport.State, PortalImportRow.Verdict
TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
LABELS: Final = {
    "portal_state": "State on the portal",
    "state_reason": "Reason",
    "body": "Text",
    "category": "Category",
    "business_category": "Category on the portal",
    "header": "Header",
    "consent_id": "Consent ID",
    "registration_id": "Registration ID",
    "entity_id": "Entity ID",
    "legal_name": "Name",
    "valid_from": "Valid from",
    "valid_to": "Valid until",
}


@require_GET
@tenant_page(Permission.MANAGE_COMPLIANCE)
def import_list(request: TenantRequest) -> HttpResponse:
    rows = PortalImport.objects.defer("columns", "mapping", "preview", "reasons")
    context = {"page": keyset_page(rows, request), "kinds": PortalImport.Kind.choices}
    return render_page(request, "compliance/imports_list.html", context, partial="rows")


@tenant_page(Permission.MANAGE_COMPLIANCE)
def import_new(request: TenantRequest) -> HttpResponse:
    is_sent = request.method == "POST"
    form = ExportUploadForm(
        request.POST if is_sent else None,
        request.FILES if is_sent else None,
        may_approve=_may_approve(request),
        initial={"kind": request.GET.get("kind", PortalImport.Kind.TEMPLATES)},
    )
    if is_sent and form.is_valid():
        said = form.cleaned_data
        try:
            job = imports.receive_export(
                chunks=said["file"].chunks(),
                filename=said["file"].name,
                kind=said["kind"],
                review=said["review"],
                entity_id=said["entity"],
                may_approve=_may_approve(request),
                actor=actor_of(request),
                now=timezone.now(),
            )
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            return _run(job)
    return render_page(request, "compliance/imports_new.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@tenant_page(Permission.MANAGE_COMPLIANCE)
def import_detail(request: TenantRequest, pk: UUID) -> HttpResponse:
    return _page(request, get_object_or_404(PortalImport, pk=pk))


@require_GET
@tenant_page(Permission.MANAGE_COMPLIANCE)
def import_live(request: TenantRequest, pk: UUID) -> HttpResponse:
    """The polled part; when the state has changed, the whole page is loaded anew."""
    job = get_object_or_404(PortalImport, pk=pk)
    response = render(request, "compliance/imports_detail.html#live", {"job": job})
    if request.GET.get("state") != job.state:
        response["HX-Refresh"] = "true"
    return response


@tenant_page(Permission.MANAGE_COMPLIANCE)
def import_columns(request: TenantRequest, pk: UUID) -> HttpResponse:
    """What the columns become; by hand where nobody knew."""
    job = get_object_or_404(PortalImport, pk=pk)
    if job.state not in (State.MAPPING, State.READY):
        return redirect("compliance:import", pk=pk)
    form = ColumnsForm(request.POST if request.method == "POST" else None, job=job)
    if request.method == "POST" and form.is_valid():
        try:
            imports.map_columns(import_id=pk, mapping=form.mapping, now=timezone.now())
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            return _run(job)
    return _mapping_page(request, job, form)


@require_POST
@tenant_page(Permission.MANAGE_COMPLIANCE)
def import_sheet(request: TenantRequest, pk: UUID) -> HttpResponse:
    job = get_object_or_404(PortalImport, pk=pk)
    form = SheetForm(request.POST, job=job)
    if form.is_valid():
        try:
            imports.read_sheet(import_id=pk, sheet=form.cleaned_data["sheet"], now=timezone.now())
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            return _run(job)
    return _page(request, job, form)


@require_POST
@tenant_page(Permission.MANAGE_COMPLIANCE)
def import_confirm_row(request: TenantRequest, pk: UUID, row_id: UUID) -> HttpResponse:
    try:
        imports.confirm_row(import_id=pk, row_id=row_id, actor=actor_of(request), now=timezone.now())
    except DomainError as refusal:
        return _sent_back(request, pk, refusal)
    return redirect("compliance:import", pk=pk)


@require_POST
@tenant_page(Permission.MANAGE_COMPLIANCE)
def import_apply(request: TenantRequest, pk: UUID) -> HttpResponse:
    try:
        job = imports.apply_import(
            import_id=pk, actor=actor_of(request), may_approve=_may_approve(request), now=timezone.now()
        )
    except DomainError as refusal:
        return _sent_back(request, pk, refusal)
    return _run(job)


@require_POST
@tenant_page(Permission.MANAGE_COMPLIANCE)
def import_cancel(request: TenantRequest, pk: UUID) -> HttpResponse:
    try:
        imports.cancel_import(import_id=pk, now=timezone.now())
    except DomainError as refusal:
        return _sent_back(request, pk, refusal)
    return redirect("compliance:imports")


@require_GET
@tenant_page(Permission.MANAGE_COMPLIANCE)
def register_export(request: TenantRequest) -> HttpResponse:
    """The whole register of one kind, written to a file first, since a context ends before a response is streamed."""
    kind, suffix = request.GET.get("kind", PortalImport.Kind.TEMPLATES), request.GET.get("as", "csv")
    if kind not in FIELDS or suffix not in TYPES:
        raise Http404("no such export")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{kind}.{suffix}"
        write_export(path, kind=kind, is_workbook=suffix == "xlsx")
        response = HttpResponse(path.read_bytes(), content_type=TYPES[suffix])
    name = f"{kind}-{timezone.localdate():%Y-%m-%d}.{suffix}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _run(job: PortalImport) -> HttpResponse:
    """Send the worker when the page's transaction has committed; a sweep finds what is missed."""
    send = partial(run_import.delay, str(job.tenant_id), str(job.pk))
    transaction.on_commit(send, robust=True)
    return redirect("compliance:import", pk=job.pk)


def _may_approve(request: TenantRequest) -> bool:
    return Permission.REVIEW_COMPLIANCE in request.permissions


def _sent_back(request: TenantRequest, pk: UUID, refusal: DomainError) -> HttpResponse:
    job = get_object_or_404(PortalImport, pk=pk)
    form = Form({})
    form.full_clean()
    add_refusal(form, refusal)
    return _page(request, job, form)


def _page(request: TenantRequest, job: PortalImport, sent_back: Form | None = None) -> HttpResponse:
    if job.state == State.MAPPING and sent_back is None:
        return _mapping_page(request, job, ColumnsForm(job=job))
    filters = VerdictFilter(request.GET)
    rows = PortalImportRow.objects.filter(portal_import=job)
    if filters.chosen:
        rows = rows.filter(verdict=filters.chosen)
    page = keyset_page(rows, request)
    context: dict[str, Any] = {
        "job": job,
        "page": page,
        "rows": [(row, _changes(row), advice_on(row)) for row in page.rows],
        "filters": filters,
        "form": sent_back,
        "tallies": [(verdict, job.counts.get(verdict.value, 0)) for verdict in Verdict],
        "waiting": imports.to_apply(job).count() if job.state == State.READY else 0,
        "columns": [(column, name) for column, name in zip(job.columns, job.mapping, strict=True) if not name],
        "sheet_form": SheetForm(job=job) if len(job.sheets) > 1 else None,
        "may_apply": job.review != PortalImport.ReviewChoice.APPROVE or _may_approve(request),
    }
    status = 422 if sent_back is not None else 200
    return render_page(request, "compliance/imports_detail.html", context, partial="rows", status=status)


def _changes(row: PortalImportRow) -> list[tuple[str, str, str]]:
    return [(LABELS.get(name, name), now, then) for name, (now, then) in row.changes.items()]


def _mapping_page(request: TenantRequest, job: PortalImport, form: ColumnsForm) -> HttpResponse:
    columns = [
        {
            "header": header,
            "samples": [cells[index] for cells in job.preview if index < len(cells) and cells[index]][:3],
            "field": form[name],
            "problem": None,
        }
        for index, (header, name) in enumerate(zip(job.columns, form.columns, strict=True))
    ]
    context = {
        "job": job,
        "form": form,
        "columns": columns,
        "lacking": [field.column for field in missing_fields(job.kind, job.mapping)],
        "sheet_form": SheetForm(job=job) if len(job.sheets) > 1 else None,
    }
    return render_page(request, "compliance/imports_columns.html", context, status=422 if form.errors else 200)
