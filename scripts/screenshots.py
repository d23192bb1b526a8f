"""Take the pictures of the README: a fresh demo, a day's traffic, the story of one campaign, photographed on the way.

The demo is an installation of its own, started as `make run` starts one; a running one is not touched. A page that does
not answer 200, or that its own browser complains about, ends this with the address: a picture of an error is worse than
none.

    .venv/bin/python scripts/screenshots.py route drain     # these alone, of CONSOLE
    .venv/bin/python scripts/screenshots.py desk            # every page of compliance, and those kept of it
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

# Run as a file, its folder is on the path instead of the roots.
sys.path[:0] = [str(root := Path(__file__).resolve().parent.parent), str(root / "platform")]

from django.urls import reverse  # noqa: E402
from playwright.sync_api import FilePayload, Page, sync_playwright  # noqa: E402

from bench.harness import connect, installation  # noqa: E402
from scripts.browser import NoBrowserError  # noqa: E402
from scripts.camera import PICTURES, Camera, Demo, NoPicture, Shot  # noqa: E402
from scripts.desk_pictures import find_records, take_best, take_desk  # noqa: E402
from tests.fixtures.stack import Stack  # noqa: E402
from tests.waiting import until  # noqa: E402

# --- traffic: what the simulator does with a number is in docs/smsc-simulator.md --------------------------------------

TRAFFIC: Final = 480
# How many of each ending; the first digits of the number tell them apart.
ENDINGS: Final = {"909001": 14, "909002": 5, "909003": 6, "909010": 9, "909030": 8}
SHOWN_ENDING: Final = "909001"


def numbers() -> Iterator[str]:
    yield from (f"+919820{60_000 + number:06}" for number in range(TRAFFIC))
    for ending, count in ENDINGS.items():
        yield from (f"+91{9820 + number}{ending}" for number in range(count))


def send_traffic(stack: Stack, demo: Demo) -> None:
    """Messages of both companies with every kind of end; returns when the last one has it."""
    for index, tenant in enumerate(demo.tenants):
        good = {"from": tenant["sender"], "text": tenant["sample_text"]}
        wanted = [{**good, "to": number} for number in numbers()][index::3]
        wanted.append({**good, "to": tenant["recipient"], "text": "Big sale today"})
        results = demo.api("messages/batch", {"messages": wanted}, tenant=index)["results"]
        if index == 0:
            ids = [result["id"] for draft, result in zip(wanted, results, strict=True) if SHOWN_ENDING in draft["to"]]
            demo.found["message"] = ids[0]
    until(lambda: stack.rows("SELECT count(*) FROM messages WHERE status < 50") == [(0,)], timeout_s=120)


# --- the story: a file becomes a list, the list a campaign ------------------------------------------------------------

LIST: Final = "Regulars in Pune"
TEMPLATE: Final = "Order dispatched"
FIRST: Final = ("Aarav", "Diya", "Ishaan", "Kavya", "Rohan", "Meera", "Arjun", "Ananya", "Vikram", "Sana")
# Receipts of these numbers come up to 49 seconds late: half of the campaign is under way when its picture is taken.
LATE: Final = [f"9090{number}" for number in range(50, 100)]
PREFIXES: Final = range(9820, 9880)
SHARE_DONE: Final = 0.45


def contact_file() -> bytes:
    """A file as it comes from a shop's own system: 3,000 people, some of whom cannot be used."""
    people = [f"{prefix} {ending[:3]} {ending[3:]}" for ending in LATE for prefix in PREFIXES]
    people += [f"{prefix}909001" for prefix in range(9820, 9850)]
    for place, unusable in enumerate(("020 2567 0000", "98200", "unknown", "9.82E+09", "98202 90905"), 1):
        people[7 * place] = unusable
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["Mobile", "Name", "Order", "Time"])
    for number, phone in enumerate(people):
        table.writerow([phone, FIRST[number % len(FIRST)], f"P-{2000 + number}", f"{number % 8 + 1} pm"])
    return out.getvalue().encode()


def tell_the_story(stack: Stack, demo: Demo, camera: Camera) -> None:
    with camera.page("marketer", height=900) as page:
        camera.open(page, reverse("campaigns:import-new"))
        file = FilePayload(name="regulars-pune.csv", mimeType="text/csv", buffer=contact_file())
        page.locator("[name=file]").set_input_files(file)
        page.locator("[name=name]").fill(LIST)
        page.get_by_role("button", name="Upload and check").click()
        page.locator("[name=column-0]").wait_for()
        camera.save(page, "import")
        page.get_by_role("button", name="Import", exact=False).last.click()
        page.get_by_role("link", name="Make a campaign").click()
        compose(camera, page)
        demo.found["campaign"] = page.url.rstrip("/").rpartition("/")[2]
        waiting = "SELECT count(*) FILTER (WHERE status >= 50) >= %s * count(*) FROM messages WHERE campaign_id = %s"
        campaign_id = demo.found["campaign"]
        until(lambda: stack.rows(waiting, [SHARE_DONE, campaign_id]) == [(True,)], timeout_s=120)
        camera.save(page, "campaign")


def compose(camera: Camera, page: Page) -> None:
    """The four steps, as a marketer goes through them; ends on the page of the campaign that was sent."""
    page.locator("[name=name]").fill("Deliveries in Pune")
    page.get_by_label(LIST).check()
    page.get_by_role("button", name="Continue to the message").click()
    template = page.locator("[name=template]").first
    wanted = template.locator("option", has_text=TEMPLATE).first.get_attribute("value")
    template.select_option(wanted)
    page.locator("#preview .dk-phone").first.wait_for()
    camera.save(page, "compose")
    page.get_by_role("button", name="Continue to the schedule").click()
    page.get_by_label("Now", exact=True).check()
    page.get_by_role("button", name="Continue to the check").click()
    page.get_by_role("button", name="Send now").click()
    page.get_by_role("dialog").get_by_role("button", name="Send now").click()
    page.get_by_text("people accounted for").first.wait_for()


# --- the pictures -----------------------------------------------------------------------------------------------------

PAGES: Final = (
    Shot(
        "campaign-phone",
        "marketer",
        lambda demo: reverse("campaigns:campaign", args=[demo.found["campaign"]]),
        is_phone=True,
    ),
    Shot("home", "owner", lambda demo: reverse("reporting:home"), shows="canvas", height=1270),
    Shot("home-phone-dark", "owner", lambda demo: reverse("reporting:home"), "dark", is_phone=True, shows="canvas"),
    Shot("message", "developer", lambda demo: reverse("messaging:message", args=[demo.found["message"]]), height=960),
    Shot("money", "finance", lambda demo: reverse("billing:wallet")),
    Shot("console-dark", "platform", lambda demo: reverse("reporting:console"), "dark", height=1128),
)

# Of the platform's staff: they need traffic, and nobody's campaign.
CONSOLE: Final = (
    Shot("route", "platform", lambda demo: reverse("routing:route-detail", args=[demo.found["route"]]), height=920),
    Shot(
        "drain",
        "platform",
        lambda demo: reverse("routing:route-state", args=[demo.found["route"], "draining"]),
        shows="#preview table",
        height=1010,
    ),
)


DESK: Final = "desk"


def take_all(stack: Stack, demo: Demo, camera: Camera, names: Sequence[str]) -> None:
    """Everything, or what is named; the desk before traffic changes what it shows."""
    if not names or DESK in names:
        find_records(stack, demo)
        take_best(camera, demo)
        take_desk(camera, demo)
    if DESK in names:
        return
    send_traffic(stack, demo)
    demo.found["route"] = str(stack.rows("SELECT min(id) FROM routing_route")[0][0])
    for shot in CONSOLE:
        if not names or shot.name in names:
            camera.take(shot)
    if not names:
        tell_the_story(stack, demo, camera)
        for shot in PAGES:
            camera.take(shot)


def main(names: Sequence[str] = ()) -> int:
    PICTURES.mkdir(parents=True, exist_ok=True)
    known = {DESK, *(shot.name for shot in CONSOLE)}
    if not known.issuperset(names):
        sys.stderr.write(f"Alone are taken: {', '.join(sorted(known))}\n")
        return 2
    try:
        with installation() as stack, sync_playwright() as playwright:
            connect(stack)
            demo = Demo(stack)
            take_all(stack, demo, Camera(playwright, demo), names)
    except (NoPicture, NoBrowserError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
