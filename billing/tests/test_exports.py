from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from pytest_django.fixtures import Settings

from audit.models import Entry
from billing.exports import (
    KEPT_FOR,
    FutureMonth,
    build_export,
    clear_old_files,
    file_of,
    overdue_exports,
    request_export,
)
from billing.models import Export, ExportState
from billing.queries import ledger_cost, month_bounds
from billing.services import hold
from billing.settlement import settle
from billing.tasks import build_export as build_task
from billing.tasks import resume_exports
from billing.tests.builders import ASHA, NOW, UNIT, make_line, make_wallet, settlement_of
from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from tests.waiting import until

INDIA = ZoneInfo("Asia/Kolkata")
NOVEMBER = date(2026, 11, 1)


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def tenant_id(db: None) -> UUID:
    """A tenant that spent ₹0.51 in two campaigns."""
    chosen = uuid4()
    with tenant_context(chosen):
        make_wallet(1000)
        for segments, label in ((2, "=Diwali"), (1, "Holi, again")):
            line = make_line(messages=segments, segments=segments, campaign_id=uuid4(), campaign_label=label)
            hold(lines=[line], now=NOW)
            settle(settlements=[settlement_of(line, "charge", messages=segments, segments=segments)], now=NOW)
    return chosen


def ask(tenant_id: UUID, *, has_bom: bool = True) -> Export:
    with tenant_context(tenant_id):
        return request_export(month=NOVEMBER, zone=INDIA, has_bom=has_bom, actor=ASHA, now=NOW)


def built(tenant_id: UUID, export: Export) -> Export:
    build_export(tenant_id=tenant_id, export_id=export.pk, now=NOW)
    with tenant_context(tenant_id):
        return Export.objects.get(pk=export.pk)


def rows_of(export: Export) -> list[dict[str, str]]:
    path = file_of(export)
    assert path is not None
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def test_the_file_equals_the_ledger(tenant_id: UUID) -> None:
    export = built(tenant_id, ask(tenant_id))
    rows = rows_of(export)
    with tenant_context(tenant_id):
        spent = ledger_cost(*month_bounds(NOVEMBER, INDIA))
    assert sum(int(row["cost"].replace(".", "")) for row in rows) == spent == export.total_micros == 3 * UNIT
    assert (export.state, export.rows, export.finished_at) == (ExportState.READY, 2, NOW)


def test_a_row_names_campaign_class_and_destination_and_holds_no_formula(tenant_id: UUID) -> None:
    row = rows_of(built(tenant_id, ask(tenant_id)))[0]
    assert UUID(row.pop("campaign_id"))
    assert row == {
        "month": "2026-11",
        "campaign": "'=Diwali",
        "class": "transactional",
        "destination": "91",
        "destination_name": "India",
        "messages": "2",
        "segments": "2",
        "cost": "0.340000",
        "currency": "INR",
    }


@pytest.mark.parametrize("has_bom", [True, False])
def test_the_byte_order_mark_is_a_choice(tenant_id: UUID, has_bom: bool) -> None:
    path = file_of(built(tenant_id, ask(tenant_id, has_bom=has_bom)))
    assert path is not None
    assert path.read_bytes().startswith(b"\xef\xbb\xbf") is has_bom


def test_building_again_leaves_a_finished_export_alone(tenant_id: UUID) -> None:
    export = built(tenant_id, ask(tenant_id))
    build_export(tenant_id=tenant_id, export_id=export.pk, now=NOW + timedelta(days=1))
    assert built(tenant_id, export).finished_at == NOW


def test_a_place_that_cannot_be_written_to_makes_it_fail_with_words(tenant_id: UUID, tmp_path: Path) -> None:
    (tmp_path / "exports").write_text("a file where the folder should be")
    export = built(tenant_id, ask(tenant_id))
    assert (export.state, file_of(export)) == (ExportState.FAILED, None)
    assert export.error.startswith("The file could not be written")


def test_a_month_that_has_not_begun_is_refused(tenant_id: UUID) -> None:
    with tenant_context(tenant_id):
        with pytest.raises(FutureMonth):
            request_export(month=date(2026, 12, 1), zone=INDIA, has_bom=True, actor=ASHA, now=NOW)
        assert not Export.objects.exists()


def test_asking_is_on_the_trail(tenant_id: UUID) -> None:
    export = ask(tenant_id)
    with tenant_context(tenant_id):
        assert Entry.objects.get(action="export.requested").object_id == export.pk


def test_another_tenant_builds_nothing_with_its_id(tenant_id: UUID) -> None:
    export = ask(tenant_id)
    build_export(tenant_id=uuid4(), export_id=export.pk, now=NOW)
    with tenant_context(tenant_id):
        assert Export.objects.get().state == ExportState.REQUESTED


def test_only_what_is_late_and_not_final_is_overdue(tenant_id: UUID) -> None:
    done, lost = built(tenant_id, ask(tenant_id)), ask(tenant_id)
    assert done.is_final
    assert overdue_exports(NOW + timedelta(minutes=9)) == []
    assert overdue_exports(NOW + timedelta(minutes=11)) == [(tenant_id, lost.pk)]


@pytest.mark.django_db(transaction=True)
def test_a_worker_writes_what_was_asked_for_and_what_was_lost(running_worker: None) -> None:
    tenant_id = uuid4()
    with tenant_context(tenant_id):
        make_wallet(1)
        lost = request_export(month=NOVEMBER, zone=INDIA, has_bom=True, actor=ASHA, now=NOW)
        Export.objects.update(requested_at=utc_now() - timedelta(hours=1))
        asked = request_export(month=NOVEMBER, zone=INDIA, has_bom=True, actor=ASHA, now=utc_now())
    build_task.delay(str(tenant_id), str(asked.pk))
    resume_exports.delay()

    def ready() -> bool:
        with tenant_context(tenant_id):
            return Export.objects.filter(state=ExportState.READY).count() == 2

    assert until(ready)
    assert lost.pk != asked.pk


def test_files_are_cleared_away_after_their_time_and_can_be_asked_for_again(tenant_id: UUID) -> None:
    export = built(tenant_id, ask(tenant_id))
    assert clear_old_files(utc_now() + KEPT_FOR - timedelta(minutes=1)) == 0
    assert clear_old_files(utc_now() + KEPT_FOR + timedelta(minutes=1)) == 1
    assert file_of(export) is None
    assert file_of(built(tenant_id, ask(tenant_id))) is not None
