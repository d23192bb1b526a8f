"""The worker's side of a portal import. Call outside contexts: every step is a short transaction of its own.

A killed worker leaves the import where its last commit says; whoever comes next goes on from there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from typing import Final
from uuid import UUID

from compliance.importing.comparing import Judged, check_ids, compare, missing, read_rows
from compliance.importing.fields import Kind
from compliance.importing.judging import Reading
from compliance.importing.layout import layout_of, records_of
from compliance.importing.obstacles import refuse_taken_ids
from compliance.importing.register import known
from compliance.importing.registers import register_of
from compliance.models import PortalImport, PortalImportRow
from compliance.services import imports
from kernel.db.tenancy import tenant_context
from kernel.tables.errors import FileRefused
from kernel.tables.uploads import absolute

STRETCH: Final = 1_000
Clock = Callable[[], datetime]
State = PortalImport.State


def run_import(*, tenant_id: UUID, import_id: UUID, clock: Clock) -> None:
    """Do what the import waits for, as far as it goes without a person. Anything else is left alone."""
    with tenant_context(tenant_id):
        job = PortalImport.objects.get(pk=import_id)
    try:
        if job.state == State.READING:
            job = _read(job, clock)
        if job.state == State.COMPARING:
            _compare(job, clock)
        elif job.state == State.APPLYING:
            _apply(job, clock)
    except FileRefused as refused:
        problem = refused
    except FileNotFoundError:
        problem = FileRefused(
            "file_deleted", "The uploaded file is not there any more.", "Upload it again; files are kept for 7 days."
        )
    else:
        return
    with tenant_context(tenant_id):
        imports.refuse_import(import_id=import_id, problem=problem, now=clock())


def _read(job: PortalImport, clock: Clock) -> PortalImport:
    layout = layout_of(absolute(job.path), kind=job.kind, sheet=job.sheet)
    with tenant_context(job.tenant_id):
        imports.note_layout(import_id=job.pk, layout=layout, now=clock())
        return PortalImport.objects.get(pk=job.pk)


def _compare(job: PortalImport, clock: Clock) -> None:
    with tenant_context(job.tenant_id):
        if not imports.start_comparing(import_id=job.pk, now=clock()):
            return
        against, stored = known(job), register_of(job.kind).stored()
    path = absolute(job.path)
    with closing(records_of(path, sheet=job.sheet, encoding=job.encoding, delimiter=job.delimiter)) as records:
        body = (record for record in records if record.number >= job.body_from)
        readings = list(read_rows(body, kind=job.kind, mapping=job.mapping, known=against))
    check_ids(readings)
    refuse_taken_ids(job.kind, readings, stored)
    judged = compare(readings, stored, is_unique_text=job.kind == Kind.TEMPLATES)
    absent = [_absent(key, stored[key]) for key in missing(readings, stored)]
    # Pages show what was written last first: the file from its first row on.
    rows = [*judged, *absent][::-1]
    for start in range(0, len(rows), STRETCH):
        stretch = rows[start : start + STRETCH]
        with tenant_context(job.tenant_id):
            kept = [imports.row_of(job, each) for each in stretch]
            if not imports.keep_rows(import_id=job.pk, rows=kept, position=start + len(stretch), now=clock()):
                return
    reasons: Counter[str] = Counter()
    for reading in readings:
        reasons.update({finding.code for finding in reading.findings})
    with tenant_context(job.tenant_id):
        imports.finish_comparing(import_id=job.pk, reasons=reasons, now=clock())


def _absent(key: str, values: dict[str, str]) -> Judged:
    """A record that the file does not have: shown, and left alone."""
    label = values.get("name") or values.get("header") or values.get("legal_name") or values.get("value") or key
    return Judged(Reading(0, key, label[:200], dict(values)), PortalImportRow.Verdict.MISSING)


def _apply(job: PortalImport, clock: Clock) -> None:
    is_more = True
    while is_more:
        with tenant_context(job.tenant_id):
            is_more = imports.apply_stretch(import_id=job.pk, size=STRETCH, now=clock())
