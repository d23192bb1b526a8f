"""The camera of `scripts/screenshots.py`: a browser that is signed in, and that minds what its pages complain about."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Response

from scripts.browser import require
from tests.fixtures.browser import ARGUMENTS, COLLECT_VIOLATIONS, TIMEOUT_MS
from tests.fixtures.stack import Stack

ROOT: Final = Path(__file__).resolve().parent.parent
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

    def save(self, page: Page, name: str, folder: Path = PICTURES, *, is_whole: bool = False) -> None:
        """Keep what the window shows, or the whole length of the page.

        Raises:
            NoPicture: the page complained, or scrolls sideways.
        """
        page.evaluate("document.fonts.ready")
        page.wait_for_load_state("networkidle")
        path = folder / f"{name}.png"
        page.screenshot(path=path, animations="disabled", caret="hide", full_page=is_whole)
        print(f"  {path.relative_to(ROOT)}   {page.url.removeprefix(self._demo.base_url)}", flush=True)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            raise NoPicture(f"{page.url} scrolls sideways")
        if self._complaints:
            raise NoPicture(f"{page.url}: {'; '.join(self._complaints)}")
