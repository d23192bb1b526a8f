from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from audit.models import Entry
from audit.services import SYSTEM, record
from kernel.db.tenancy import tenant_context
from kernel.domain.ids import uuid7
from kernel.web.pagination import Page, keyset_page
from tenants.tests.builders import make_tenant

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture
def tenant_id() -> UUID:
    """A tenant with seven rows of a list."""
    found = make_tenant().id
    with tenant_context(found):
        Entry.objects.exists()
        for number in range(7):
            record(action="test", actor=SYSTEM, object_type="row", object_id=uuid7(), summary=str(number), now=AT)
    return found


def page(tenant_id: UUID, url: str | None, size: int = 3) -> Page[Entry]:
    assert url is not None
    request: HttpRequest = RequestFactory().get(f"/list/{url}")
    with tenant_context(tenant_id):
        return keyset_page(Entry.objects.filter(action="test"), request, size=size)


def shown(of: Page[Entry]) -> list[str]:
    return [entry.summary for entry in of]


def test_pages_go_to_the_oldest_row_and_back(tenant_id: UUID) -> None:
    first = page(tenant_id, "?state=all")
    second = page(tenant_id, first.older_url)
    third = page(tenant_id, second.older_url)
    assert [shown(first), shown(second), shown(third)] == [["6", "5", "4"], ["3", "2", "1"], ["0"]]
    assert (first.newer_url, third.older_url) == (None, None)
    assert shown(page(tenant_id, third.newer_url)) == ["3", "2", "1"]
    assert shown(page(tenant_id, second.newer_url)) == ["6", "5", "4"]


def test_the_first_page_is_known_as_such_on_the_way_back(tenant_id: UUID) -> None:
    second = page(tenant_id, page(tenant_id, "").older_url)
    assert page(tenant_id, second.newer_url).newer_url is None


def test_other_words_of_the_address_are_kept(tenant_id: UUID) -> None:
    older = page(tenant_id, "?state=all&after=nonsense").older_url
    assert older is not None
    assert older.startswith("?state=all&before=")


def test_an_unreadable_key_shows_the_newest_page(tenant_id: UUID) -> None:
    assert shown(page(tenant_id, "?before=nonsense")) == ["6", "5", "4"]


def test_an_empty_list_has_no_neighbours() -> None:
    empty = page(make_tenant().id, "")
    assert (empty.older_url, empty.newer_url) == (None, None)
