"""Every page of compliance, light and dark, on a desktop and on a phone, into var/pictures/: for people to look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Final, get_args

from django.urls import reverse
from playwright.sync_api import Page

from scripts.camera import ROOT, Camera, Demo, Scheme
from tests.fixtures.stack import Stack

FOLDER: Final = ROOT / "var" / "pictures"
ALMOST: Final = "Dear Riya, your order A-1042 is out for delivery and comes by 6 pm. - Aarohi Retail"
# Whose timeline tells most.
REGULAR: Final = "+919819910001"
# What pages are about: a name for the address, and how it is found; the youngest, where there are several.
RECORDS: Final = {
    "waiting": "SELECT id FROM compliance_template WHERE name = 'Lucky draw'",
    "approved": "SELECT id FROM compliance_template WHERE name = 'Order dispatched'",
    "returned": "SELECT id FROM compliance_template WHERE name = 'Feedback after delivery'",
    "suspended": "SELECT id FROM compliance_template WHERE name = 'Shop opening'",
    "sender": "SELECT id FROM compliance_sender WHERE header = '556161'",
    "new_sender": "SELECT id FROM compliance_sender WHERE header = 'ARHSHP'",
    "entity": "SELECT id FROM compliance_entity WHERE legal_name LIKE 'Aarohi%%'",
    "chain": "SELECT id FROM compliance_chain WHERE jsonb_array_length(telemarketer_ids) = 2",
    "new_chain": "SELECT id FROM compliance_chain WHERE portal_state = 'awaiting_tm'",
    "link": "SELECT id FROM compliance_link WHERE portal_state = 'blacklisted'",
    "consent_template": "SELECT id FROM compliance_consenttemplate WHERE name = 'Offers by SMS'",
    "compared": "SELECT id FROM compliance_portalimport WHERE state = 'ready'",
    "applied": "SELECT id FROM compliance_portalimport WHERE state = 'applied'",
    "opt_out": "SELECT id FROM compliance_optout WHERE recipient = '+919819910004'",
}


def find_records(stack: Stack, demo: Demo) -> None:
    for name, statement in RECORDS.items():
        demo.found[name] = str(stack.rows(f"{statement} ORDER BY id DESC LIMIT 1")[0][0])


def _nothing(page: Page) -> None:
    """The page as it opens."""


@dataclass(frozen=True, slots=True)
class View:
    """A page of the desk.

    Args:
        record: of RECORDS, in its address.
        act: what a person does on it before the picture.
    """

    name: str
    route: str
    record: str = ""
    role: str = "compliance"
    act: Callable[[Page], None] = _nothing

    def address(self, demo: Demo) -> str:
        return reverse(self.route, args=[demo.found[self.record]] if self.record else [])


def _check(page: Page, text: str) -> None:
    page.locator("main [name=sender]").fill("AAROHI")
    page.locator("main [name=recipient]").fill(REGULAR)
    page.locator("main [name=text]").fill(text)
    page.get_by_role("button", name="Check").click()
    page.get_by_role("heading", name="The decision").wait_for()


def refused(page: Page) -> None:
    _check(page, ALMOST)


def passed(page: Page) -> None:
    _check(page, ALMOST.replace("comes", "reaches you"))


def doctored(page: Page) -> None:
    page.get_by_label("Sender").select_option(label="AAROHI")
    page.locator("main textarea").first.fill(ALMOST)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_load_state("networkidle")


def selected(page: Page) -> None:
    for box in page.locator("main tbody").get_by_role("checkbox").all()[:2]:
        box.check()
    page.get_by_role("button", name="Reject").first.click()
    page.get_by_label("Note").wait_for()


def asked(page: Page) -> None:
    page.locator("main [name=number]").fill(REGULAR)
    page.locator("main [name=number]").press("Enter")
    page.get_by_text("203.0.113.24").first.scroll_into_view_if_needed()


VIEWS: Final = (
    View("queue", "compliance:queue"),
    View("queue-bulk", "compliance:queue", act=selected),
    View("attention", "compliance:attention"),
    View("review-template", "compliance:review-template", "waiting"),
    View("review-sender", "compliance:review-sender", "new_sender"),
    View("templates", "compliance:templates"),
    View("template-approved", "compliance:template", "approved"),
    View("template-suspended", "compliance:template", "suspended"),
    View("template-returned", "compliance:template", "returned", role="marketer"),
    View("template-edit", "compliance:template-edit", "returned", role="marketer"),
    View("template-new", "compliance:template-new", role="marketer"),
    View("template-doctor", "compliance:template-doctor", act=doctored),
    View("senders", "compliance:senders"),
    View("sender", "compliance:sender", "sender"),
    View("sender-new", "compliance:sender-new"),
    View("entities", "compliance:entities"),
    View("entity", "compliance:entity", "entity"),
    View("entity-new", "compliance:entity-new"),
    View("entity-edit", "compliance:entity-edit", "entity"),
    View("chain", "compliance:chain", "chain"),
    View("chain-new", "compliance:chain", "new_chain"),
    View("links", "compliance:links"),
    View("link-new", "compliance:link-new"),
    View("link-edit", "compliance:link-edit", "link"),
    View("consent-templates", "compliance:consent-templates"),
    View("consent-template-new", "compliance:consent-template-new"),
    View("consent-template-edit", "compliance:consent-template-edit", "consent_template"),
    View("imports", "compliance:imports"),
    View("import-new", "compliance:import-new"),
    View("import-compared", "compliance:import", "compared"),
    View("import-columns", "compliance:import-columns", "compared"),
    View("import-applied", "compliance:import", "applied"),
    View("rules", "compliance:rules"),
    View("rule-levels", "compliance:rule-levels"),
    View("check", "compliance:check"),
    View("check-refused", "compliance:check", act=refused),
    View("check-passed", "compliance:check", act=passed),
    View("opt-outs", "compliance:opt-outs"),
    View("opt-out-new", "compliance:opt-out-new"),
    View("opt-out-lift", "compliance:opt-out-lift", "opt_out"),
    View("consent", "compliance:consent"),
    View("consent-timeline", "compliance:consent", act=asked),
    View("notifications", "tenants:notifications", role="marketer"),
)


# What the documentation shows: the page, its colours, whether on a phone, and the height of the window.
BEST: Final[dict[str, tuple[str, Scheme, bool, int]]] = {
    "review": ("review-template", "light", False, 1000),
    "portal-file": ("import-compared", "light", False, 1000),
    "check": ("check-refused", "light", False, 1000),
    "queue-phone": ("queue", "light", True, 844),
    "news-phone-dark": ("notifications", "dark", True, 844),
}


def take_best(camera: Camera, demo: Demo) -> None:
    """Those of the desk that are kept beside the documentation."""
    views = {view.name: view for view in VIEWS}
    for name, (of, scheme, is_phone, height) in BEST.items():
        view = views[of]
        with camera.page(view.role, scheme=scheme, is_phone=is_phone, height=height) as page:
            camera.open(page, view.address(demo))
            view.act(page)
            camera.save(page, name)


def take_desk(camera: Camera, demo: Demo) -> None:
    """Four pictures of each page, of its whole length."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for view, scheme, is_phone in product(VIEWS, get_args(Scheme), (False, True)):
        with camera.page(view.role, scheme=scheme, is_phone=is_phone) as page:
            camera.open(page, view.address(demo))
            view.act(page)
            name = "-".join((view.name, scheme, "phone" if is_phone else "desktop"))
            camera.save(page, name, FOLDER, is_whole=True)
