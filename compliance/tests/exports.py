"""Exports of portals for tests, taken through the steps of an import."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from xlsxwriter import Workbook

from compliance.importing.job import run_import
from compliance.models import PortalImport, PortalImportRow
from compliance.services import imports
from compliance.tests.builders import NOW, REVIEWER
from kernel.db.tenancy import tenant_context

Kind, Choice = PortalImport.Kind, PortalImport.ReviewChoice
TEMPLATE_HEADER: Final = ("Template ID", "Template Name", "Template Content", "Template Type", "Header", "Status")
TEXT: Final = "Dear {#var#}, your order {#var#} is on its way. -ACME"


def template_id(number: int) -> str:
    return f"1107177660{number * 7919 + 12345:09d}"


def template_row(number: int, body: str = TEXT, **other: str) -> list[str]:
    said = {"id": template_id(number), "type": "Service Implicit", "header": "ACMEIN", "status": "Approved"} | other
    return [said["id"], f"Order {number}", body, said["type"], said["header"], said["status"]]


def csv_of(rows: Sequence[Sequence[str]], header: Sequence[str] = TEMPLATE_HEADER) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


def xlsx_of(path: Path, *rows: Sequence[Any]) -> bytes:
    book = Workbook(str(path))
    page = book.add_worksheet()
    for number, row in enumerate(rows):
        page.write_row(number, 0, row)
    book.close()
    return path.read_bytes()


def upload(
    tenant_id: UUID, content: bytes, *, kind: str = Kind.TEMPLATES, review: str = Choice.APPROVE, **said: Any
) -> PortalImport:
    """Keep a file, let it be read and compared."""
    with tenant_context(tenant_id):
        job = imports.receive_export(
            chunks=[content],
            filename="export.csv",
            kind=kind,
            review=review,
            may_approve=True,
            actor=REVIEWER,
            now=NOW,
            **said,
        )
    return work(job)


def work(job: PortalImport) -> PortalImport:
    run_import(tenant_id=job.tenant_id, import_id=job.pk, clock=lambda: NOW)
    with tenant_context(job.tenant_id):
        return PortalImport.objects.get(pk=job.pk)


def take_in(tenant_id: UUID, content: bytes, **said: Any) -> PortalImport:
    """Upload and apply."""
    job = upload(tenant_id, content, **said)
    assert job.state == "ready", job.problem
    with tenant_context(tenant_id):
        imports.apply_import(import_id=job.pk, actor=REVIEWER, may_approve=True, now=NOW)
    return work(job)


def rows_of(job: PortalImport) -> list[PortalImportRow]:
    with tenant_context(job.tenant_id):
        return list(PortalImportRow.objects.filter(portal_import=job).order_by("-pk"))


def verdicts(job: PortalImport) -> list[str]:
    return [str(row.verdict) for row in rows_of(job)]


def codes(job: PortalImport) -> set[str]:
    return {finding["code"] for row in rows_of(job) for finding in row.findings}
