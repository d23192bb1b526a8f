"""Take the pictures of the README: a fresh demo, a day's traffic, the story of one campaign, photographed on the way.

The demo is an installation of its own, started as `make run` starts one; a running one is not touched. A page that does
not answer 200, or that its own browser complains about, ends this with the address: a picture of an error is worse than
none.

    .venv/bin/python scripts/screenshots.py route drain     # these alone, of CONSOLE
"""

from __future__ import annotations

import csv
import io
import json
import sys
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

ROOT: Final = Path(__file__).resolve().parent.parent
# Run as a file, its folder is on the path instead of the roots.
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]

from django.urls import reverse  # noqa: E402
from playwright.sync_api import (  # noqa: E402
    Browser,
    BrowserContext,
    ConsoleMessage,
    FilePayload,
    Page,
    Playwright,
    Response,
    sync_playwright,
)

from bench.harness import connect, installation  # noqa: E402
from scripts.browser import NoBrowserError, require  # noqa: E402
from tests.fixtures.browser import ARGUMENTS, COLLECT_VIOLATIONS, TIMEOUT_MS  # noqa: E402
from tests.fixtures.stack import Stack  # noqa: E402
from tests.waiting import until  # noqa: E402

PICTURES: Final = ROOT / "docs" / "images"
Scheme = Literal["light", "dark"]


class NoPicture(Exception):
    """What stands between us and a picture, with its address."""


class Demo:
    """The running demo: its people, its API."""

    def __init__(self, stack: Stack) -> None:
        self.base_url = stack.base_url
        self.tenants: list[dict[str, Any]] = stack.demo["tenants"]
        self.campaign_id: str = stack.demo["demo_campaign"]
        self._users: list[dict[str, Any]] = stack.demo["users"]
        # Of messages and campaigns that pictures are about; filled while they come to be.
        self.found: dict[str, str] = {}

    def login(self, role: str) -> tuple[str, str]:
        """Address and password of the first company's person with this role, or of the platform's."""
        slugs = {self.tenants[0]["slug"], None}
        user = next(user for user in self._users if user["role"] == role and user["tenant"] in slugs)
        return user["email"], user["password"]

    def api(self, path: str, body: Any = None, *, tenant: int = 0) -> Any:
        request = urllib.request.Request(  # noqa: S310 (our own address)
            f"{self.base_url}/api/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Token {self.tenants[tenant]['api_token']}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 (our own address)
            return json.load(answer)


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


# --- the camera -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture.

    Args:
        address: of the page, from what is known of the demo.
        shows: something of the page that comes later than the rest, such as a chart.
        height: of a desktop's window, to end the picture where the page does.
    """

    name: str
    role: str
    address: Callable[[Demo], str]
    scheme: Scheme = "light"
    is_phone: bool = False
    shows: str = "main h1"
    height: int = 800


class Camera:
    """A browser that is signed in once for each role, and minds what its pages complain about."""

    def __init__(self, playwright: Playwright, demo: Demo) -> None:
        self._browser: Browser = playwright.chromium.launch(executable_path=require(), args=ARGUMENTS)
        self._demo = demo
        self._sessions: dict[str, Any] = {}
        self._complaints: list[str] = []

    @contextmanager
    def page(self, role: str, *, scheme: Scheme = "light", is_phone: bool = False, height: int = 800) -> Iterator[Page]:
        """A window of somebody who is signed in."""
        if role not in self._sessions:
            self._sessions[role] = self._signed_in(role)
        context = self._context(scheme, is_phone, height, self._sessions[role])
        try:
            yield context.new_page()
        finally:
            context.close()

    def _signed_in(self, role: str) -> Any:
        context = self._context("light", False, 800, None)
        page = context.new_page()
        self.open(page, reverse("account_login"))
        email, password = self._demo.login(role)
        page.locator("[name=login]").fill(email)
        page.locator("[name=password]").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: reverse("account_login") not in url)
        state = context.storage_state()
        context.close()
        return state

    def _context(self, scheme: Scheme, is_phone: bool, height: int, session: Any) -> BrowserContext:
        context = self._browser.new_context(
            color_scheme=scheme,
            viewport={"width": 390, "height": 844} if is_phone else {"width": 1280, "height": height},
            device_scale_factor=2 if is_phone else 1,
            is_mobile=is_phone,
            has_touch=is_phone,
            reduced_motion="reduce",
            storage_state=session,
            locale="en-IN",
            timezone_id="Asia/Kolkata",
        )
        context.set_default_timeout(TIMEOUT_MS)
        context.add_init_script(COLLECT_VIOLATIONS)
        context.on("console", self._console)
        context.on("weberror", lambda error: self._complaints.append(f"uncaught: {error.error}"))
        context.on("response", self._response)
        return context

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._complaints.append(f"{message.type}: {message.text} at {message.location.get('url', '')}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self._complaints.append(f"{response.url} answers {response.status}")

    def open(self, page: Page, address: str) -> None:
        response = page.goto(f"{self._demo.base_url}{address}")
        if response is None or response.status != 200:
            raise NoPicture(f"{address} answers {response.status if response else 'nothing'}")

    def take(self, shot: Shot) -> None:
        with self.page(shot.role, scheme=shot.scheme, is_phone=shot.is_phone, height=shot.height) as page:
            self.open(page, shot.address(self._demo))
            page.locator(shot.shows).first.wait_for()
            self.save(page, shot.name)

    def save(self, page: Page, name: str) -> None:
        page.evaluate("document.fonts.ready")
        page.wait_for_load_state("networkidle")
        page.screenshot(path=PICTURES / f"{name}.png", animations="disabled", caret="hide")
        print(f"  docs/images/{name}.png   {page.url.removeprefix(self._demo.base_url)}", flush=True)
        if self._complaints:
            raise NoPicture(f"{page.url}: {'; '.join(self._complaints)}")


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


def waiting_template(demo: Demo) -> str:
    """The one of the demo that waits for its review."""
    found = demo.api("templates")["results"]
    return next(str(template["id"]) for template in found if template["state"] == "submitted")


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
    Shot(
        "review", "compliance", lambda demo: reverse("compliance:template", args=[demo.found["template"]]), height=1100
    ),
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


def main(names: Sequence[str] = ()) -> int:
    PICTURES.mkdir(parents=True, exist_ok=True)
    known = {shot.name for shot in CONSOLE}
    if not known.issuperset(names):
        sys.stderr.write(f"Alone are taken: {', '.join(sorted(known))}\n")
        return 2
    try:
        with installation() as stack, sync_playwright() as playwright:
            connect(stack)
            demo = Demo(stack)
            camera = Camera(playwright, demo)
            send_traffic(stack, demo)
            demo.found["route"] = str(stack.rows("SELECT min(id) FROM routing_route")[0][0])
            for shot in CONSOLE:
                if not names or shot.name in names:
                    camera.take(shot)
            if not names:
                demo.found["template"] = waiting_template(demo)
                tell_the_story(stack, demo, camera)
                for shot in PAGES:
                    camera.take(shot)
    except (NoPicture, NoBrowserError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
