from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from django.conf import LazySettings

from audit.models import Entry
from compliance.errors import WrongState
from compliance.importing import job as working
from compliance.models import (
    Chain,
    ConsentTemplate,
    DltRegistration,
    Entity,
    Link,
    PortalImportRow,
    RuleVersion,
    Sender,
    Stop,
    Template,
)
from compliance.services import imports
from compliance.tests.builders import NOW, REVIEWER, dlt_id, make_sender
from compliance.tests.exports import (
    TEMPLATE_HEADER,
    TEXT,
    Choice,
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
    xlsx_of,
)
from kernel.db.tenancy import tenant_context
from kernel.domain.ids import uuid7

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant(db: None, settings: LazySettings, tmp_path: Path) -> UUID:
    """A tenant with the approved sender ACMEIN."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    value = uuid7()
    with tenant_context(value):
        make_sender()
    return value


def test_templates_arrive_approved_with_their_registration(tenant: UUID) -> None:
    done = take_in(tenant, csv_of([template_row(1), template_row(2, TEXT + "!", status="Pending")]))
    assert (done.state, done.position, done.counts) == ("applied", 2, {"new": 2})
    with tenant_context(tenant):
        first, second = Template.objects.order_by("name")
        assert (first.name, first.state, first.category, first.category_raw) == (
            "Order 1",
            "approved",
            "S",
            "service_implicit",
        )
        assert second.state == "submitted"
        registration = DltRegistration.objects.get(template=first)
        assert (registration.dlt_template_id, registration.header) == (template_id(1), "ACMEIN")
        assert (registration.portal_state, registration.state_source) == ("active", "import")
        assert Entry.objects.filter(action="template.import").count() == 2


def test_importing_the_same_file_again_changes_nothing(tenant: UUID) -> None:
    content = csv_of([template_row(number) for number in range(3)])
    take_in(tenant, content)
    with tenant_context(tenant):
        version = RuleVersion.objects.get().version
    again = upload(tenant, content)
    assert verdicts(again) == ["unchanged"] * 3
    with tenant_context(tenant):
        assert RuleVersion.objects.get().version == version


def test_a_diff_tells_new_changed_unchanged_and_missing_apart(tenant: UUID) -> None:
    take_in(tenant, csv_of([template_row(number) for number in (1, 2, 3)]))
    job = upload(tenant, csv_of([template_row(1), template_row(2, status="Suspended"), template_row(4)]))
    assert verdicts(job) == ["unchanged", "changed", "new", "missing"]
    assert rows_of(job)[1].changes == {"portal_state": ["active", "suspended"]}
    assert job.counts == {"unchanged": 1, "changed": 1, "new": 1, "missing": 1}


def test_a_suspension_in_the_file_stops_what_waits(tenant: UUID) -> None:
    take_in(tenant, csv_of([template_row(1)]))
    take_in(tenant, csv_of([template_row(1, status="Suspended")]))
    with tenant_context(tenant):
        assert [str(stop.kind) for stop in Stop.objects.all()] == ["template"]


def test_another_text_under_an_approved_id_is_a_new_version_that_is_reviewed(tenant: UUID) -> None:
    take_in(tenant, csv_of([template_row(1)]))
    take_in(tenant, csv_of([template_row(1, TEXT.replace("Dear", "Hello"))]), review=Choice.SUBMIT)
    with tenant_context(tenant):
        old, new = Template.objects.order_by("version")
        assert (old.body, old.state) == (TEXT, "approved")
        assert (new.version, new.state, new.body[:5]) == (2, "submitted", "Hello")
        assert DltRegistration.objects.get().template_id == new.pk


def test_columns_may_move_be_renamed_and_stand_under_a_title(tenant: UUID) -> None:
    row = [TEXT, "Acme", "ACMEIN", "Registered", template_id(1), "transactional"]
    header = ["Message", "Entity", "CLI", "Approval Status", "DLT Template-ID", "Communication Type"]
    content = csv_of([["", "", "", "", "", ""], header, row], ["Templates of Acme", "", "", "", "", ""])
    job = upload(tenant, content)
    assert verdicts(job) == ["new"]
    assert job.mapping == ["body", "", "header", "status", "template_id", "category"]


def test_two_header_rows_with_merged_cells_are_read_together(tenant: UUID, tmp_path: Path) -> None:
    upper = ["Template", "Template", "Template", "Template", "Sender", "Portal"]
    lower = ["Template ID", "Template Name", "Content", "Template Type", "Header", "Status"]
    job = upload(tenant, xlsx_of(tmp_path / "a.xlsx", upper, lower, template_row(1)))
    assert verdicts(job) == ["new"]
    assert rows_of(job)[0].number == 3


def test_a_missing_column_is_asked_for_and_mapped_by_hand(tenant: UUID) -> None:
    job = upload(
        tenant, csv_of([template_row(1)], ["Ref", "Title", "Template Content", "Template Type", "Header", "Status"])
    )
    assert job.state == "mapping"
    with tenant_context(tenant):
        imports.map_columns(import_id=job.pk, mapping=["template_id", "name", *job.mapping[2:]], now=NOW)
    assert verdicts(work(job)) == ["new"]


@pytest.mark.parametrize("damaged", ["1.10716E+18", "1107177660181980000"])
def test_a_column_of_ids_that_a_spreadsheet_rounded_refuses_the_file(tenant: UUID, damaged: str) -> None:
    job = upload(tenant, csv_of([template_row(number, id=damaged) for number in range(3)]))
    assert (job.state, (job.problem or {})["code"]) == ("refused", "ids_rounded")
    assert rows_of(job) == []


def test_one_id_that_ends_in_0000_is_taken_when_somebody_confirms_it(tenant: UUID) -> None:
    job = upload(tenant, csv_of([template_row(1, id="1107177660181980000"), template_row(2), template_row(3)]))
    assert verdicts(job) == ["doubtful", "new", "new"]
    with tenant_context(tenant):
        imports.confirm_row(import_id=job.pk, row_id=rows_of(job)[0].pk, actor=REVIEWER, now=NOW)
        imports.apply_import(import_id=job.pk, actor=REVIEWER, may_approve=True, now=NOW)
    assert work(job).position == 3


def test_a_rounded_id_among_good_ones_is_refused_alone(tenant: UUID) -> None:
    job = upload(tenant, csv_of([template_row(1), template_row(2), template_row(3, id="1.10716E+18")]))
    assert verdicts(job) == ["new", "new", "refused"]
    assert "id_rounded" in codes(job)


def test_rows_of_one_id_that_differ_are_all_refused(tenant: UUID) -> None:
    job = upload(tenant, csv_of([template_row(1), template_row(1, TEXT + "?"), template_row(2)]))
    assert verdicts(job) == ["refused", "refused", "new"]
    assert "id_twice" in codes(job)


def test_a_row_for_each_header_of_one_template_is_one_template(tenant: UUID) -> None:
    with tenant_context(tenant):
        make_sender("ACMEOD")
    job = take_in(tenant, csv_of([template_row(1), template_row(1, header="ACMEOD")]))
    assert verdicts(job) == ["new", "repeated"]
    with tenant_context(tenant):
        assert DltRegistration.objects.get().header == "ACMEIN"


@pytest.mark.parametrize(
    ("row", "code", "verdict"),
    [
        (template_row(1, header="АСМЕIN"), "lookalike_letters", "refused"),
        (template_row(1, header="acmein"), "header_unknown", "refused"),
        (template_row(1, TEXT + "\u200bx"), "hidden_character", "new"),
        (template_row(1, "It’s {#var#} -ACME"), "smart_quote", "new"),
        (template_row(1, "A &amp; B<br>is {#var#} -ACME"), "escapes_undone", "new"),
        (template_row(1, "{#var#} " + "x" * 1992), "many_characters", "new"),
        (template_row(1, "{#var#} " + "x" * 1993), "text_too_long", "refused"),
        (template_row(1, "a {#var#}" * 400), "text_too_long", "refused"),
        (template_row(1, "{#var#}" * 280 + " end of it"), "many_variables", "new"),
        (template_row(1, "Hi {#Var#} -ACME"), "broken_tag", "refused"),
        (template_row(1, type="Novel"), "category_unknown", "refused"),
        (template_row(1, status="Perhaps"), "status_unknown", "new"),
        (template_row(1, id="123"), "invalid_dlt_id", "refused"),
    ],
)
def test_what_is_odd_in_a_row_is_said_there(tenant: UUID, row: list[str], code: str, verdict: str) -> None:
    job = upload(tenant, csv_of([row]))
    assert verdicts(job) == [verdict]
    assert code in codes(job) or code == "many_characters"


def test_windows_1252_marks_and_line_breaks_in_cells_survive(tenant: UUID) -> None:
    body = 'Dear {#var#},\nyour "café" is\nready. -ACME'
    for number, encoding in enumerate(("cp1252", "utf-8-sig", "utf-16")):
        content = csv_of([template_row(number, body.replace("Dear", f"Dear{number}"))]).decode().encode(encoding)
        take_in(tenant, content)
    with tenant_context(tenant):
        bodies = Template.objects.order_by("name").values_list("body", flat=True)
        assert list(bodies) == [body.replace("Dear", f"Dear{number}") for number in range(3)]


def test_dates_come_in_three_notations(tenant: UUID) -> None:
    header = [*TEMPLATE_HEADER, "Approved On"]
    dates = ["31-12-2026 10:00", "31/12/2026", "2026-12-31", "12/31/2026"]
    job = upload(tenant, csv_of([[*template_row(n), day] for n, day in enumerate(dates)], header))
    assert [row.values.get("valid_from") for row in rows_of(job)] == ["2026-12-31"] * 3 + [None]
    assert "date_unreadable" in codes(job)


def test_a_killed_worker_leaves_whole_stretches_and_the_next_one_goes_on(
    tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "STRETCH", 2)
    job = upload(tenant, csv_of([template_row(number) for number in range(5)]))
    with tenant_context(tenant):
        imports.apply_import(import_id=job.pk, actor=REVIEWER, may_approve=True, now=NOW)
        imports.apply_stretch(import_id=job.pk, size=2, now=NOW)
    with tenant_context(tenant):
        assert DltRegistration.objects.count() == Template.objects.count() == 2
    done = work(job)
    assert (done.state, done.position) == ("applied", 5)
    with tenant_context(tenant):
        assert DltRegistration.objects.count() == Template.objects.count() == 5
        assert not PortalImportRow.objects.filter(is_applied=False, verdict="new").exists()


def test_entities_headers_chains_links_and_consents_are_imported_too(tenant: UUID) -> None:
    entity, partner = dlt_id("01"), dlt_id("02")
    take_in(tenant, csv_of([[entity, "Beta Ltd", "Active"]], ["PE ID", "Entity Name", "Status"]), kind=Kind.ENTITIES)
    files = {
        Kind.HEADERS: (["Header Name", "PEID", "Status"], ["BETAIN", entity, "Active"]),
        Kind.CHAINS: (["Entity ID", "TM Chain", "Status"], [entity, partner, "Active"]),
        Kind.LINKS: (["URL", "Type", "PE ID", "Status"], ["https://beta.in/x", "Static URL", entity, "Whitelisted"]),
        Kind.CONSENTS: (["Consent ID", "Name", "Scope", "PE ID"], [dlt_id("04"), "News", "News of Beta", entity]),
    }
    for kind, (header, row) in files.items():
        assert take_in(tenant, csv_of([row], header), kind=kind).position == 1
        assert verdicts(upload(tenant, csv_of([row], header), kind=kind))[0] == "unchanged"
    with tenant_context(tenant):
        owner = Entity.objects.get(dlt_entity_id=entity)
        assert Sender.objects.get(header="BETAIN").entity == owner
        assert Chain.objects.get().delivery_id == partner
        assert (Link.objects.get().entity, ConsentTemplate.objects.get().entity) == (owner, owner)


def test_without_the_permission_nothing_is_approved_by_a_file(tenant: UUID) -> None:
    job = upload(tenant, csv_of([template_row(1)]))
    with tenant_context(tenant), pytest.raises(WrongState, match="role"):
        imports.apply_import(import_id=job.pk, actor=REVIEWER, may_approve=False, now=NOW)
