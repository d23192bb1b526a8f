"""The trail as a file: asked for on a page, written by a worker, fetched when it is ready."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from audit.models import Entry, TrailExport
from audit.queries import Search, entries
from audit.services import Actor, record
from kernel.db.tenancy import platform_context, scoped_connection, tenant_context
from kernel.tables.cells import write_csv
from kernel.tables.workbooks import write_workbook

HEADER: Final = (
    "at",
    "actor_id",
    "actor",
    "ip",
    "agent",
    "action",
    "object_type",
    "object_id",
    "summary",
    "before",
    "after",
    "seal",
    "digest",
)
FOLDER: Final = "trails"
# A file that is not final by then lost its task with the broker or its worker.
OVERDUE: Final = timedelta(minutes=10)
KEPT_FOR: Final = timedelta(days=30)
# Entries in one short transaction; a file is written from as many as it takes.
STRIDE: Final = 1000
# What a sheet of a workbook holds.
MOST_ROWS: Final = 1_000_000


def request_export(*, search: Search, suffix: TrailExport.Suffix, actor: Actor, now: datetime) -> TrailExport:
    """Note that a search is wanted as a file; the caller queues `audit.tasks.build_export` after its commit."""
    with transaction.atomic(using=scoped_connection().alias):
        export = TrailExport.objects.create(
            search=search.as_json(), suffix=suffix, actor_label=actor.label[:255], requested_at=now
        )
        record(
            action="trail.export",
            actor=actor,
            object_type="trailexport",
            object_id=export.id,
            summary=f"Asked for the trail as {suffix.label}",
            after=search.as_json(),
            now=now,
        )
    return export


def build_export(*, tenant_id: UUID, export_id: UUID, now: datetime) -> None:
    """Write the file of an export that is not final; a repeat writes it anew. Call outside contexts."""
    with tenant_context(tenant_id):
        export = TrailExport.objects.filter(pk=export_id).first()
        if export is None or export.is_final:
            return
        TrailExport.objects.filter(pk=export_id).update(state=TrailExport.State.RUNNING)
    relative = Path(FOLDER) / str(tenant_id) / f"{export_id}.{export.suffix}"
    path = settings.MEDIA_ROOT / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = _rows(tenant_id, Search.from_json(export.search))
    outcome: dict[str, Any]
    try:
        if export.suffix == TrailExport.Suffix.XLSX:
            count = write_workbook(path, sheet="Trail", header=HEADER, rows=rows)
        else:
            count = write_csv(path, header=HEADER, rows=rows, has_bom=True)
        outcome = {"state": TrailExport.State.READY, "path": str(relative), "rows": count}
    except OSError as error:
        outcome = {"state": TrailExport.State.FAILED, "error": f"The file could not be written: {error.strerror}."}
    with tenant_context(tenant_id):
        TrailExport.objects.filter(pk=export_id).update(**outcome, finished_at=now)


def overdue_exports(now: datetime) -> list[tuple[UUID, UUID]]:
    """(tenant, export) of everything that should be final and is not, over all tenants."""
    open_states = (TrailExport.State.REQUESTED, TrailExport.State.RUNNING)
    with platform_context(reason="find exports of trails that lost their task"):
        waiting = TrailExport.objects.filter(state__in=open_states, requested_at__lt=now - OVERDUE)
        return list(waiting.values_list("tenant_id", "pk"))


def file_of(export: TrailExport) -> Path | None:
    """The finished file; None while there is none, or when it was cleared away."""
    if export.state != TrailExport.State.READY:
        return None
    path: Path = settings.MEDIA_ROOT / export.path
    return path if path.is_file() else None


def clear_old_files(now: datetime) -> int:
    """Delete files that were made too long ago. Returns how many."""
    cleared = 0
    for file in (settings.MEDIA_ROOT / FOLDER).glob("*/*"):
        if datetime.fromtimestamp(file.stat().st_mtime, tz=UTC) < now - KEPT_FOR:
            file.unlink(missing_ok=True)
            cleared += 1
    return cleared


def _rows(tenant_id: UUID, search: Search) -> Iterator[tuple[str, ...]]:
    """Newest first, read in short transactions."""
    before: UUID | None = None
    for _ in range(MOST_ROWS // STRIDE):
        with tenant_context(tenant_id):
            found = entries(search)
            if before is not None:
                found = found.filter(pk__lt=before)
            stride = list(found.order_by("-pk")[:STRIDE])
        yield from map(_cells, stride)
        if len(stride) < STRIDE:
            return
        before = stride[-1].pk


def _cells(entry: Entry) -> tuple[str, ...]:
    seal = next(iter(entry.seals.all()), None)
    return (
        entry.at.isoformat(),
        str(entry.actor_id or ""),
        entry.actor_label,
        entry.ip or "",
        entry.agent or "",
        entry.action,
        entry.object_type,
        str(entry.object_id),
        entry.summary,
        _json(entry.before),
        _json(entry.after),
        str(seal.number) if seal else "",
        seal.digest if seal else "",
    )


def _json(said: Mapping[str, Any] | None) -> str:
    return "" if said is None else json.dumps(said, ensure_ascii=False, sort_keys=True)
