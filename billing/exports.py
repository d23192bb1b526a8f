"""Cost reports as files: asked for on a page, written by a worker, fetched when they are ready."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from audit.services import Actor, record
from billing.models import Export, ExportState, Wallet
from billing.queries import CostRow, month_costs, total_of
from billing.spreadsheet import amount
from kernel.db.tenancy import platform_context, scoped_connection, tenant_context
from kernel.domain.errors import DomainError
from kernel.domain.traffic import TrafficClass
from kernel.tables.cells import Cell, write_csv

HEADER: Final = (
    "month",
    "campaign_id",
    "campaign",
    "class",
    "destination",
    "destination_name",
    "messages",
    "segments",
    "cost",
    "currency",
)
# An export is written in seconds; one that is not final by then lost its task with the broker or its worker.
OVERDUE: Final = timedelta(minutes=10)
FOLDER: Final = "exports"
KEPT_FOR: Final = timedelta(days=30)


class FutureMonth(DomainError):
    def __init__(self) -> None:
        super().__init__("future_month", "This month has not begun yet.", "Choose the present month or an earlier one.")


def request_export(*, month: date, zone: ZoneInfo, has_bom: bool, actor: Actor, now: datetime) -> Export:
    """Note that a month's costs are wanted; the caller queues `billing.tasks.build_export` after its commit.

    Raises:
        FutureMonth: the month begins after `now` by the clocks of the zone.
    """
    first = month.replace(day=1)
    if first > now.astimezone(zone).date():
        raise FutureMonth
    with transaction.atomic(using=scoped_connection().alias):
        export = Export.objects.create(
            month=first, zone=zone.key, has_bom=has_bom, actor_label=actor.label, requested_at=now
        )
        record(
            action="export.requested",
            actor=actor,
            object_type="export",
            object_id=export.id,
            summary=f"Asked for the costs of {first:%Y-%m} as a file",
            now=now,
        )
    return export


def build_export(*, tenant_id: UUID, export_id: UUID, now: datetime) -> None:
    """Write the file of an export that is not final; a repeat writes the same file over it.

    Call outside contexts: the file is written between two short transactions. Figures are those of `now`; the
    present month's grow further.
    """
    with tenant_context(tenant_id):
        export = Export.objects.filter(pk=export_id).first()
        if export is None or export.is_final:
            return
        Export.objects.filter(pk=export_id).update(state=ExportState.RUNNING)
        rows = month_costs(export.month, ZoneInfo(export.zone))
        currency = Wallet.objects.values_list("currency", flat=True).first() or ""
    relative = Path(FOLDER) / str(tenant_id) / f"{export_id}.csv"
    try:
        count = write_csv(
            settings.MEDIA_ROOT / relative,
            header=HEADER,
            rows=_cells(export.month, rows, currency),
            has_bom=export.has_bom,
        )
        outcome = {"state": ExportState.READY, "path": str(relative), "rows": count, "total_micros": total_of(rows)}
    except OSError as error:
        outcome = {"state": ExportState.FAILED, "error": f"The file could not be written: {error.strerror}."}
    with tenant_context(tenant_id):
        Export.objects.filter(pk=export_id).update(**outcome, finished_at=now)


def overdue_exports(now: datetime) -> list[tuple[UUID, UUID]]:
    """(tenant, export) of everything that should be final and is not, over all tenants."""
    with platform_context(reason="find exports that lost their task"):
        waiting = Export.objects.filter(
            state__in=(ExportState.REQUESTED, ExportState.RUNNING), requested_at__lt=now - OVERDUE
        )
        return list(waiting.values_list("tenant_id", "pk"))


def file_of(export: Export) -> Path | None:
    """The finished file; None while there is none, or when it was cleared away."""
    if export.state != ExportState.READY:
        return None
    path = settings.MEDIA_ROOT / export.path
    return path if path.is_file() else None


def clear_old_files(now: datetime) -> int:
    """Delete files that were made too long ago; the next request makes them anew. Returns how many."""
    cleared = 0
    for file in (settings.MEDIA_ROOT / FOLDER).glob("*/*.csv"):
        if datetime.fromtimestamp(file.stat().st_mtime, tz=UTC) < now - KEPT_FOR:
            file.unlink(missing_ok=True)
            cleared += 1
    return cleared


def _cells(month: date, rows: Sequence[CostRow], currency: str) -> Iterator[tuple[Cell, ...]]:
    for row in rows:
        yield (
            f"{month:%Y-%m}",
            str(row.campaign_id) if row.campaign_id else None,
            row.campaign_label,
            None if row.traffic_class is None else TrafficClass(row.traffic_class).label,
            row.destination,
            row.destination_label,
            row.messages,
            row.segments,
            amount(row.micros),
            currency,
        )
