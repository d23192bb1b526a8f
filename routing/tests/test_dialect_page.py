"""What a route's page says of its operator's receipts."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kernel.domain.clock import utc_now
from routing.dialects import Count, Habit, Repeat
from routing.models import Route, RouteDialect
from routing.services.dialects import add_counts
from routing.tests.builders import make_route
from tenants.tests.builders import make_user, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    return signed_in(make_user(is_staff=True))


def teach(route: Route, *seen: tuple[str, str, int]) -> None:
    """(habit, value, receipts), with a sample that has no number."""
    now = utc_now()
    add_counts({route.pk: [Count(*each, now, now, "from:9198…01 id:28570 stat:DELIVRD") for each in seen]})


def page(staff: Client, route: Route) -> str:
    return staff.get(reverse("routing:route-detail", args=[route.pk])).content.decode()


def test_a_route_without_receipts_says_what_they_will_show(staff: Client) -> None:
    assert "Nothing learnt yet" in page(staff, make_route())


def test_what_was_learnt_stands_in_words_with_its_evidence(staff: Client) -> None:
    route = make_route()
    teach(
        route,
        (Habit.NOTATION, "decimal", 1_204),
        (Habit.MISSING, "sub, dlvrd", 30),
        (Habit.PROGRESS, "ENROUTE", 7),
        (Habit.PROGRESS, "TELEPTD", 2),
        (Habit.REPEATS, Repeat.SAME, 12),
        (Habit.REPEATS, Repeat.OTHER, 1),
    )
    shown = page(staff, route)
    assert "The operator writes ids in decimal where its answers had hexadecimal." in shown
    assert "1,204 of 1,204 receipts" in shown
    assert "These fields are missing: sub, dlvrd." in shown
    assert "12 told the same end again, 1 another end" in shown
    assert "Words nobody knows" in shown
    assert shown.count(">learnt<") == 1


def test_a_word_of_an_operator_is_escaped(staff: Client) -> None:
    route = make_route()
    teach(route, (Habit.PROGRESS, "<B>X</B>", 3))
    assert "<B>X</B>" not in page(staff, route)


def test_staff_let_it_be_learnt_anew(staff: Client) -> None:
    route = make_route()
    teach(route, (Habit.NOTATION, "decimal", 60))
    answer = staff.post(reverse("routing:route-forget", args=[route.pk]), follow=True)
    assert "Nothing learnt yet" in answer.content.decode()
    assert not RouteDialect.objects.exists()


def test_ten_habits_cost_as_many_queries_as_none(staff: Client) -> None:
    route = make_route()
    url = reverse("routing:route-detail", args=[route.pk])
    staff.get(url)
    asked = []
    for receipts in (0, 60):
        if receipts:
            teach(route, *[(habit, "value", receipts) for habit in Habit])
        with CaptureQueriesContext(connection) as captured:
            staff.get(url)
        asked.append(len(captured.captured_queries))
    assert asked[0] == asked[1]
