"""The review pages in Chromium: by keys, by selection, without scripts, on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from compliance import services
from compliance.models import Sender, Template
from compliance.statuses import PortalState, ReviewState
from compliance.tests.builders import NOW, WRITER, make_sender, make_template
from compliance.tests.company import Company, make_company
from tests.fixtures.browser import Engine


@pytest.fixture
def site(live_server: LiveServer) -> str:
    return str(live_server.url)


@pytest.fixture
def staff(site: str) -> Company:
    """With three templates that wait."""
    company = make_company()
    with company.inside():
        sender = make_sender()
        for name in ("Order", "Bill", "Delivery"):
            template = make_template(sender=sender, name=name, is_approved=False, portal_state=None)
            services.submit(item=template, actor=WRITER, now=NOW)
    return company


def enter(page: Page, site: str, client: Client, path: str = "/review/") -> None:
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])
    page.goto(site + path)


def states(company: Company) -> dict[str, str]:
    with company.inside():
        return dict(Template.objects.values_list("name", "state"))


def test_a_reviewer_decides_about_two_of_three_with_the_keyboard_alone(site: str, staff: Company, page: Page) -> None:
    enter(page, site, staff.omar)
    for key in ("j", "x", "j", "j", "k", "x"):
        page.keyboard.press(key)
    expect(page.locator("[data-queue-count]")).to_have_text("2 selected")
    page.keyboard.press("r")
    expect(page.get_by_role("heading", name="Reject: 2 items")).to_be_visible()
    page.get_by_label("Note").fill("Name the shop")
    page.get_by_role("button", name="Reject: 2").press("Enter")
    expect(page.get_by_text("Reject: done for 2.")).to_be_visible()
    assert states(staff) == {"Order": "rejected", "Bill": "rejected", "Delivery": "submitted"}


def test_keys_are_shown_and_mean_the_row_one_is_on(site: str, staff: Company, page: Page) -> None:
    enter(page, site, staff.omar)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="Approve: 1 item")).to_be_visible()
    page.go_back()
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.get_by_role("heading", name="Order v1")).to_be_visible()
    assert set(states(staff).values()) == {ReviewState.SUBMITTED}


def test_enter_on_a_ticked_row_decides_nothing(site: str, staff: Company, page: Page) -> None:
    enter(page, site, staff.omar)
    for key in ("j", "x", "Enter", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator("[data-queue-count]")).to_have_text("2 selected")
    page.keyboard.press("a")
    expect(page.get_by_role("heading", name="Approve: 2 items")).to_be_visible()


def test_keys_on_a_decision_lead_to_the_note_and_the_button(site: str, staff: Company, page: Page) -> None:
    with staff.inside():
        template = Template.objects.get(name="Bill")
    enter(page, site, staff.omar, f"/review/templates/{template.pk}/")
    page.keyboard.press("c")
    expect(page.get_by_label("Note")).to_be_focused()
    page.keyboard.type("a jar")  # keys are letters while one writes
    page.keyboard.press("Tab")
    page.keyboard.press("c")
    expect(page.get_by_role("button", name="Ask for changes")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site}/review/")
    assert states(staff)["Bill"] == ReviewState.CHANGES_ASKED


def test_the_queue_loads_what_needs_attention(site: str, staff: Company, page: Page) -> None:
    with staff.inside():
        state = PortalState.BLACKLISTED
        services.register_sender(sender_id=Sender.objects.get().pk, portal_state=state, actor=WRITER, now=NOW)
    enter(page, site, staff.omar)
    expect(page.get_by_text("Header ACMEIN is blacklisted on its portal")).to_be_visible()


def test_a_selection_is_decided_without_scripts(site: str, staff: Company, chromium: Engine) -> None:
    with chromium.in_use() as browser:
        page = _without_scripts(browser)
        enter(page, site, staff.omar)
        page.get_by_role("checkbox", name="Select Order v1").check()
        page.get_by_role("button", name="Approve").click()
        page.get_by_role("button", name="Approve: 1").click()
        expect(page.get_by_role("heading", name="Review queue")).to_be_visible()
        page.context.close()
    assert states(staff)["Order"] == ReviewState.APPROVED


def _without_scripts(browser: Browser) -> Page:
    return browser.new_context(java_script_enabled=False).new_page()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_review_page_scrolls_sideways_on_a_phone(
    scheme: str, site: str, staff: Company, open_page: Callable[..., Page]
) -> None:
    with staff.inside():
        template = Template.objects.get(name="Bill")
    page = open_page(phone=True, color_scheme=scheme)
    for path in ("/review/", f"/review/templates/{template.pk}/", "/review/attention/", "/settings/notifications/"):
        enter(page, site, staff.omar, path)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
