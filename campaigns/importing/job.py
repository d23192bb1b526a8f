"""The worker's side of an import. Call outside contexts: every step is a short transaction of its own.

A killed worker leaves the file where its last commit says; whoever comes next reads on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from campaigns.importing import files
from campaigns.importing.rejects import Reject
from campaigns.importing.rows import PHONE, RowReader, RowRefused
from campaigns.importing.survey import Layout, Survey, body_of, layout_of, survey_of
from campaigns.models import Import
from campaigns.services import imports
from campaigns.services.contacts import Person
from campaigns.statuses import ImportState
from kernel.db.tenancy import tenant_context
from kernel.tables.errors import FileRefused
from kernel.tables.reading import CsvFile

STRETCH: Final = 5_000
Clock = Callable[[], datetime]


def run_import(*, tenant_id: UUID, import_id: UUID, clock: Clock) -> None:
    """Do what the import waits for: the reading pass, or the writing. Anything else is left alone."""
    with tenant_context(tenant_id):
        job = Import.objects.get(pk=import_id)
    try:
        if job.state == ImportState.READING:
            _read(job, clock)
        elif job.state == ImportState.IMPORTING:
            _write(job, clock)
    except FileRefused as refused:
        problem = refused
    except FileNotFoundError:
        problem = FileRefused(
            "file_deleted", "The uploaded file is not there any more.", "Upload it again; files are kept for 7 days."
        )
    else:
        return
    with tenant_context(tenant_id):
        imports.refuse(import_id=import_id, problem=problem, now=clock())


def _read(job: Import, clock: Clock) -> None:
    path = files.absolute(job.path)
    layout = layout_of(
        path, region=job.region, encoding=job.encoding, delimiter=job.delimiter, has_header=job.has_header
    )
    survey = None
    if PHONE in layout.mapping:
        survey = survey_of(path, layout, phone_column=layout.mapping.index(PHONE), region=job.region)
    with tenant_context(job.tenant_id):
        imports.note_layout(import_id=job.id, layout=layout, survey=survey, now=clock())


def _write(job: Import, clock: Clock) -> None:
    layout = layout_from(job)
    path = files.absolute(job.path)
    if job.position == 0:
        _check(job, path, layout)
    reader = RowReader(tuple(job.columns), tuple(job.mapping), job.region)
    position = job.position
    for stretch in _stretches(path, layout, reader, position):
        with tenant_context(job.tenant_id):
            is_ours = imports.write_stretch(
                import_id=job.id,
                expected_position=position,
                people=stretch.people,
                rejects=stretch.rejects,
                reached=imports.Progress(stretch.end, stretch.octets_read),
                now=clock(),
            )
        if not is_ours:
            return
        position = stretch.end
    with tenant_context(job.tenant_id):
        imports.finish(import_id=job.id, now=clock())


def layout_from(job: Import) -> Layout:
    """The layout that the reading pass wrote down."""
    preview = job.survey.get("preview", [])
    mapping, columns = tuple(job.mapping), tuple(job.columns)
    return Layout(job.encoding, job.delimiter, bool(job.has_header), columns, mapping, preview)


def _check(job: Import, path: Path, layout: Layout) -> None:
    """The last look before the first row: with the column and country that were confirmed, can the file be used?"""
    phone_column = layout.mapping.index(PHONE)
    known = job.survey.get("numbers")
    if known and (known["phone_column"], known["region"]) == (phone_column, job.region):
        survey = Survey(**known)
    else:
        survey = survey_of(path, layout, phone_column=phone_column, region=job.region)
    if not survey.usable:
        raise FileRefused(
            "no_usable_number",
            f"Not one of {survey.rows:,} rows has a mobile number in the column “{layout.columns[phone_column]}”.",
            "Upload the file again and choose another column, or another country for numbers without country code.",
        )


@dataclass(slots=True)
class _Stretch:
    """The rows up to record number `end`, judged."""

    end: int = 0
    octets_read: int = 0
    people: list[Person] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.people) + len(self.rejects)


def _stretches(path: Path, layout: Layout, reader: RowReader, position: int) -> Iterator[_Stretch]:
    with CsvFile(path, encoding=layout.encoding, delimiter=layout.delimiter) as file:
        stretch = _Stretch()
        for record in body_of(file, layout):
            if record.number <= position:
                continue
            answer = reader.read(record)
            if isinstance(answer, RowRefused):
                stretch.rejects.append(Reject(record.number, record.cells, answer))
            else:
                stretch.people.append(answer)
            stretch.end = record.number
            if len(stretch) >= STRETCH:
                stretch.octets_read = file.octets_read
                yield stretch
                stretch = _Stretch()
        if len(stretch):
            stretch.octets_read = file.octets_read
            yield stretch
