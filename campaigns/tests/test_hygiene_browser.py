"""The hygiene of a list in a browser: the price is confirmed before anything is asked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from playwright.sync_api import Page, expect

from campaigns.models import LookupAnswer, Verification
from campaigns.tasks import verify_list
from campaigns.tests.builders import make_cast
from campaigns.tests.test_browser import browse
from campaigns.tests.test_hygiene import make_source
from campaigns.tests.test_hygiene_pages import examined_list
from kernel.db.tenancy import tenant_context

pytestmark = pytest.mark.django_db(transaction=True)


def verify(tenant_id: UUID, verification_id: UUID) -> None:
    """As a worker does it: in another thread than the browser's, whose event loop runs."""
    verify_list(str(tenant_id), str(verification_id))
    connections.close_all()


def test_the_price_is_confirmed_before_anybody_is_asked(live_server: Any, page: Page) -> None:
    make_source()
    cast = make_cast()
    people = examined_list(cast)
    browse(page, cast, live_server, f"/lists/{people.pk}/hygiene/")
    page.get_by_role("button", name="Everybody: 3 for").click()
    expect(page.get_by_role("dialog")).to_contain_text("Only answers are paid")
    page.get_by_role("button", name="Go back").click()
    with tenant_context(cast.tenant_id):
        assert not Verification.objects.exists()
    page.get_by_role("button", name="Everybody: 3 for").click()
    page.get_by_role("button", name="Look up for").click()
    expect(page.locator("#live")).to_contain_text("numbers looked up")
    with tenant_context(cast.tenant_id):
        begun = Verification.objects.get()
    with ThreadPoolExecutor(1) as worker:
        worker.submit(verify, cast.tenant_id, begun.pk).result()
    # The page is polled, and loads itself anew at the end.
    expect(page.locator("body")).to_contain_text("3 answers for")
    with tenant_context(cast.tenant_id):
        assert LookupAnswer.objects.count() == 3
