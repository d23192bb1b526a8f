"""Every page as Chromium sees it: policy of the site, accessibility, width, weight."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from config.celery import app
from tenants.roles import Permission
from tests.addresses import Address, addresses
from tests.fixtures.browser import Scheme, Watch
from tests.security.company import Company, make_company, staff_browser
from tests.security.objects import fill, running_campaign, url_of

AXE: Final = (Path(__file__).parent.parent / "vendor" / "axe-core-4.14.1" / "axe.min.js").read_text()
MAX_OCTETS: Final = 300_000
ROWS: Final = 3
# Pages of packages that are styled by us, where there is nobody yet and where there is somebody.
ENTRANCE: Final = ("/accounts/login/", "/accounts/password/reset/")
ACCOUNT: Final = ("/accounts/password/change/", "/accounts/logout/")
# Swagger UI's own markup and weight; that it keeps to the policy is watched all the same.
NOT_OURS: Final = {"/api/v1/docs"}
# Every component at once, in development only.
HEAVY: Final = {"/styleguide/"}
FINDINGS: Final = """
async rules => {
    const {violations} = await axe.run(document, {resultTypes: ["violations"], ...rules});
    return violations.filter(found => ["serious", "critical"].includes(found.impact)).map(
        found => `${found.id}: ${found.nodes.slice(0, 3).map(node => node.target.join(" ")).join(" | ")}`);
}
"""
CONTRAST: Final = {"runOnly": ["color-contrast"]}
LOADED: Final = "performance.getEntriesByType('resource').map(entry => entry.name)"


@dataclass
class Inspection:
    """Goes from page to page and notes what is wrong with each."""

    page: Page
    watch: Watch
    site: str
    schemes: tuple[Scheme, Scheme]
    width: int
    problems: list[str] = field(default_factory=list)
    _octets: dict[str, int] = field(default_factory=dict)

    def sign_in(self, browser: Client) -> None:
        cookie = browser.cookies["sessionid"].value
        self.page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": self.site}])

    def look_at(self, url: str) -> None:
        noted = len(self.watch.complaints)
        response = self.page.goto(self.site + url)
        assert response is not None
        if url in NOT_OURS:
            return
        self.page.evaluate(AXE)
        found = [str(problem) for problem in self.page.evaluate(FINDINGS, {})]
        self.page.emulate_media(color_scheme=self.schemes[1])
        found += [f"{self.schemes[1]}: {problem}" for problem in self.page.evaluate(FINDINGS, CONTRAST)]
        self.page.emulate_media(color_scheme=self.schemes[0])
        found += self._measured(response.body(), MAX_OCTETS if url not in HEAVY else 2 * MAX_OCTETS)
        found += self.watch.complaints[noted:]
        self.problems += [f"{url}: {problem}" for problem in found]

    def _measured(self, html: bytes, limit: int) -> Iterator[str]:
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        if wide > self.width:
            yield f"{wide} pixels wide"
        heavy = len(gzip.compress(html)) + sum(self._weight(url) for url in set(self.page.evaluate(LOADED)))
        if heavy > limit:
            yield f"{heavy} octets"

    def _weight(self, url: str) -> int:
        """Octets of a file of ours when it is compressed."""
        if urlsplit(url).path.startswith("/static/") and url not in self._octets:
            self._octets[url] = len(gzip.compress(self.page.request.get(url).body()))
        return self._octets.get(url, 0)


@pytest.fixture(params=[False, True], ids=["desktop", "phone"])
def inspection(
    request: pytest.FixtureRequest, live_server: LiveServer, open_page: Callable[..., Page], watch: Watch
) -> Inspection:
    """A desktop in light colours or a phone in dark ones; the other colours are looked at on the way."""
    is_phone: bool = request.param
    schemes: tuple[Scheme, Scheme] = ("dark", "light") if is_phone else ("light", "dark")
    page = open_page(color_scheme=schemes[0], phone=is_phone)
    assert page.viewport_size is not None
    return Inspection(page, watch, live_server.url, schemes, page.viewport_size["width"])


@pytest.fixture
def company(transactional_db: None) -> Company:
    """With some of everything, counted."""
    made = make_company()
    fill(made, ROWS)
    app.loader.import_default_modules()
    app.tasks["reporting.fold"]()
    return made


def shown(client: Client, company: Company, wanted: Callable[[Address], bool]) -> list[str]:
    """The addresses among the wanted ones under which there is a page: no fragment for htmx, file or redirection."""
    urls = [url_of(address, company) for address in addresses() if not address.is_api and wanted(address)]
    return [url for url in urls if _is_page(client, url)]


def _is_page(client: Client, url: str) -> bool:
    response = client.get(url)
    body = b"".join(response)  # to its end, which closes the file that a download streams
    return response.status_code == 200 and body[:15].lower() == b"<!doctype html>"


def test_pages_for_everybody(inspection: Inspection, company: Company) -> None:
    urls = [*ENTRANCE, *shown(Client(), company, lambda address: address.access == "open"), "/api/v1/docs"]
    assert len(urls) >= 4
    for url in urls:
        inspection.look_at(url)
    assert inspection.problems == []


def test_pages_of_a_company(inspection: Inspection, company: Company) -> None:
    def is_companys(address: Address) -> bool:
        return address.access == "person" or isinstance(address.access, Permission)

    inspection.sign_in(company.browser)
    running = running_campaign(company)
    urls = [*shown(company.browser, company, is_companys), *ACCOUNT]
    urls += [reverse(f"campaigns:{name}", args=[running]) for name in ("campaign", "campaign-messages", "campaign-why")]
    assert len(urls) > 20
    for url in urls:
        inspection.look_at(url)
    assert inspection.problems == []


def test_pages_of_the_console(inspection: Inspection, company: Company) -> None:
    staff = staff_browser()
    inspection.sign_in(staff)
    urls = shown(staff, company, lambda address: address.access == "staff")
    assert len(urls) > 5
    for url in urls:
        inspection.look_at(url)
    assert inspection.problems == []
