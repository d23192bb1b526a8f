"""A worker that is killed while it applies a portal's export: whole stretches stand, no row is written twice."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from uuid import UUID

import pytest
from django.conf import LazySettings

from audit.models import Entry
from compliance import tasks
from compliance.importing.job import STRETCH
from compliance.models import DltRegistration, PortalImport, PortalImportRow, Review, Template
from compliance.services import imports
from compliance.tests.builders import REVIEWER, make_sender
from compliance.tests.exports import Choice, csv_of, template_id, template_row, upload
from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.ids import uuid7
from tests.waiting import until
from tests.workers import kill, worker

ROWS: Final = 8 * STRETCH
# An id that ends so waits for a person.
NUMBERS: Final = [number for number in range(ROWS + 9) if not template_id(number).endswith("0000")][:ROWS]


def again(job: PortalImport) -> PortalImport:
    with tenant_context(job.tenant_id):
        return PortalImport.objects.get(pk=job.pk)


def written(tenant_id: UUID) -> tuple[int, int, int]:
    """Registrations, templates and rows marked as applied, as they stand committed."""
    with tenant_context(tenant_id):
        marked = PortalImportRow.objects.filter(is_applied=True).count()
        return DltRegistration.objects.count(), Template.objects.count(), marked


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_while_applying_leaves_whole_stretches_and_doubles_no_row(
    settings: LazySettings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    tenant_id = uuid7()
    with tenant_context(tenant_id):
        make_sender()
    job = upload(tenant_id, csv_of([template_row(number) for number in NUMBERS]), review=Choice.SUBMIT)
    with tenant_context(tenant_id):
        imports.apply_import(import_id=job.pk, actor=REVIEWER, may_approve=True, now=utc_now())
    arguments = (str(tenant_id), str(job.pk))
    with worker() as first:
        tasks.run_import.delay(*arguments)
        until(lambda: again(job).position > 0, 60)
        kill(first)
    halfway = again(job)
    assert (halfway.state, halfway.position % STRETCH) == ("applying", 0)
    assert written(tenant_id) == (halfway.position,) * 3
    # The row stays locked until PostgreSQL has noticed that its client is gone.
    later = utc_now() + 2 * imports.PATIENCE
    assert until(lambda: imports.forgotten_imports(now=later)) == [(tenant_id, job.pk)]
    with worker():
        tasks.run_import.delay(*arguments)
        until(lambda: again(job).state == "applied", 90)
    assert written(tenant_id) == (ROWS,) * 3
    with tenant_context(tenant_id):
        ids = set(DltRegistration.objects.values_list("dlt_template_id", flat=True))
        assert ids == {template_id(number) for number in NUMBERS}
        assert Review.objects.filter(object_type="template").count() == ROWS
        assert Entry.objects.filter(action="template.import").count() == ROWS
