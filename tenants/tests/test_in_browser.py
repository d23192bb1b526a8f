"""What only a browser knows: its own checks of forms, the policy of the site, scripts switched off."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from kernel.db.tenancy import tenant_context
from tenants.models import ApiToken, Member
from tenants.roles import Role
from tenants.services import invite_member, link_token
from tenants.tests.builders import make_member, make_tenant, make_user
from tests.fixtures.browser import Watch

PASSWORD = "a long word nobody guesses"


@pytest.fixture
def site(live_server: LiveServer, watch: Watch) -> str:
    watch.expect("favicon.ico")  # this room's home page is a word without a head
    return str(live_server.url)


def sign_in(page: Page, site: str, email: str) -> None:
    page.goto(f"{site}/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site}/")


def test_somebody_joins_by_the_link_and_makes_a_token(site: str, page: Page) -> None:
    tenant = make_tenant("Aarohi Bank")
    with tenant_context(tenant.id):
        link = link_token(invite_member(email="new@example.com", role=Role.DEVELOPER, by=None))
    page.goto(f"{site}/settings/join/{link}/")
    page.get_by_label("Your name").fill("Nila Menon")
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.get_by_role("button", name="Join Aarohi Bank").click()
    page.wait_for_url(f"{site}/")
    page.goto(f"{site}/settings/tokens/")
    page.get_by_label("Name of the token").fill("Billing system")
    page.get_by_role("button", name="Make the token").click()
    assert page.locator("#secret-once").inner_text().startswith("dk_live_")
    with tenant_context(tenant.id):
        assert ApiToken.objects.get().created_by == Member.objects.get(user__email="new@example.com").user


def test_removing_a_member_asks_first(site: str, page: Page) -> None:
    tenant = make_tenant(owner=make_user("asha@example.com"))
    leaving = make_member(tenant, Role.VIEWER, make_user(full_name="Farid Khan"))
    sign_in(page, site, "asha@example.com")
    page.goto(f"{site}/settings/members/")
    page.get_by_role("button", name="Remove Farid Khan").click()
    page.get_by_role("dialog").get_by_role("button", name="Go back").click()
    page.get_by_role("button", name="Remove Farid Khan").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Farid Khan is no longer a member.")).to_be_visible()
    with tenant_context(tenant.id):
        assert not Member.objects.active().filter(pk=leaving.pk).exists()


@pytest.mark.parametrize("path", ["members", "tokens", "organisation", "profile", "audit", "notifications"])
def test_no_page_scrolls_sideways_on_a_phone(path: str, site: str, open_page: Callable[..., Page]) -> None:
    make_tenant(owner=make_user("asha@example.com"))
    page = open_page(phone=True, color_scheme="dark")
    sign_in(page, site, "asha@example.com")
    page.goto(f"{site}/settings/{path}/")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
