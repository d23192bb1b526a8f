"""The whole story in a browser: import, approval, campaign, live progress, and a cost that equals the ledger."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.browser import Watch
from tests.fixtures.stack import Stack
from tests.story.browser import SLOW_MS, Browser

PEOPLE = 300
REFUSED = 2
NEW_LIST = "Pick-ups of the week"
CAMPAIGN = "Pick-up reminders"
TEMPLATE = "Pick-up reminder"
DLT_ID = "1107163820000098765"
KOLKATA = ZoneInfo("Asia/Kolkata")


@pytest.fixture
def contacts(tmp_path: Path) -> Path:
    """A spreadsheet's export: a few rows cannot be used, one number is there twice."""
    path = tmp_path / "pick-ups.csv"
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["Mobile", "Name", "order", "day"])
        for number in range(PEOPLE):
            writer.writerow([f"98201{number:05}", f"Person {number}", f"P-{number}", "Friday"])
        writer.writerow(["080 2345 6789", "Landline", "P-900", "Friday"])
        writer.writerow(["not a number", "Nobody", "P-901", "Friday"])
        writer.writerow(["+91 98201 00000", "Person 0 again", "P-0", "Friday"])
    return path


def import_contacts(maya: Browser, contacts: Path) -> None:
    maya.open("/imports/new/")
    maya.page.get_by_label("File").set_input_files(contacts)
    maya.page.get_by_label("Name of the new list").fill(NEW_LIST)
    maya.press("Upload and check")
    expect(maya.page.get_by_role("heading", name="What becomes of the columns")).to_be_visible(timeout=SLOW_MS)
    maya.press(re.compile("^Import"))
    expect(maya.page.locator("main")).to_contain_text("Rows that were left out", timeout=SLOW_MS)
    with maya.page.expect_download() as download:
        maya.page.get_by_role("link", name="All as CSV").click()
    rejected = download.value.path().read_text(encoding="utf-8-sig")
    assert len(list(csv.reader(io.StringIO(rejected)))) == 1 + REFUSED
    assert "Landline" in rejected


def approve_template(omar: Browser) -> None:
    omar.open("/review/")
    omar.page.get_by_role("link", name=re.compile(TEMPLATE)).first.click()
    omar.press("Approve")
    expect(omar.page).to_have_url(re.compile("/review/$"))
    omar.open("/templates/")
    omar.page.get_by_role("link", name=re.compile(TEMPLATE)).first.click()
    omar.page.get_by_label("DLT template id").fill(DLT_ID)
    omar.press("Record registration")
    expect(omar.page.locator("main")).to_contain_text(DLT_ID)


def compose(maya: Browser) -> None:
    page = maya.page
    maya.open("/campaigns/new/")
    page.get_by_label("Name of the campaign").fill(CAMPAIGN)
    page.get_by_label(re.compile(NEW_LIST)).check()
    maya.press(re.compile("^Continue"))
    page.get_by_label("Template").select_option(label=f"{TEMPLATE} v1 · {maya.stack.demo['tenants'][0]['sender']}")
    # Columns that are called like the variables are chosen already, and the phone shows the first person's text.
    expect(page.locator("#preview")).to_contain_text("your order P-0 waits for you at our shop until Friday")
    maya.press(re.compile("^Continue"))


def schedule(maya: Browser) -> None:
    page, yesterday = maya.page, datetime.now(KOLKATA) - timedelta(days=1)
    page.get_by_label("At a time").check()
    page.get_by_label("Date and time").fill(f"{yesterday:%Y-%m-%dT%H:%M}")
    maya.press(re.compile("^Continue"))
    # A time in the past is refused with words, and what was typed is still there.
    expect(page.locator("#id_local_error")).to_contain_text("is over")
    expect(page.get_by_label("Date and time")).to_have_value(f"{yesterday:%Y-%m-%dT%H:%M}")
    page.get_by_label("Now", exact=True).check()
    maya.press(re.compile("^Continue"))


def send_and_watch(maya: Browser) -> None:
    page = maya.page
    expect(page.locator("main")).to_contain_text("Will be sent to")
    maya.press("Send now")
    maya.confirm("Send now")
    expect(page.get_by_role("heading", name="Where it stands")).to_be_visible()
    page.evaluate("window.isSamePage = true")
    expect(page.locator("#live")).to_contain_text(f"{PEOPLE} of {PEOPLE} people accounted for", timeout=SLOW_MS)
    # The figures came by themselves: the page was never loaded again.
    assert page.evaluate("window.isSamePage")
    expect(page.locator("#live")).to_contain_text(re.compile(f"Delivered\\s*{PEOPLE}"))
    page.locator("#live").get_by_role("link", name=re.compile("Delivered")).click()
    expect(page.get_by_role("row")).not_to_have_count(0)


def cost_in_report(farah: Browser) -> int:
    """What the month's CSV says the campaign cost, in micros."""
    farah.open("/money/costs/")
    expect(farah.page.get_by_role("row", name=re.compile(CAMPAIGN))).to_be_visible()
    farah.press("Download as CSV")
    link = farah.page.get_by_role("link", name=re.compile("download", re.IGNORECASE))
    expect(link.first).to_be_visible(timeout=SLOW_MS)
    with farah.page.expect_download() as download:
        link.first.click()
    rows = list(csv.reader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"))))
    (row,) = [row for row in rows if CAMPAIGN in row]
    (cost,) = [cell for cell in row if re.fullmatch(r"\d+\.\d{6}", cell)]
    return int(cost.replace(".", ""))


def test_a_campaign_from_the_file_to_the_ledger(
    stack: Stack, open_page: Callable[..., Page], watch: Watch, contacts: Path
) -> None:
    watch.expect("status of 422")  # the schedule in the past
    maya, omar, farah = (Browser(stack, open_page(), role) for role in ("marketer", "compliance", "finance"))
    import_contacts(maya, contacts)
    approve_template(omar)
    compose(maya)
    schedule(maya)
    send_and_watch(maya)
    charged = "SELECT -sum(amount_micros)::bigint FROM billing_ledgerentry WHERE kind = 'charge' AND campaign_id = %s"
    ((campaign_id,),) = stack.rows("SELECT id FROM campaigns_campaign WHERE name = %s", [CAMPAIGN])
    assert stack.rows(charged, [campaign_id]) == [(cost_in_report(farah),)]
    assert stack.manage("audit_books").returncode == 0
