from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from django.conf import LazySettings

from compliance.forms_imports import ExportUploadForm
from compliance.importing.fields import recognise
from compliance.models import ConsentTemplate, DltRegistration, PortalImport, Sender, Template
from compliance.services import imports
from compliance.statuses import ReviewState
from compliance.tests.builders import NOW, REVIEWER, dlt_id, make_entity, make_sender
from compliance.tests.exports import (
    TEXT,
    Kind,
    codes,
    csv_of,
    rows_of,
    take_in,
    template_id,
    template_row,
    upload,
    verdicts,
    work,
)
from kernel.db.tenancy import tenant_context
from kernel.domain.ids import uuid7

pytestmark = pytest.mark.django_db
CONSENT = ("Consent ID", "Name", "Scope")


@pytest.fixture
def tenant(db: None, settings: LazySettings, tmp_path: Path) -> UUID:
    """A tenant with the approved sender ACMEIN."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    value = uuid7()
    with tenant_context(value):
        make_sender()
    return value


def test_a_consent_id_that_another_name_has_is_refused_in_the_diff(tenant: UUID) -> None:
    taken = dlt_id("04")
    take_in(tenant, csv_of([[taken, "News", "News of Acme"]], CONSENT), kind=Kind.CONSENTS)
    job = upload(tenant, csv_of([[taken, "Offers", "Offers of Acme"]], CONSENT), kind=Kind.CONSENTS)
    assert verdicts(job) == ["refused", "missing"]
    assert f"“News” has the id {taken} already." in rows_of(job)[0].findings[-1]["sentence"]


def test_rows_that_give_two_names_one_consent_id_are_refused_in_the_diff(tenant: UUID) -> None:
    taken = dlt_id("04")
    job = upload(tenant, csv_of([[taken, "News", "News"], [taken, "Offers", "Offers"]], CONSENT), kind=Kind.CONSENTS)
    assert verdicts(job) == ["refused", "refused"]
    assert codes(job) == {"id_taken"}


def test_what_was_taken_between_diff_and_apply_is_refused_and_the_import_ends(tenant: UUID) -> None:
    ids = [dlt_id("04") for _ in range(5)]
    rows = [[each, f"Name {number}", "News"] for number, each in enumerate(ids)]
    job = upload(tenant, csv_of(rows, CONSENT), kind=Kind.CONSENTS)
    take_in(tenant, csv_of([[ids[3], "Faster", "News"]], CONSENT), kind=Kind.CONSENTS)
    done = apply(job.tenant_id, job.pk)
    assert (done.state, done.position, done.total) == ("applied", 4, 4)
    assert (done.counts, done.reasons) == ({"new": 4, "refused": 1}, {"not_taken": 1})
    assert rows_of(done)[3].findings[-1]["sentence"] == "Another consent template has this id by now."
    with tenant_context(tenant):
        assert ConsentTemplate.objects.count() == 5


def test_a_sender_that_was_rejected_since_the_diff_refuses_its_rows_only(tenant: UUID) -> None:
    with tenant_context(tenant):
        make_sender("ACMEOD")
    job = upload(tenant, csv_of([template_row(1), template_row(2, TEXT + "!", header="ACMEOD"), template_row(3)]))
    with tenant_context(tenant):
        Sender.objects.filter(header="ACMEOD").update(state=ReviewState.REJECTED)
    done = apply(tenant, job.pk)
    assert (done.state, done.position) == ("applied", 2)
    assert [str(row.verdict) for row in rows_of(done)] == ["new", "refused", "new"]
    assert "ACMEOD is not in the register any more." in rows_of(done)[1].findings[-1]["sentence"]
    with tenant_context(tenant):
        assert Template.objects.count() == DltRegistration.objects.count() == 2


def test_a_stretch_that_is_written_in_halves_writes_no_row_twice(tenant: UUID) -> None:
    job = upload(tenant, csv_of([template_row(number) for number in range(7)]))
    take_in(tenant, csv_of([template_row(2), template_row(5)]))
    assert apply(tenant, job.pk).state == "applied"
    with tenant_context(tenant):
        stored = list(DltRegistration.objects.values_list("dlt_template_id", flat=True))
    assert sorted(stored) == sorted(template_id(number) for number in range(7))


def apply(tenant_id: UUID, import_id: UUID) -> PortalImport:
    with tenant_context(tenant_id):
        job = imports.apply_import(import_id=import_id, actor=REVIEWER, may_approve=True, now=NOW)
    return work(job)


def test_a_header_without_entity_is_refused_where_there_are_several(tenant: UUID) -> None:
    with tenant_context(tenant):
        make_entity()
        chosen = make_entity()
    rows = csv_of([["ACMEOD", "Active"]], ("Header", "Status"))
    assert codes(upload(tenant, rows, kind=Kind.HEADERS)) == {"entity_missing"}
    assert verdicts(upload(tenant, rows, kind=Kind.HEADERS, entity_id=chosen.pk))[0] == "new"
    with tenant_context(tenant):
        offered = ExportUploadForm(may_approve=False)["entity"].as_widget()
    assert "The only one there is" not in offered


def test_rows_of_one_id_that_differ_name_the_id(tenant: UUID) -> None:
    job = upload(tenant, csv_of([template_row(1), template_row(1, TEXT + "!")]))
    assert f"have the same id {template_id(1)} and say" in rows_of(job)[0].findings[-1]["sentence"]


def test_a_full_row_is_the_header_rather_than_a_title_with_one_known_word(tenant: UUID) -> None:
    rows = [["DLT details", "", "Sender"], ["Hdr", "Owner", "Since"], ["ACMEOD", "Acme", "2026"]]
    job = upload(tenant, csv_of(rows[1:], rows[0]), kind=Kind.HEADERS)
    assert (job.state, job.columns) == ("mapping", ["Hdr", "Owner", "Since"])


def test_a_column_registered_on_is_the_day_of_approval() -> None:
    assert recognise(Kind.HEADERS, ["Header", "Registered On"]) == ["header", "valid_from"]
