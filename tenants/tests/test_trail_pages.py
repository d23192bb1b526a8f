from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.exports import build_export, clear_old_files, overdue_exports
from audit.models import Entry, TrailExport
from audit.queries import Search, entries
from audit.sealing import seal_all
from audit.services import Actor, record
from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.ids import uuid7
from kernel.tables.workbooks import unpack
from tenants.models import Tenant, User
from tenants.roles import Role
from tenants.tests.builders import make_member, make_tenant, make_user, signed_in

pytestmark = pytest.mark.django_db
TRAIL = "/settings/audit/"
TESTS = Actor(None, "Tests")


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("Aarohi Bank", owner=make_user("asha@example.com", full_name="Asha Rao"))


@pytest.fixture
def owner(tenant: Tenant) -> Client:
    return signed_in(User.objects.get(email="asha@example.com"))


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def act(tenant: Tenant, action: str, summary: str, actor: Actor = TESTS) -> None:
    with tenant_context(tenant.id):
        record(action=action, actor=actor, object_type="thing", object_id=uuid7(), summary=summary)


def test_the_trail_says_from_where_a_page_was_used(tenant: Tenant, owner: Client) -> None:
    member = make_member(tenant, Role.VIEWER)
    agent = {"user-agent": "Firefox\x1b[31m " + "x" * 300}
    owner.post(f"/settings/members/{member.pk}/role/", {"role": "finance"}, headers=agent, REMOTE_ADDR="2001:DB8::7")
    with tenant_context(tenant.id):
        entry = Entry.objects.order_by("-pk")[0]
    assert entry.ip == "2001:db8::7"
    assert entry.agent is not None
    assert entry.agent.startswith("Firefox[31m xxx")
    assert len(entry.agent) == 200
    assert "2001:db8::7" in owner.get(TRAIL).text
    assert "instead of viewer" not in owner.get(f"{TRAIL}?ip=203.0.113.9").text


def test_only_proxies_of_ours_are_believed(tenant: Tenant, owner: Client, settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    member = make_member(tenant, Role.VIEWER)
    forged = {"x-forwarded-for": "1.1.1.1, 203.0.113.7"}
    owner.post(f"/settings/members/{member.pk}/role/", {"role": "finance"}, headers=forged, REMOTE_ADDR="10.0.0.2")
    with tenant_context(tenant.id):
        assert Entry.objects.order_by("-pk")[0].ip == "203.0.113.7"


def test_the_trail_is_searched(tenant: Tenant, owner: Client) -> None:
    act(tenant, "template.approve", "Approved the template Order")
    act(tenant, "template.reject", "Rejected the template Order", Actor(uuid7(), "Somebody"))
    for query, expected in (
        ("action=template.approve", {"Approved"}),
        ("text=Rejected", {"Rejected"}),
        ("text=rejected", set()),
        (f"since={utc_now():%Y-%m-%d}&text=Approved", {"Approved"}),
        ("until=2020-01-01", set()),
    ):
        page = owner.get(f"{TRAIL}?{query}").text
        found = {word for word in ("Approved", "Rejected") if f"{word} the template" in page}
        assert found == expected, query
    with tenant_context(tenant.id):
        assert entries(Search(action="template.")).count() == 2
    assert "This day is before the first one" in owner.get(f"{TRAIL}?since=2026-02-02&until=2026-02-01").text


def test_a_search_costs_the_same_however_long_the_trail(tenant: Tenant, owner: Client) -> None:
    asked = []
    for count in (3, 40):
        for number in range(count):
            act(tenant, f"thing.change_{number % 3}", f"Changed {number}")
        owner.get(TRAIL)
        with CaptureQueriesContext(connection) as captured:
            owner.get(f"{TRAIL}?text=Changed&action=thing.change_1")
        asked.append(len(captured))
    assert asked[0] == asked[1]


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_what_was_found_is_fetched_as_a_file(tenant: Tenant, owner: Client, media: Path, suffix: str) -> None:
    act(tenant, "thing.change", "=Changed a thing")
    act(tenant, "other.change", "Left alone")
    seal_all(now=utc_now())
    place = owner.post(f"{TRAIL}exports/?action=thing.change", {"suffix": suffix})["Location"]
    export_id = UUID(place.split("/")[-2])
    assert "A worker is writing the file" in owner.get(place).text
    assert owner.get(f"{place}download/").status_code == 404
    build_export(tenant_id=tenant.id, export_id=export_id, now=utc_now())
    assert "Download" in owner.get(place).text
    content = b"".join(owner.get(f"{place}download/").streaming_content)  # type: ignore[attr-defined]  # a FileResponse
    path = media / f"fetched.{suffix}"
    path.write_bytes(content)
    if suffix == "csv":
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    else:
        rows = [list(found.cells) for found in unpack(path)]
    assert len(rows) == 2
    row = dict(zip(rows[0], rows[1], strict=True))
    assert row["action"] == "thing.change"
    assert row["summary"].lstrip("'") == "=Changed a thing"
    assert len(row["digest"]) == 64


def test_lost_exports_are_found_and_old_files_cleared(tenant: Tenant, owner: Client, media: Path) -> None:
    place = owner.post(f"{TRAIL}exports/", {"suffix": "csv"})["Location"]
    export_id, now = UUID(place.split("/")[-2]), utc_now()
    assert overdue_exports(now) == []
    assert overdue_exports(now + timedelta(hours=1)) == [(tenant.id, export_id)]
    build_export(tenant_id=tenant.id, export_id=export_id, now=now)
    build_export(tenant_id=tenant.id, export_id=export_id, now=now)
    assert overdue_exports(now + timedelta(hours=1)) == []
    assert clear_old_files(now) == 0
    assert clear_old_files(now + timedelta(days=31)) == 1
    assert owner.get(f"{place}download/").status_code == 404


def test_a_file_that_cannot_be_written_says_so(tenant: Tenant, owner: Client, media: Path) -> None:
    (media / "trails" / str(tenant.id)).mkdir(parents=True)
    place = owner.post(f"{TRAIL}exports/", {"suffix": "csv"})["Location"]
    export_id = UUID(place.split("/")[-2])
    (media / "trails" / str(tenant.id) / f"{export_id}.part").mkdir()
    build_export(tenant_id=tenant.id, export_id=export_id, now=utc_now())
    with tenant_context(tenant.id):
        assert TrailExport.objects.get().state == TrailExport.State.FAILED
    assert "could not be written" in owner.get(place).text
