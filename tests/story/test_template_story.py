"""A template's whole life in a browser: import, findings, rejection, change, approval, sending, suspension."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from messaging.statuses import BatchState, Hold
from tests.fixtures.stack import Stack
from tests.stack.api import Client, control
from tests.story.browser import SLOW_MS, Browser
from tests.waiting import until

NAME = "Service due"
DLT_ID = "1107163820000097301"
FIRST_TEXT = "Dear {#var#}, the service of your {#var#} is due. Book at https://bit.ly/arh-service - Aarohi Retail"
SECOND_TEXT = "Dear {#var#}, the service of your {#var#} is due. Book at 18002091234 - Aarohi Retail"
REASON = "Operators refuse public shorteners: give the number of our service line."
HELD = "SELECT count(*) FROM batches WHERE state = %s AND holds & %s <> 0 AND due_at > now()"
# The chains of the demo's two routes, by its entity, its aggregator and the telemarketer that hands over.
ENTITY_ID = "1101563820000012345"
CHAINS = {
    sha256(f"{ENTITY_ID},1102563820000071103,{delivery}".encode()).hexdigest()
    for delivery in ("1102563820000071101", "1102563820000071102")
}
API_PHONE, PAGE_PHONE, LATER_PHONE, LATE_PHONE = "+919819920001", "+919819920002", "+919819920003", "+919819920004"
# The simulator never sends receipts for these: the campaign stays under way.
CAMPAIGN_PHONES = [f"{prefix}909020" for prefix in range(9860, 9870)]


def text_for(name: str) -> str:
    return SECOND_TEXT.replace("{#var#}", name, 1).replace("{#var#}", "Pride X", 1)


def export(folder: Path, body: str) -> Path:
    """What the portal's page of templates gives."""
    path = folder / "templates.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["Template ID", "Template Name", "Template Message", "Template Type", "Header", "Status"])
        table.writerow([DLT_ID, NAME, body, "Service Implicit", "AAROHI", "Approved"])
    return path


def bring(priya: Browser, file: Path, verdict: str) -> None:
    """Upload, look at the difference, apply."""
    page = priya.page
    priya.open("/register/imports/new/")
    page.locator("[name=file]").set_input_files(file)
    page.get_by_label("Templates that are new here become").select_option("draft")
    priya.press("Upload and compare")
    expect(page.get_by_role("heading", name="What would change")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("row", name=re.compile(NAME))).to_contain_text(verdict)
    priya.press(re.compile("^Apply 1 row"))
    expect(page.get_by_role("heading", name="What was done")).to_be_visible(timeout=SLOW_MS)


def open_template(person: Browser) -> None:
    """The page of its youngest version."""
    person.open("/templates/")
    person.page.get_by_role("link", name=re.compile(NAME)).first.click()
    expect(person.page.get_by_role("heading", level=1)).to_contain_text(NAME)


def submit(priya: Browser) -> None:
    open_template(priya)
    priya.press("Submit for review")
    expect(priya.page.get_by_role("button", name="Take back")).to_be_visible()


def reject(omar: Browser) -> None:
    omar.open("/review/")
    omar.page.get_by_role("link", name=re.compile(NAME)).first.click()
    expect(omar.page.locator("main")).to_contain_text("bit.ly hides where the link leads")
    omar.page.get_by_label("Note").fill(REASON)
    omar.press("Reject")
    expect(omar.page).to_have_url(re.compile("/review/$"))


def read_news(priya: Browser) -> None:
    """In the browser at once, by mail when it is collected."""
    priya.open("/settings/notifications/")
    expect(priya.page.get_by_role("listitem").filter(has_text=f"Template {NAME} v1: rejected")).to_contain_text(REASON)
    mails = priya.stack.var / "mail"
    words = (f"Template {NAME} v1: rejected", "To: marketer@aarohi.example")

    def is_mailed() -> bool:
        return any(all(word in mail.read_text() for word in words) for mail in mails.glob("*.log"))

    until(is_mailed, timeout_s=150)


def approve(omar: Browser) -> None:
    omar.open("/review/")
    omar.page.get_by_role("link", name=re.compile(f"{NAME} v2")).click()
    expect(omar.page.get_by_text("18002091234").first).to_be_visible()
    omar.press("Approve")
    expect(omar.page).to_have_url(re.compile("/review/$"))


def check(omar: Browser) -> None:
    """The dry run finds the template by the text alone."""
    omar.open("/compliance/check/")
    omar.page.locator("main [name=sender]").fill("AAROHI")
    omar.page.locator("main [name=recipient]").fill(API_PHONE)
    omar.page.locator("main [name=text]").fill(text_for("Riya"))
    omar.press("Check")
    expect(omar.page.locator("main")).to_contain_text("The rules let it pass")
    expect(omar.page.get_by_role("link", name=re.compile(f"{NAME} v2"))).to_be_visible()
    expect(omar.page.locator("main")).to_contain_text(DLT_ID)


def choose(page: Page) -> None:
    """The approved version; pages name it in their own way."""
    select = page.get_by_role("combobox", name="Template")
    select.select_option(select.locator("option", has_text=f"{NAME} v2").get_attribute("value"))


def send_from_page(priya: Browser) -> None:
    page = priya.page
    priya.open("/messages/new/")
    choose(page)
    expect(page.get_by_text("Book at 18002091234").first).to_be_visible()
    page.get_by_label("To", exact=True).fill(PAGE_PHONE)
    for field, value in zip(page.locator("[data-compose-value]").all(), ("Kabir", "Pride X"), strict=True):
        field.fill(value)
    priya.press("Send")
    expect(page.get_by_text("The message is accepted")).to_be_visible()


def taken(stack: Stack, phone: str) -> list[dict[str, Any]]:
    """What the operator has of messages to a number."""
    found = control(stack, "messages?limit=1000")["messages"]
    return [message for message in found if message["destination"] == phone.removeprefix("+")]


def assert_registered_at_the_wire(stack: Stack, phone: str) -> None:
    (message,) = until(lambda: taken(stack, phone), timeout_s=30)
    tlvs = {tlv["tag"]: tlv["text"] for tlv in message["tlvs"]}
    assert (tlvs["0x1400"], tlvs["0x1401"]) == (ENTITY_ID, DLT_ID)
    assert tlvs["0x1402"] in CHAINS


def body(phone: str, **other: str) -> dict[str, str]:
    return {"to": phone, "from": "AAROHI", "text": text_for("Riya"), **other}


def launch(priya: Browser, folder: Path) -> str:
    """A campaign on the template to people whose receipts never come; returns its address."""
    page, people = priya.page, folder / "service.csv"
    people.write_text("Mobile,owner,thing\n" + "".join(f"{phone},Riya,Pride X\n" for phone in CAMPAIGN_PHONES))
    priya.open("/imports/new/")
    page.locator("[name=file]").set_input_files(people)
    page.get_by_label("Name of the new list").fill("Service customers")
    priya.press("Upload and check")
    expect(page.get_by_role("heading", name="What becomes of the columns")).to_be_visible(timeout=SLOW_MS)
    priya.press(re.compile("^Import"))
    page.get_by_role("link", name="Make a campaign").click(timeout=SLOW_MS)
    page.get_by_label("Name of the campaign").fill("Service reminders")
    page.get_by_label(re.compile("Service customers")).check()
    priya.press(re.compile("^Continue"))
    choose(page)
    for place, column in enumerate(("owner", "thing")):
        page.locator(f"[name=source-{place}]").select_option(f"c:{column}")
    priya.press(re.compile("^Continue"))
    page.get_by_label("Now", exact=True).check()
    priya.press(re.compile("^Continue"))
    priya.press("Send now")
    priya.confirm("Send now")
    expect(page.get_by_role("heading", name="Where it stands")).to_be_visible()
    return page.url.removeprefix(priya.stack.base_url)


def suspend(omar: Browser) -> None:
    """The portal suspended it, and somebody records that."""
    page = omar.page
    open_template(omar)
    page.get_by_text("Record what the portal says").click()
    page.get_by_label("State on the portal").select_option(label="Suspended")
    omar.press("Record registration")
    expect(page.get_by_text("Not ready for India")).to_be_visible()


def test_a_template_from_the_portals_file_to_its_suspension(
    stack: Stack, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    priya, omar, api = (
        Browser(stack, open_page(), "marketer"),
        Browser(stack, open_page(), "compliance"),
        Client.of(stack),
    )
    bring(priya, export(tmp_path, FIRST_TEXT), "New")
    submit(priya)
    reject(omar)
    read_news(priya)
    bring(priya, export(tmp_path, SECOND_TEXT), "Changed")
    submit(priya)
    approve(omar)
    check(omar)
    assert api.call("messages", body(API_PHONE))[0] == 202
    send_from_page(priya)
    for phone in (API_PHONE, PAGE_PHONE):
        assert_registered_at_the_wire(stack, phone)

    later = (datetime.now(ZoneInfo("UTC")) + timedelta(minutes=10)).isoformat()
    assert api.call("messages", body(LATER_PHONE, send_at=later))[0] == 202
    campaign = launch(priya, tmp_path)
    until(lambda: len(taken(stack, f"+91{CAMPAIGN_PHONES[0]}")) == 1, timeout_s=30)
    suspend(omar)
    status, refusal = api.call("messages", body(LATE_PHONE))
    assert (status, refusal["code"]) == (422, "template_not_approved")
    priya.open(campaign)
    expect(priya.page.locator("main")).to_contain_text("suspended", timeout=SLOW_MS)
    expect(priya.page.get_by_role("button", name="Resume")).to_be_visible()
    # The one that was accepted before, for later, is kept back.
    until(lambda: stack.rows(HELD, [BatchState.HELD, Hold.COMPLIANCE]) == [(1,)], timeout_s=60)
    assert [taken(stack, phone) for phone in (LATER_PHONE, LATE_PHONE)] == [[], []]
