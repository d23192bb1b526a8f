"""Warnings ahead: a week, a day, and when it has happened; once each."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.urls import reverse

from compliance.models import DltRegistration, SenderRegistration
from compliance.queries import register_day
from compliance.services.warnings import NAMED, concerns, warn
from compliance.statuses import PortalState
from compliance.tests.builders import NOW, make_sender, make_template
from compliance.tests.company import Company
from kernel.db.tenancy import tenant_context
from tenants.models import Notification
from tenants.roles import Role
from tenants.tests.builders import make_member, make_tenant

pytestmark = pytest.mark.django_db
TODAY = register_day(NOW)


def told() -> QuerySet[Notification]:
    """What was told of registrations; that something waits for review is told besides."""
    return Notification.objects.exclude(key__startswith="review.waiting")


def news() -> list[str]:
    """As one of the two reviewers sees them, the first first."""
    one = told().order_by("id")[0].user_id
    return list(told().filter(user_id=one).order_by("id").values_list("title", flat=True))


def ends(on: date | None, **fields: Any) -> None:
    SenderRegistration.objects.update(valid_to=on, **fields)


@pytest.fixture
def inside() -> Any:
    tenant = make_tenant()
    make_member(tenant, Role.COMPLIANCE)
    make_member(tenant, Role.VIEWER)
    with tenant_context(tenant.id):
        yield tenant


def test_reviewers_are_warned_a_week_and_a_day_ahead_and_once(inside: Any) -> None:
    make_sender()
    ends(TODAY + timedelta(days=7))
    assert [warn(now=NOW), warn(now=NOW), warn(now=NOW + timedelta(days=5))] == [1, 0, 0]
    assert warn(now=NOW + timedelta(days=6)) == 1
    assert news() == ["Header ACMEIN is valid until 2 December 2026"] * 2
    assert told().count() == 4  # the owner and the officer; a viewer is not told
    assert list(told().order_by("id").values_list("tone", flat=True))[::2] == ["wait", "bad"]


def test_they_are_told_when_a_portal_has_stopped_it(inside: Any) -> None:
    make_sender()
    ends(None, portal_state=PortalState.BLACKLISTED, state_reason="Complaints")
    assert [warn(now=NOW), warn(now=NOW)] == [1, 0]
    assert news() == ["Header ACMEIN is blacklisted on its portal"]
    assert told().values_list("text", flat=True).first() == "Complaints"


def test_what_nobody_uses_is_warned_about(inside: Any, settings: Any) -> None:
    make_sender()
    idle_from = NOW + timedelta(days=settings.DLT_HEADER_IDLE_DAYS)
    assert warn(now=idle_from - timedelta(days=8)) == 0
    assert [warn(now=idle_from - timedelta(days=left)) for left in (7, 1, 0)] == [1, 1, 1]
    assert [title.split(" counts as ")[1] for title in news()] == [
        f"unused from {register_day(idle_from):%-d %B %Y} on",
        f"unused from {register_day(idle_from):%-d %B %Y} on",
        f"unused since {register_day(idle_from):%-d %B %Y}",
    ]


def test_a_renewed_registration_is_warned_about_anew(inside: Any) -> None:
    make_sender()
    ends(TODAY + timedelta(days=1))
    assert warn(now=NOW) == 1
    ends(TODAY + timedelta(days=5))
    assert warn(now=NOW) == 1


def test_many_of_a_kind_are_one_piece_of_news(inside: Any) -> None:
    sender = make_sender()
    for number in range(NAMED + 2):
        make_template(sender=sender, name=f"Order {number}")
    DltRegistration.objects.update(valid_to=TODAY + timedelta(days=3))
    assert warn(now=NOW) == NAMED + 2
    assert news() == [f"{NAMED + 2} of kind template: valid until 28 November 2026"]
    assert "and 2 more" in told().values_list("text", flat=True)[0]


def test_the_most_urgent_comes_first(inside: Any) -> None:
    make_template()
    ends(TODAY + timedelta(days=6))
    DltRegistration.objects.update(portal_state=PortalState.SUSPENDED)
    assert [(each.kind.value, each.stage) for each in concerns(now=NOW)] == [("template", "now"), ("header", "7d")]


def test_the_page_and_the_panel_of_the_queue_show_them(company: Company) -> None:
    with company.inside():
        make_sender()
        ends(None, portal_state=PortalState.BLACKLISTED)
    address = reverse("compliance:attention")
    assert address in company.omar.get(reverse("compliance:queue")).content.decode()
    panel = company.omar.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "ACMEIN is blacklisted" in panel
    assert "<html" not in panel
    assert "ACMEIN" not in company.charlie.get(address).content.decode()
    assert company.maya.get(address).status_code == 403
