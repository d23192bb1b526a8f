from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.importing.cells import read_body, read_date
from compliance.importing.comparing import compare, missing, read_rows
from compliance.importing.fields import FIELDS
from compliance.importing.judging import Known
from compliance.importing.layout import layout_of, records_of
from compliance.models import PortalImport
from compliance.tests.builders import dlt_id, make_entity, make_sender
from compliance.tests.company import Company
from compliance.tests.exports import (
    TEMPLATE_HEADER,
    Kind,
    csv_of,
    rows_of,
    take_in,
    template_row,
    upload,
    verdicts,
    work,
)
from kernel.db.tenancy import platform_context
from kernel.tables.errors import FileRefused
from kernel.tables.reading import Record
from tenants.models import Tenant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")


@pytest.fixture
def company(company: Company) -> Company:
    with company.inside():
        make_sender()
    return company


def send(client: Any, content: bytes, **said: str) -> Any:
    file = SimpleUploadedFile("templates.csv", content)
    data = {"file": file, "kind": "templates", "review": "submit", "entity": ""} | said
    return client.post(reverse("compliance:import-new"), data)


def the_import(company: Company) -> PortalImport:
    with company.inside():
        return PortalImport.objects.get()


def test_a_file_is_uploaded_looked_at_and_applied(company: Company) -> None:
    assert send(company.maya, csv_of([template_row(1), template_row(2, header="NOBODY")])).status_code == 302
    job = work(the_import(company))
    page = company.maya.get(reverse("compliance:import", args=[job.pk])).content.decode()
    assert "Apply 1 row<" in page
    assert "There is no sender ID NOBODY." in page
    assert template_row(2)[0] in page
    assert company.maya.post(reverse("compliance:import-apply", args=[job.pk])).status_code == 302
    assert work(the_import(company)).state == "applied"
    assert "What was done" in company.maya.get(reverse("compliance:import", args=[job.pk])).content.decode()
    assert "templates.csv" in company.maya.get(reverse("compliance:imports")).content.decode()


def test_a_writer_cannot_let_a_file_approve_its_templates(company: Company) -> None:
    assert send(company.maya, csv_of([template_row(1)]), review="approve").status_code == 422
    assert send(company.omar, csv_of([template_row(1)]), review="approve").status_code == 302
    job = work(the_import(company))
    assert "Somebody who may approve" in company.maya.get(reverse("compliance:import", args=[job.pk])).content.decode()
    assert company.maya.post(reverse("compliance:import-apply", args=[job.pk])).status_code == 422
    assert company.omar.post(reverse("compliance:import-apply", args=[job.pk])).status_code == 302


def test_where_a_review_takes_two_people_no_file_approves_anything(company: Company) -> None:
    with platform_context(reason="test: an owner asks for four eyes"):
        Tenant.objects.filter(pk=company.id).update(review_rule=Tenant.ReviewRule.FOUR_EYES)
    response = send(company.omar, csv_of([template_row(1)]), review="approve")
    assert response.status_code == 422
    assert "second pair of eyes" in response.content.decode()


def test_unknown_columns_are_mapped_on_the_page(company: Company) -> None:
    send(company.maya, csv_of([template_row(1)], ["Ref", "Title", *TEMPLATE_HEADER[2:]]))
    job = work(the_import(company))
    assert (
        "Some columns were not recognised"
        in company.maya.get(reverse("compliance:import", args=[job.pk])).content.decode()
    )
    said = {f"column-{place}": name for place, name in enumerate(job.mapping)}
    url = reverse("compliance:import-columns", args=[job.pk])
    assert "No column is chosen for: Template ID" in company.maya.post(url, said).content.decode()
    assert company.maya.post(url, said | {"column-0": "template_id"}).status_code == 302
    assert verdicts(work(the_import(company))) == ["new"]


def test_a_doubtful_id_is_confirmed_on_the_page(company: Company) -> None:
    job = upload(company.id, csv_of([template_row(1, id="1107177660181980000"), template_row(2), template_row(3)]))
    row = rows_of(job)[0]
    url = reverse("compliance:import-confirm-row", args=[job.pk, row.pk])
    assert company.omar.post(url).status_code == 302
    assert rows_of(job)[0].is_confirmed
    assert "confirmed" in company.omar.get(reverse("compliance:import", args=[job.pk])).content.decode()


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@pytest.mark.parametrize("kind", [Kind.TEMPLATES, Kind.HEADERS, Kind.ENTITIES, Kind.LINKS, Kind.CHAINS])
def test_what_is_exported_can_be_imported_again_and_changes_nothing(company: Company, kind: str, suffix: str) -> None:
    bodies = ["=1+1 {#var#} -ACME", 'Dear {#var#},\n"A", b; c -ACME', "प्रिय {#var#}, आभार"]
    take_in(company.id, csv_of([template_row(number, body) for number, body in enumerate(bodies)]))
    with company.inside():
        owner = make_entity().dlt_entity_id
    links = csv_of([["https://a.in/o?", "Dynamic", owner, "Active"]], ["CTA", "CTA Type", "Entity ID", "Status"])
    take_in(company.id, links, kind=Kind.LINKS)
    take_in(company.id, csv_of([[owner, dlt_id("02")]], ["Entity ID", "TM Chain"]), kind=Kind.CHAINS)
    response = company.maya.get(reverse("compliance:register-export"), {"kind": kind, "as": suffix})
    again = upload(company.id, response.content, kind=kind)
    assert again.state == "ready", again.problem
    assert set(verdicts(again)) == {"unchanged"}


def test_an_import_of_another_organisation_is_not_found(company: Company) -> None:
    job = upload(company.id, csv_of([template_row(1)]))
    for name in ("import", "import-live", "import-columns"):
        assert company.charlie.get(reverse(f"compliance:{name}", args=[job.pk])).status_code == 404
    assert company.viola.get(reverse("compliance:imports")).status_code == 403


SOUP = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["1107177660000020264", "1.10716E+18", "ACMEIN", "Service", "{#var#}", "<br>", "31/02/2026", "0000"]
    ),
)
KNOWN = Known(frozenset({"1101177660000020264"}), "", frozenset({"ACMEIN"}))


@given(
    kind=st.sampled_from(sorted(FIELDS)), table=st.lists(st.lists(SOUP, max_size=9), max_size=8), present=st.booleans()
)
def test_whatever_stands_in_the_cells_every_row_has_one_verdict(
    kind: str, table: list[list[str]], present: bool
) -> None:
    mapping = [field.name for field in FIELDS[kind]][:8]
    records = [Record(number, cells) for number, cells in enumerate(table, 2)]
    readings = list(read_rows(records, kind=kind, mapping=mapping, known=KNOWN))
    stored = {"1107177660000020264": {"body": "x"}} if present else {}
    judged = compare(readings, stored, is_unique_text=kind == "templates")
    assert [each.reading.number for each in judged] == [record.number for record in records]
    assert set(missing(readings, stored)) <= set(stored)


@given(content=st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_octets_a_file_is_read_or_refused_in_words(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "soup.csv"
    path.write_bytes(content.removeprefix(b"PK\x03\x04"))
    try:
        layout = layout_of(path, kind="templates")
    except FileRefused:
        return
    assert len(layout.columns) == len(layout.mapping)
    assert layout.total <= len(list(records_of(path)))


@given(text=st.text(max_size=40))
def test_bodies_and_dates_of_any_text_are_read_or_refused(text: str) -> None:
    body, findings = read_body(text)
    assert "\r" not in body or "&" in text
    assert all(finding.remedy for finding in findings)
    with suppress(ValueError):
        read_date(text)


def test_the_optimisers_findings_stand_folded_under_each_text(company: Company) -> None:
    job = upload(company.id, csv_of([template_row(1, "WIN {#var#} now at https://bit.ly/x -ACME")]))
    page = company.maya.get(reverse("compliance:import", args=[job.pk])).content.decode()
    assert "<details><summary" in page
    assert "1 warning" in page
    assert "public_shortener" in page
