"""An import on its way: upload, preview and columns, progress, report. One address, whatever its state."""

from __future__ import annotations

import re
from typing import Any, Final
from uuid import UUID

from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from campaigns.errors import SameFile
from campaigns.forms import MappingForm, ReadAgainForm, UploadForm, add_refusal, countries
from campaigns.importing.files import absolute
from campaigns.importing.rows import counted_reasons
from campaigns.models import Import
from campaigns.services import imports
from campaigns.statuses import ImportState
from campaigns.tasks import run_import
from campaigns.waking import after_commit
from kernel.domain.errors import DomainError
from kernel.tables.encodings import CP1252, LABELS
from kernel.tables.reading import DELIMITERS
from kernel.telecom.e164 import E164
from kernel.telecom.numbers import NumberRefused, mask, normalise
from kernel.web.htmx import render_page
from kernel.web.pagination import keyset_page
from tenants.access import TenantRequest, actor_of, tenant_page
from tenants.roles import Permission

SHOWN_COUNTRIES: Final = 8
# Seven digits or more, however they are grouped.
_LONG_NUMBER: Final = re.compile(r"\d(?:[ ()./-]*\d){6,}")


@require_GET
@tenant_page(Permission.MANAGE_CONTACTS)
def import_list(request: TenantRequest) -> HttpResponse:
    rows = Import.objects.defer("survey", "samples", "reasons")
    return render_page(request, "contacts/import_list.html", {"page": keyset_page(rows, request)}, partial="rows")


@tenant_page(Permission.MANAGE_CONTACTS)
def import_new(request: TenantRequest) -> HttpResponse:
    initial = {"region": request.tenant.country, "existing": request.GET.get("list", "")}
    is_sent = request.method == "POST"
    form = UploadForm(request.POST if is_sent else None, request.FILES if is_sent else None, initial=initial)
    if is_sent and form.is_valid():
        said = form.cleaned_data
        try:
            job = imports.receive_file(
                chunks=said["file"].chunks(),
                filename=said["file"].name,
                target=imports.Target(said["existing"], said["name"]),
                region=said["region"],
                actor=actor_of(request),
                now=timezone.now(),
            )
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            after_commit(run_import, job.tenant_id, job.id)
            return redirect("campaigns:import", pk=job.pk)
    return render_page(request, "contacts/import_new.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@tenant_page(Permission.MANAGE_CONTACTS)
def import_detail(request: TenantRequest, pk: UUID) -> HttpResponse:
    return _page(request, get_object_or_404(Import, pk=pk))


@require_GET
@tenant_page(Permission.MANAGE_CONTACTS)
def import_live(request: TenantRequest, pk: UUID) -> HttpResponse:
    """The polled part; when the state has changed, the whole page is loaded anew."""
    job = get_object_or_404(Import, pk=pk)
    response = render(request, "contacts/import_detail.html#live", {"job": job})
    if request.GET.get("state") != job.state:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@tenant_page(Permission.MANAGE_CONTACTS)
def import_confirm(request: TenantRequest, pk: UUID) -> HttpResponse:
    job = get_object_or_404(Import, pk=pk)
    form = MappingForm(request.POST, job=job)
    if form.is_valid():
        try:
            imports.confirm(
                import_id=pk,
                mapping=form.mapping,
                region=form.cleaned_data["region"],
                is_repeat_meant=form.cleaned_data["again"],
                actor=actor_of(request),
                now=timezone.now(),
            )
        except SameFile as refusal:
            form.add_error("again", f"{refusal.detail} {refusal.remedy}")
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            after_commit(run_import, job.tenant_id, job.id)
            return redirect("campaigns:import", pk=pk)
    return _page(request, job, form=form)


@require_POST
@tenant_page(Permission.MANAGE_CONTACTS)
def import_read_again(request: TenantRequest, pk: UUID) -> HttpResponse:
    job = get_object_or_404(Import, pk=pk)
    form = ReadAgainForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            imports.read_again(
                import_id=pk,
                region=said["region"],
                encoding=said["encoding"],
                delimiter=said["delimiter"],
                has_header=form.has_header,
                now=timezone.now(),
            )
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            after_commit(run_import, job.tenant_id, job.id)
            return redirect("campaigns:import", pk=pk)
    return _page(request, job, again_form=form)


@require_POST
@tenant_page(Permission.MANAGE_CONTACTS)
def import_cancel(request: TenantRequest, pk: UUID) -> HttpResponse:
    job = get_object_or_404(Import, pk=pk)
    try:
        imports.cancel(import_id=pk, now=timezone.now())
    except DomainError as refusal:
        form = MappingForm({}, job=job)
        add_refusal(form, refusal)
        return _page(request, job, form=form)
    return redirect("campaigns:imports")


@require_GET
@tenant_page(Permission.MANAGE_CONTACTS)
def import_rejects(request: TenantRequest, pk: UUID) -> HttpResponseBase:
    """The file that the worker wrote, as far as it is committed; it is kept for 7 days."""
    job = get_object_or_404(Import, pk=pk, state=ImportState.IMPORTED)
    path = absolute(job.rejects_path)
    if not job.rejects_path or not path.exists():
        raise Http404("no rejects file")
    name = f"rejects-{job.created_at:%Y-%m-%d}.csv"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")


def _page(request: TenantRequest, job: Import, **forms: Any) -> HttpResponse:
    sent_back = next(iter(forms.values()), None)
    context: dict[str, Any] = {
        "job": job,
        "encoding": LABELS.get(job.encoding, job.encoding),
        "delimiter": DELIMITERS.get(job.delimiter, job.delimiter),
        "is_guess": job.encoding == CP1252,
        "again_form": forms.get("again_form") or ReadAgainForm(initial={"region": job.region}),
    }
    if job.state == ImportState.MAPPING:
        form = forms.get("form") or MappingForm(job=job)
        context |= {"form": form, "earlier": imports.earlier_import(job), **_preview(job, form)}
    if job.state == ImportState.IMPORTED:
        context["reasons"] = counted_reasons(job.reasons)
        context["samples"] = [_masked(sample) for sample in job.samples]
    status = 422 if sent_back is not None and sent_back.errors else 200
    return render_page(request, "contacts/import_detail.html", context, status=status)


def _preview(job: Import, form: MappingForm) -> dict[str, Any]:
    """The columns for the mapper, numbers masked, and what the reading pass found about them."""
    rows = job.survey.get("preview", [])
    columns = [
        {
            "header": header,
            "samples": [hidden(cells[index], job.region) for cells in rows if index < len(cells)][:3],
            "field": form[name],
            "problem": None,
        }
        for index, (header, name) in enumerate(zip(job.columns, form.columns, strict=True))
    ]
    numbers = job.survey.get("numbers")
    if not numbers:
        return {"columns": columns, "numbers": None, "countries": [], "reasons": []}
    # A number that stands in the file twice is one person.
    numbers = {**numbers, "people": numbers["usable"] - numbers["repeated"]}
    names = dict(countries())
    shown = [(names.get(code, code), people) for code, people in numbers["countries"].items()][:SHOWN_COUNTRIES]
    return {"columns": columns, "numbers": numbers, "countries": shown, "reasons": counted_reasons(numbers["reasons"])}


def hidden(cell: str, region: str = "IN") -> str:
    """A cell as a page may show it: numbers masked, those that were refused as well."""
    answer = normalise(cell, region)
    if not isinstance(answer, NumberRefused):
        return mask(E164(answer))
    return _LONG_NUMBER.sub(lambda found: found[0][:2] + "•" * (len(found[0]) - 5) + found[0][-3:], cell)


def _masked(sample: dict[str, Any]) -> dict[str, Any]:
    cells = [hidden(cell) for cell in sample["cells"]]
    return {**sample, "cells": cells, "remedy": hidden(sample["remedy"])}
