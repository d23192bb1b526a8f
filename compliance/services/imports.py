"""What people decide about a portal's export, and the steps its worker takes, each in one short transaction.

Applying goes in stretches: each is a transaction that writes what its rows say and notes how far it came, so a killed
worker leaves whole stretches behind and the next one goes on there. One transaction for all would hold the horizon of
the event log, by which every reader of news goes, for as long as a large file takes. Compiled rules change once, when
the last stretch is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import DataError, IntegrityError, transaction
from django.db.models import Q, QuerySet

from audit.models import Entry
from audit.services import Actor, record
from compliance.errors import NotFound, WrongState
from compliance.importing.cells import Finding
from compliance.importing.comparing import Judged
from compliance.importing.fields import header_key, missing_fields
from compliance.importing.layout import Layout
from compliance.importing.obstacles import as_finding
from compliance.importing.register import Writing
from compliance.importing.registers import register_of
from compliance.models import ColumnMapping, Entity, PortalImport, PortalImportRow
from compliance.models.imports import RUNNING
from compliance.rules.versions import touch
from compliance.services.review import tell_reviewers
from kernel.db.tenancy import current_tenant_id, platform_context
from kernel.domain.errors import DomainError
from kernel.tables.uploads import Uploads
from tenants.models import Tenant

UPLOADS: Final = Uploads("portal-imports", 32 * 1024 * 1024, timedelta(days=7), "Split it into several files.")
PATIENCE: Final = timedelta(seconds=60)
State, Verdict, Choice = PortalImport.State, PortalImportRow.Verdict, PortalImport.ReviewChoice


def receive_export(
    *,
    chunks: Iterable[bytes],
    filename: str,
    kind: str,
    review: str,
    may_approve: bool,
    actor: Actor,
    now: datetime,
    entity_id: UUID | None = None,
) -> PortalImport:
    """Keep an uploaded file; a worker reads it next.

    Args:
        entity_id: whose the rows are that name no entity.
        may_approve: the actor may approve templates; without that `review` cannot be "approve".

    Raises:
        FileRefused: `file_too_large`; NotFound: no such entity; WrongState: `may_not_approve`.
    """
    _check_approval(review, may_approve=may_approve)
    entity = Entity.objects.filter(pk=entity_id).first() if entity_id else None
    if entity_id and entity is None:
        raise NotFound("entity")
    stored = UPLOADS.store(chunks, tenant_id=current_tenant_id(), suffix="export")
    return PortalImport.objects.create(
        kind=kind,
        review=review,
        entity=entity,
        filename=filename[-200:],
        path=stored.path,
        sha256=stored.sha256,
        size_octets=stored.octets,
        actor_id=actor.id,
        actor_label=actor.label[:255],
        created_at=now,
        touched_at=now,
    )


def _check_approval(review: str, *, may_approve: bool) -> None:
    """Whether this person may let a file approve what it brings; with a rule of two people nobody may alone."""
    if review != Choice.APPROVE:
        return
    if not may_approve:
        raise WrongState(
            "may_not_approve",
            "The file is to be approved at once, and your role does not include approving templates.",
            "Submit it for review, or ask a compliance officer or an owner.",
            field="review",
        )
    rule = Tenant.objects.filter(pk=current_tenant_id()).values_list("review_rule", flat=True).first()
    if rule not in (None, Tenant.ReviewRule.ONE):
        raise WrongState(
            "two_people_needed",
            "Your organisation wants a second pair of eyes for every approval, so no file is approved at once.",
            "Submit it for review.",
            field="review",
        )


def note_layout(*, import_id: UUID, layout: Layout, now: datetime) -> bool:
    """Keep what the reading pass found; when every required column was recognised, comparing comes next.

    Returns:
        False when it waits for a person, or somebody else was faster.
    """
    with transaction.atomic():
        job = _locked(import_id)
        if job.state != State.READING:
            return False
        told = ColumnMapping.objects.filter(kind=job.kind, header=header_key(layout.columns)).first()
        job.mapping = told.mapping if told else list(layout.mapping)
        job.columns, job.preview = list(layout.columns), layout.preview
        job.sheet, job.sheets = layout.sheet[:64], list(layout.sheets)
        job.encoding, job.delimiter = layout.encoding, layout.delimiter
        job.body_from, job.total, job.position = layout.body_from, layout.total, 0
        is_complete = not missing_fields(job.kind, job.mapping)
        job.state = State.COMPARING if is_complete else State.MAPPING
        job.touched_at = now
        job.save()
    return is_complete


def map_columns(*, import_id: UUID, mapping: Sequence[str], now: datetime) -> PortalImport:
    """Take a person's word for what the columns are, here and in later files with this header; comparing comes next.

    Raises:
        NotFound, WrongState: `column_twice`, `column_missing`, `wrong_state`.
    """
    with transaction.atomic():
        job = _locked(import_id)
        _expect(job, State.MAPPING, State.READY)
        chosen = [name for name in mapping if name]
        if len(set(chosen)) < len(chosen):
            raise WrongState("column_twice", "Two columns become the same field.", "Leave one of them out.")
        if lacking := missing_fields(job.kind, mapping):
            names = ", ".join(field.column for field in lacking)
            raise WrongState("column_missing", f"No column is chosen for: {names}.", "Choose one for each.")
        job.mapping, job.state, job.position, job.touched_at = list(mapping), State.COMPARING, 0, now
        job.save()
        ColumnMapping.objects.update_or_create(
            kind=job.kind,
            header=header_key(job.columns),
            defaults={"mapping": job.mapping, "changed_at": now},
        )
    return job


def read_sheet(*, import_id: UUID, sheet: str, now: datetime) -> PortalImport:
    """Read another sheet of the workbook. Raises NotFound, WrongState."""
    with transaction.atomic():
        job = _locked(import_id)
        _expect(job, State.MAPPING, State.READY, State.REFUSED)
        job.sheet, job.state, job.problem, job.touched_at = sheet, State.READING, None, now
        job.save()
    return job


def start_comparing(*, import_id: UUID, now: datetime) -> bool:
    """Forget the rows of an earlier comparison; False when the import is not to be compared."""
    with transaction.atomic():
        job = _locked(import_id)
        if job.state != State.COMPARING:
            return False
        PortalImportRow.objects.filter(portal_import=job).delete()
        job.position, job.touched_at = 0, now
        job.save()
    return True


def keep_rows(*, import_id: UUID, rows: Sequence[PortalImportRow], position: int, now: datetime) -> bool:
    """Store a stretch of the diff; False when somebody stopped the import or another worker is at it."""
    with transaction.atomic():
        job = _locked(import_id)
        if job.state != State.COMPARING or job.position + len(rows) != position:
            return False
        PortalImportRow.objects.bulk_create(rows, batch_size=1000)
        job.position, job.touched_at = position, now
        job.save(update_fields=["position", "touched_at"])
    return True


def row_of(job: PortalImport, judged: Judged) -> PortalImportRow:
    reading = judged.reading
    return PortalImportRow(
        portal_import=job,
        number=reading.number or None,
        verdict=judged.verdict,
        label=reading.label,
        values=reading.values,
        changes=judged.changes,
        findings=[finding.as_json() for finding in reading.findings],
    )


def finish_comparing(*, import_id: UUID, reasons: Counter[str], now: datetime) -> None:
    with transaction.atomic():
        job = _locked(import_id)
        if job.state != State.COMPARING:
            return
        rows = PortalImportRow.objects.filter(portal_import=job).values_list("verdict", flat=True)
        job.counts = dict(Counter(rows.iterator()))
        job.reasons, job.state, job.touched_at = dict(reasons.most_common()), State.READY, now
        job.save()


def confirm_row(*, import_id: UUID, row_id: UUID, actor: Actor, now: datetime) -> PortalImportRow:
    """Say that a doubtful id was compared with the portal and is right. Raises NotFound, WrongState."""
    with transaction.atomic():
        job = _locked(import_id)
        _expect(job, State.READY)
        row = PortalImportRow.objects.filter(portal_import=job, pk=row_id, verdict=Verdict.DOUBTFUL).first()
        if row is None:
            raise NotFound("row")
        row.is_confirmed = True
        row.save(update_fields=["is_confirmed"])
        record(
            action="portal_import.confirm_row",
            actor=actor,
            object_type="portal_import",
            object_id=job.id,
            summary=f"Confirmed the id of row {row.number} of “{job.filename}”",
            now=now,
        )
    return row


def apply_import(*, import_id: UUID, actor: Actor, may_approve: bool, now: datetime) -> PortalImport:
    """Let new and changed rows, and confirmed ones, become part of the register. Raises NotFound, WrongState."""
    with transaction.atomic():
        job = _locked(import_id)
        _expect(job, State.READY)
        _check_approval(job.review, may_approve=may_approve)
        job.state, job.position, job.touched_at = State.APPLYING, 0, now
        job.total = to_apply(job).count()
        job.actor_id, job.actor_label = actor.id, actor.label[:255]
        job.save()
        record(
            action="portal_import.apply",
            actor=actor,
            object_type="portal_import",
            object_id=job.id,
            summary=f"Let the export “{job.filename}” be applied to {job.total} {job.get_kind_display().lower()}",
            after={"sha256": job.sha256, "kind": job.kind, "review": job.review, "counts": job.counts},
            now=now,
        )
    return job


def to_apply(job: PortalImport) -> QuerySet[PortalImportRow]:
    """The rows that applying writes."""
    is_meant = Q(verdict__in=(Verdict.NEW, Verdict.CHANGED)) | Q(verdict=Verdict.DOUBTFUL, is_confirmed=True)
    return PortalImportRow.objects.filter(is_meant, portal_import=job)


def apply_stretch(*, import_id: UUID, size: int, now: datetime) -> bool:
    """Apply the next rows in one transaction; False when there is nothing more to do."""
    with transaction.atomic():
        job = _locked(import_id)
        if job.state != State.APPLYING:
            return False
        rows = list(to_apply(job).filter(is_applied=False).order_by("pk")[:size])
        if not rows:
            _close(job, now)
            return False
        refused = _write(job, rows, now)
        written = {row.pk for row in rows} - {row.pk for row in refused}
        PortalImportRow.objects.filter(pk__in=written).update(is_applied=True)
        job.position += len(written)
        job.total -= len(refused)
        job.touched_at = now
        job.save(update_fields=["position", "total", "counts", "reasons", "touched_at"])
    return True


def _write(job: PortalImport, rows: Sequence[PortalImportRow], now: datetime) -> list[PortalImportRow]:
    """Write rows; those that the register does not take by now are refused, the others stand. Returns the refused.

    Halves look for a row that cannot be written, since one such row would undo a whole stretch.
    """
    writing = Writing(job, Actor(job.actor_id, job.actor_label), now)
    try:
        with transaction.atomic():
            register_of(job.kind).write([row.values for row in rows], writing)
            _note(writing)
    except (DomainError, IntegrityError, DataError) as problem:
        if len(rows) > 1:
            half = len(rows) // 2
            return [*_write(job, rows[:half], now), *_write(job, rows[half:], now)]
        _refuse_row(job, rows[0], as_finding(problem))
        return [*rows]
    return []


def _refuse_row(job: PortalImport, row: PortalImportRow, finding: Finding) -> None:
    """Take a row out of what is applied, with its reason; the tallies of the page follow."""
    tallies = Counter(job.counts)
    tallies.update({str(row.verdict): -1, Verdict.REFUSED.value: 1})
    job.counts = {verdict: number for verdict, number in tallies.items() if number}
    job.reasons = dict((Counter(job.reasons) + Counter({finding.code: 1})).most_common())
    row.verdict, row.findings = Verdict.REFUSED, [*row.findings, finding.as_json()]
    row.save(update_fields=["verdict", "findings"])


def _note(writing: Writing) -> None:
    """One entry of the trail for each record, as if a person had changed it."""
    Entry.objects.bulk_create(
        [
            Entry(
                at=writing.now,
                actor_id=writing.actor.id,
                actor_label=writing.actor.label[:255],
                action=f"{kind}.import",
                object_type=kind,
                object_id=pk,
                summary=f"{'Added' if before is None else 'Changed'} the {kind} {label} from a portal's export"[:500],
                before=before,
                after=after,
            )
            for kind, pk, label, before, after in writing.done
        ],
        batch_size=1000,
    )


def _close(job: PortalImport, now: datetime) -> None:
    job.state, job.finished_at, job.touched_at = State.APPLIED, now, now
    job.save()
    record(
        action="portal_import.finish",
        actor=Actor(job.actor_id, job.actor_label),
        object_type="portal_import",
        object_id=job.id,
        summary=f"Applied {job.position} rows of the export “{job.filename}”",
        now=now,
    )
    if job.kind == PortalImport.Kind.TEMPLATES and job.review != Choice.DRAFT:
        tell_reviewers(actor=Actor(job.actor_id, job.actor_label), now=now)
    touch()


def cancel_import(*, import_id: UUID, now: datetime) -> PortalImport:
    """Leave a file alone whose rows nobody has let in. Raises NotFound, WrongState."""
    with transaction.atomic():
        job = _locked(import_id)
        _expect(job, State.READING, State.MAPPING, State.COMPARING, State.READY)
        job.state, job.finished_at, job.touched_at = State.CANCELLED, now, now
        job.save()
    return job


def refuse_import(*, import_id: UUID, problem: DomainError, now: datetime) -> None:
    """End an import whose file cannot be used; nothing of it was applied."""
    with transaction.atomic():
        job = _locked(import_id)
        if job.state in (State.READING, State.COMPARING):
            PortalImportRow.objects.filter(portal_import=job).delete()
            job.problem = {"code": problem.code, "detail": problem.detail, "remedy": problem.remedy}
            job.state, job.finished_at, job.touched_at = State.REFUSED, now, now
            job.save()


def forgotten_imports(*, now: datetime, limit: int = 100) -> list[tuple[UUID, UUID]]:
    """(tenant, import) of running imports whose worker is gone; each is named once in PATIENCE."""
    with platform_context(reason="find portal imports that lost their worker"):
        lost = PortalImport.objects.filter(state__in=RUNNING, touched_at__lt=now - PATIENCE).order_by("touched_at")
        found = list(lost.select_for_update(skip_locked=True).values_list("tenant_id", "id")[:limit])
        PortalImport.objects.filter(pk__in=[pk for _, pk in found]).update(touched_at=now)
    return found


def forget_old_files(*, now: datetime) -> int:
    """Delete uploaded files after their time; what was found out about their rows stays. Returns how many."""
    with platform_context(reason="forget files of old portal imports"):
        PortalImport.objects.filter(created_at__lt=now - UPLOADS.kept_for).exclude(path="").update(path="")
    return UPLOADS.delete_old(now)


def _locked(import_id: UUID) -> PortalImport:
    job = PortalImport.objects.select_for_update(of=("self",)).filter(pk=import_id).first()
    if job is None:
        raise NotFound("import")
    return job


def _expect(job: PortalImport, *states: PortalImport.State) -> None:
    if job.state not in states:
        raise WrongState(
            "wrong_state",
            f"The import is {State(job.state).label.lower()} by now.",
            "Load the page again to see where it stands.",
        )
