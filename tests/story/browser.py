"""One person's window on the running product."""

from __future__ import annotations

import re
from typing import Final

from playwright.sync_api import Page, expect

from tests.fixtures.stack import Stack

# For what workers do behind a page, on a machine that does other things too.
SLOW_MS: Final = 60_000


class Browser:
    """Somebody of the demo's first organisation, signed in."""

    def __init__(self, stack: Stack, page: Page, role: str) -> None:
        self.stack, self.page = stack, page
        user = next(user for user in stack.demo["users"] if user["role"] == role)
        self.open("/accounts/login/")
        page.get_by_label("Email").fill(user["email"])
        page.get_by_label("Password").first.fill(user["password"])
        page.get_by_role("button", name="Sign in").click()
        expect(page).not_to_have_url(re.compile("/accounts/login/"))

    def open(self, path: str) -> None:
        response = self.page.goto(self.stack.base_url + path)
        assert response is not None
        assert response.status == 200

    def press(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("button", name=name).click()

    def confirm(self, name: str) -> None:
        """Answer the page's own dialog."""
        self.page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()
