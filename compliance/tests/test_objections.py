"""What rules of style let pass is shown beside the choice of their levels."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from compliance.levels import Level
from compliance.models import ObjectionCount
from compliance.services.objections import forget_old_counts, objections
from compliance.tests.company import Company, make_company
from kernel.domain.clock import utc_now

pytestmark = pytest.mark.django_db
RULE = "variable_untagged"


def make_count(company: Company, messages: int = 1_240, *, days_ago: int = 0) -> None:
    with company.inside():
        day = utc_now().date() - timedelta(days=days_ago)
        ObjectionCount.objects.create(day=day, key=RULE, template_id=uuid4(), level=Level.OBSERVE, messages=messages)


def test_the_last_seven_days_stand_beside_the_levels(company: Company) -> None:
    make_count(company)
    make_count(company, 7, days_ago=7)
    assert "1,240 messages passed in 7 days" in company.maya.get("/compliance/rules/").content.decode()
    assert "1,240 messages</a> in 7 days" in company.omar.get("/compliance/rules/levels/").content.decode()
    assert "A template that is gone" in company.maya.get(f"/compliance/rules/objections/?rule={RULE}").content.decode()


def test_rules_that_always_refuse_have_no_page_and_others_counts_are_not_shown(company: Company) -> None:
    make_count(make_company())
    assert company.maya.get("/compliance/rules/objections/?rule=sender_unknown").status_code == 404
    page = company.maya.get(f"/compliance/rules/objections/?rule={RULE}").content.decode()
    assert "objected to no accepted message" in page


def test_counts_are_forgotten_after_ninety_days(company: Company) -> None:
    make_count(company, days_ago=91)
    make_count(company, days_ago=2)
    assert forget_old_counts(now=utc_now()) == 1
    with company.inside():
        assert objections(now=utc_now()) == {RULE: 1_240}
