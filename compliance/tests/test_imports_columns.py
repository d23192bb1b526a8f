"""Columns as portals name them, and as people map them."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from uuid import UUID

import pytest
from django.conf import LazySettings

from compliance.models import ColumnMapping, Template
from compliance.services import imports
from compliance.tests.builders import NOW, make_sender
from compliance.tests.exports import (
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
)
from kernel.db.tenancy import tenant_context
from kernel.domain.ids import uuid7

pytestmark = pytest.mark.django_db
SAID: Final = {
    "id": template_id(1),
    "name": "Order",
    "text": TEXT,
    "type": "Service Implicit",
    "header": "ACMEIN",
    "trade": "Retail",
}
# Header rows as portals' forms and exports have been seen, with what stands below them.
PORTALS: Final = {
    "category under content type": {
        "Template ID": SAID["id"],
        "Template Name": SAID["name"],
        "Communication Type": "SMS",
        "Content Type": SAID["type"],
        "Template Type": "TEXT",
        "Content Category": SAID["trade"],
        "Header": SAID["header"],
        "Consent Template ID": "",
        "Template Content": SAID["text"],
        "Status": "REGISTERED VIA AIRTEL",
    },
    "category under template type": {
        "Template Id": SAID["id"],
        "Template Name": SAID["name"],
        "Template Type": SAID["type"],
        "Content Type": "Text",
        "Category": SAID["trade"],
        "Header(s)": SAID["header"],
        "Template Message": SAID["text"],
        "Approval Status": "Approved",
    },
    "capitals and underscores": {
        "TEMPLATE_ID": SAID["id"],
        "TEMPLATE_NAME": SAID["name"],
        "TEMPLATE_CONTENT": SAID["text"],
        "VARIABLE_COUNT": "2",
        "HEADER": SAID["header"],
        "TEMPLATE_TYPE": SAID["type"],
        "INDUSTRY": SAID["trade"],
        "STATUS": "Active",
    },
    "a register of a telemarketer": {
        "DLT-ID": SAID["id"],
        "name": SAID["name"],
        "header": SAID["header"],
        "communication-type": SAID["type"],
        "category": SAID["trade"],
        "content": SAID["text"],
        "consent-DLT-ID": "",
        "status": "Registered via Airtel",
    },
}


@pytest.fixture
def tenant(db: None, settings: LazySettings, tmp_path: Path) -> UUID:
    """A tenant with the approved sender ACMEIN."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    value = uuid7()
    with tenant_context(value):
        make_sender()
    return value


@pytest.mark.parametrize("name", PORTALS)
def test_the_columns_of_known_portals_are_recognised(tenant: UUID, name: str) -> None:
    file = PORTALS[name]
    job = upload(tenant, csv_of([list(file.values())], list(file)))
    assert verdicts(job) == ["new"], rows_of(job)[0].findings
    values = rows_of(job)[0].values
    assert (values["template_id"], values["body"], values["header"]) == (SAID["id"], TEXT, "ACMEIN")
    assert (values["category_raw"], values["portal_state"]) == ("service_implicit", "active")
    assert (values["name"], values["business_category"]) == ("Order", "Retail")


def test_a_mapping_by_hand_is_remembered_for_the_next_file_with_this_header(tenant: UUID) -> None:
    header = ["Ref", "Title", "Template Content", "Template Type", "Header", "Status"]
    job = upload(tenant, csv_of([template_row(1)], header))
    with tenant_context(tenant):
        imports.map_columns(import_id=job.pk, mapping=["template_id", "name", *job.mapping[2:]], now=NOW)
    assert verdicts(work(job)) == ["new"]
    later = upload(tenant, csv_of([template_row(2)], [name.upper() for name in header]))
    assert (later.state, verdicts(later)) == ("ready", ["new"])
    assert later.mapping[:2] == ["template_id", "name"]


def test_a_mapping_is_remembered_for_its_own_organisation_and_kind_only(tenant: UUID) -> None:
    header = ["Ref", "Title", "Template Content", "Template Type", "Header", "Status"]
    job = upload(tenant, csv_of([template_row(1)], header))
    with tenant_context(tenant):
        imports.map_columns(import_id=job.pk, mapping=["template_id", "", *job.mapping[2:]], now=NOW)
        assert ColumnMapping.objects.get().kind == Kind.TEMPLATES
    stranger = uuid7()
    with tenant_context(stranger):
        make_sender()
    assert upload(stranger, csv_of([template_row(2)], header)).state == "mapping"


def test_the_portals_category_is_stored_and_changes_in_place(tenant: UUID) -> None:
    header = ["Template ID", "Template Name", "Template Content", "Template Type", "Header", "Status", "Category"]
    take_in(tenant, csv_of([[*template_row(1), "Retail"]], header))
    job = upload(tenant, csv_of([[*template_row(1), "Banking"]], header))
    assert rows_of(job)[0].changes == {"business_category": ["Retail", "Banking"]}
    take_in(tenant, csv_of([[*template_row(1), "Banking"]], header))
    with tenant_context(tenant):
        assert [(each.version, each.business_category) for each in Template.objects.all()] == [(1, "Banking")]


def test_submitted_rows_stand_in_the_queue_with_their_counts(tenant: UUID) -> None:
    take_in(tenant, csv_of([template_row(1, "FREE!!! WIN {#var#} NOW at bit.ly/x -ACME")]), review=Choice.SUBMIT)
    with tenant_context(tenant):
        template = Template.objects.get()
    assert template.state == "submitted"
    assert template.advice_count > 0


@pytest.mark.parametrize(
    ("header", "code", "verdict"),
    [("АСМЕIN", "lookalike_letters", "refused"), ("BETA\u200bIN", "hidden_character", "new")],
)
def test_odd_letters_in_a_header_are_found(tenant: UUID, header: str, code: str, verdict: str) -> None:
    job = upload(tenant, csv_of([[header, "Active"]], ["Header", "Status"]), kind=Kind.HEADERS)
    assert (verdicts(job)[0], codes(job)) == (verdict, {code})
