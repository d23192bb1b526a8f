"""What only a browser shows: previews that follow the form, and progress that comes by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from campaigns.models import Campaign
from campaigns.services import composing, running
from campaigns.tests.builders import MAYA, NOW, Cast, expand_all, make_campaign, make_cast, make_list, number, sign_in
from campaigns.tests.files import csv_of, upload, work
from kernel.db.tenancy import tenant_context
from tenants.roles import Role

pytestmark = pytest.mark.django_db(transaction=True)


def browse(page: Page, cast: Cast, live_server: Any, path: str) -> Page:
    """Open a page as a marketer."""
    cookie = sign_in(cast, Role.MARKETER).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page.goto(f"{live_server.url}{path}")
    return page


def test_the_preview_follows_the_form(live_server: Any, page: Page) -> None:
    cast = make_cast()
    with tenant_context(cast.tenant_id):
        people = make_list(count=3)
        campaign = composing.create_campaign(name="Diwali", zone="Asia/Kolkata", actor=MAYA, now=NOW)
        composing.set_audience(campaign_id=campaign.id, name="Diwali", list_ids=[people.id])
    browse(page, cast, live_server, reverse("campaigns:campaign-message", args=[campaign.pk]))
    page.get_by_label("Template").select_option(str(cast.template_id))
    expect(page.locator("#preview")).to_contain_text("Dear Person 0, your order A1 is on its way.")
    page.get_by_label("order", exact=True).select_option(label="A fixed text")
    page.get_by_label("Fixed text").nth(1).fill("“seven”")
    expect(page.locator("#preview")).to_contain_text("your order “seven” is on its way.")
    expect(page.locator("#preview")).to_contain_text("texts need Unicode")
    page.get_by_role("button", name="Replace these characters").click()
    expect(page.locator("#preview")).to_contain_text('your order "seven" is on its way.')
    page.get_by_role("button", name="Continue to the schedule").click()
    expect(page.get_by_label("Date and time")).to_be_visible()


def test_progress_and_buttons_come_without_a_reload(live_server: Any, page: Page) -> None:
    cast = make_cast()
    with tenant_context(cast.tenant_id):
        campaign = make_campaign(cast, make_list(count=3, other="x"))
        composing.launch(campaign_id=campaign.id, actor=MAYA, now=NOW)
    browse(page, cast, live_server, reverse("campaigns:campaign", args=[campaign.pk]))
    expect(page.get_by_role("button", name="Take back and change")).to_be_visible()
    page.evaluate("window.isSamePage = true")
    running.claim_due(now=NOW)
    with tenant_context(cast.tenant_id):
        run = running.prepare(campaign_id=campaign.id, now=NOW)
    assert run is not None
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    with tenant_context(cast.tenant_id):
        expand_all(run)
        Campaign.objects.update(state="finished", finished_at=NOW)
    expect(page.locator("#live")).to_contain_text("3 of 3 people accounted for")
    expect(page.locator("#campaign-state")).to_contain_text("Finished")
    expect(page.locator("#live")).not_to_have_attribute("hx-trigger", "every 2s")
    assert page.evaluate("window.isSamePage")


def test_why_not_answers_on_the_page(live_server: Any, page: Page) -> None:
    cast = make_cast()
    with tenant_context(cast.tenant_id):
        campaign = make_campaign(cast, make_list())
    browse(page, cast, live_server, reverse("campaigns:campaign", args=[campaign.pk]))
    page.get_by_label("What happened to this number?").fill(number(1))
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("#answer")).to_contain_text("The campaign has not begun")


def test_an_upload_ends_on_the_preview_by_itself(
    live_server: Any, open_page: Callable[..., Page], settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    cast = make_cast()
    job = upload(cast.tenant_id, csv_of(3))
    with tenant_context(cast.tenant_id):
        type(job).objects.update(state="reading")
    page = browse(open_page(phone=True), cast, live_server, reverse("campaigns:import", args=[job.pk]))
    expect(page.locator("#live")).to_contain_text("being read")
    work(cast.tenant_id, job.id)
    expect(page.get_by_role("heading", name="What becomes of the columns")).to_be_visible()
