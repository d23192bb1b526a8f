"""What people decide about an import, and the steps its worker takes, each in one short transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from audit.services import SYSTEM, Actor, record
from campaigns.errors import MappingProblem, NotFound, OutOfOrder, SameFile
from campaigns.importing import files
from campaigns.importing.rejects import Reject, append_rejects
from campaigns.importing.rows import KEEP, NAME, PHONE
from campaigns.importing.survey import Layout, Survey
from campaigns.models import ContactList, Import
from campaigns.services.contacts import Person, add_columns, write_people
from campaigns.statuses import IMPORT, IMPORT_RUNNING, ImportEvent, ImportState
from kernel.db.tenancy import current_tenant_id, platform_context, scoped_connection
from kernel.domain.errors import DomainError

SHOWN_REJECTS: Final = 50
_SHOWN_CELLS: Final = 8
_SHOWN_CELL: Final = 60
# An import that was not touched for so long lost its worker.
PATIENCE: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Target:
    """The list an import fills: an existing one, or one of a new name that its first rows make."""

    list_id: UUID | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one stretch of a file has brought the reader."""

    position: int
    octets_read: int


def receive_file(
    *, chunks: Iterable[bytes], filename: str, target: Target, region: str, actor: Actor, now: datetime
) -> Import:
    """Keep an uploaded file; a worker reads it next.

    Raises:
        FileRefused: `file_too_large`; NotFound: there is no such list.
    """
    chosen = None
    if target.list_id is not None:
        chosen = ContactList.objects.filter(pk=target.list_id).first()
        if chosen is None:
            raise NotFound("list")
    stored = files.store(chunks, tenant_id=current_tenant_id())
    return Import.objects.create(
        contact_list=chosen,
        list_name=chosen.name if chosen else target.name,
        filename=filename[-200:],
        path=stored.path,
        sha256=stored.sha256,
        size_octets=stored.octets,
        region=region,
        actor_id=actor.id,
        actor_label=actor.label,
        created_at=now,
        touched_at=now,
    )


def read_again(
    *, import_id: UUID, region: str, encoding: str, delimiter: str, has_header: bool | None, now: datetime
) -> Import:
    """Send a file back to be read as somebody says it is; empty values are found out.

    Raises:
        NotFound, OutOfOrder.
    """
    with transaction.atomic(using=scoped_connection().alias):
        job = _locked(import_id)
        job.region, job.encoding, job.delimiter, job.has_header = region, encoding, delimiter, has_header
        _move(job, ImportEvent.READ_AGAIN, "read again", now)
        job.problem = None
        job.save()
    return job


def note_layout(*, import_id: UUID, layout: Layout, survey: Survey | None, now: datetime) -> bool:
    """Keep what the reading pass found; False when somebody else did."""
    with transaction.atomic(using=scoped_connection().alias):
        job = _locked(import_id)
        if job.state != ImportState.READING:
            return False
        job.encoding, job.delimiter, job.has_header = layout.encoding, layout.delimiter, layout.has_header
        job.columns, job.mapping = list(layout.columns), list(layout.mapping)
        job.survey = {"preview": layout.preview, "numbers": survey.as_json() if survey else None}
        _move(job, ImportEvent.UNDERSTAND, "understood", now)
        job.save()
    return True


def confirm(
    *, import_id: UUID, mapping: Sequence[str], region: str, is_repeat_meant: bool, actor: Actor, now: datetime
) -> Import:
    """Let an import begin.

    Raises:
        NotFound, OutOfOrder, MappingProblem; SameFile: it was imported before and `is_repeat_meant` is false.
    """
    with transaction.atomic(using=scoped_connection().alias):
        job = _locked(import_id)
        _check_mapping(job, mapping)
        earlier = earlier_import(job)
        if earlier is not None and not is_repeat_meant:
            raise SameFile(at=earlier.confirmed_at or earlier.created_at, list_name=earlier.list_name)
        _move(job, ImportEvent.CONFIRM, "imported", now)
        job.mapping, job.region, job.confirmed_at = list(mapping), region, now
        job.save()
        record(
            action="import.confirm",
            actor=actor,
            object_type="import",
            object_id=job.id,
            summary=f"Let the file “{job.filename}” be imported into “{job.list_name}”",
            after={"sha256": job.sha256, "octets": job.size_octets},
            now=now,
        )
    return job


def earlier_import(job: Import) -> Import | None:
    """The last import of the very same file, running ones included."""
    same = Import.objects.filter(sha256=job.sha256, state__in=(ImportState.IMPORTING, ImportState.IMPORTED))
    return same.exclude(pk=job.pk).order_by("-pk").first()


def _check_mapping(job: Import, mapping: Sequence[str]) -> None:
    if len(mapping) != len(job.columns) or PHONE not in mapping:
        raise MappingProblem(
            "No column is chosen for the phone numbers.",
            "Set “Becomes” to “Phone number” for the column that holds them.",
        )
    for meaning, words in ((PHONE, "the phone number"), (NAME, "the name")):
        if mapping.count(meaning) > 1:
            raise MappingProblem(f"Two columns are chosen for {words}.", "Choose one, and keep or leave out the other.")


def cancel(*, import_id: UUID, now: datetime) -> Import:
    """Leave a file alone that nobody has confirmed.

    Raises:
        NotFound, OutOfOrder.
    """
    with transaction.atomic(using=scoped_connection().alias):
        job = _locked(import_id)
        _move(job, ImportEvent.CANCEL, "cancelled", now)
        job.finished_at = now
        job.save()
    return job


def refuse(*, import_id: UUID, problem: DomainError, now: datetime) -> None:
    """End an import whose file cannot be used."""
    with transaction.atomic(using=scoped_connection().alias):
        job = _locked(import_id)
        if job.state in IMPORT_RUNNING:
            _move(job, ImportEvent.REFUSE, "refused", now)
            job.problem = {"code": problem.code, "detail": problem.detail, "remedy": problem.remedy}
            job.finished_at = now
            job.save()


def write_stretch(
    *,
    import_id: UUID,
    expected_position: int,
    people: Sequence[Person],
    rejects: Sequence[Reject],
    reached: Progress,
    now: datetime,
) -> bool:
    """Write what a stretch of the file became, and how far that is, in one transaction.

    Returns:
        False when the import stands elsewhere than expected: another worker is at it, or somebody stopped it.
    """
    with transaction.atomic(using=scoped_connection().alias):
        job = _locked(import_id)
        if job.state != ImportState.IMPORTING or job.position != expected_position:
            return False
        if job.contact_list is None:
            job.contact_list = _list_named(job.list_name, now)
        if expected_position == 0:
            add_columns(job.contact_list, [c for c, m in zip(job.columns, job.mapping, strict=True) if m == KEEP])
        distinct = {person.phone: person for person in people}
        written = write_people(people=list(distinct.values()), list_id=job.contact_list.id, now=now, import_id=job.id)
        job.added += written.added
        job.already_listed += written.already_listed
        job.repeated += written.repeated + len(people) - len(distinct)
        _add_rejects(job, rejects)
        job.position, job.octets_read, job.touched_at = reached.position, reached.octets_read, now
        job.save()
    return True


def _add_rejects(job: Import, rejects: Sequence[Reject]) -> None:
    if not rejects:
        return
    if not job.rejects_path:
        job.rejects_path = files.new_path(job.tenant_id, "rejects.csv")
    path = files.absolute(job.rejects_path)
    job.rejects_octets = append_rejects(path, rejects, columns=job.columns, committed=job.rejects_octets)
    job.rejected += len(rejects)
    job.reasons = dict(Counter(job.reasons) + Counter(reject.why.code for reject in rejects))
    room = SHOWN_REJECTS - len(job.samples)
    job.samples += [
        {
            "row": reject.number,
            "cells": [cell[:_SHOWN_CELL] for cell in reject.cells[:_SHOWN_CELLS]],
            "code": reject.why.code,
            "sentence": reject.why.sentence,
            "remedy": reject.why.remedy,
        }
        for reject in rejects[:room]
    ]


def finish(*, import_id: UUID, now: datetime) -> bool:
    """Close an import whose file was read to its end; False when that was done before."""
    with transaction.atomic(using=scoped_connection().alias):
        job = _locked(import_id)
        if job.state != ImportState.IMPORTING:
            return False
        _move(job, ImportEvent.FINISH, "finished", now)
        job.octets_read, job.finished_at = job.size_octets, now
        job.save()
        record(
            action="import.finish",
            actor=SYSTEM,
            object_type="import",
            object_id=job.id,
            summary=f"Imported {job.added} new people into “{job.list_name}”, left out {job.rejected} rows",
            now=now,
        )
    return True


def forgotten(*, now: datetime, limit: int = 100) -> list[tuple[UUID, UUID]]:
    """(tenant, import) of running imports whose worker is gone; each is named once in PATIENCE."""
    with platform_context(reason="find imports that lost their worker"):
        lost = Import.objects.filter(state__in=IMPORT_RUNNING, touched_at__lt=now - PATIENCE).order_by("touched_at")
        found = list(lost.select_for_update(skip_locked=True).values_list("tenant_id", "id")[:limit])
        Import.objects.filter(pk__in=[import_id for _, import_id in found]).update(touched_at=now)
    return found


def forget_old(*, now: datetime) -> int:
    """Delete files after their time, and the cells of people that were kept to show them; returns how many files."""
    with platform_context(reason="forget cells of old imports"):
        old = Import.objects.filter(created_at__lt=now - files.KEPT_FOR).exclude(path="")
        old.update(path="", rejects_path="", samples=[], survey={})
    return files.delete_old_files(now)


def _list_named(name: str, now: datetime) -> ContactList:
    try:
        with transaction.atomic(using=scoped_connection().alias):
            return ContactList.objects.create(name=name, created_at=now)
    except IntegrityError:
        return ContactList.objects.get(name=name)


def _locked(import_id: UUID) -> Import:
    job = Import.objects.select_for_update(of=("self",)).filter(pk=import_id).first()
    if job is None:
        raise NotFound("import")
    return job


def _move(job: Import, event: ImportEvent, wanted: str, now: datetime) -> None:
    following = IMPORT.next(ImportState(job.state), event)
    if following is None:
        raise OutOfOrder("import", ImportState(job.state).label, wanted)
    job.state, job.touched_at = following, now
