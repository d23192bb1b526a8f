from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.models import Rate, RateCard
from billing.tests.builders import LONG_AGO, make_card, make_rate
from tenants.services.people import create_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    user = create_user(email="staff@example.com", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def form_of(card: RateCard, **changes: str) -> dict[str, str]:
    return {
        "card": str(card.pk),
        "prefix": "91",
        "label": "India",
        "traffic_class": "",
        "price_micros": "145000",
        "scrub_micros": "0",
        "valid_from_0": "2026-01-01",
        "valid_from_1": "00:00:00",
        "valid_to_0": "",
        "valid_to_1": "",
        **changes,
    }


def test_a_rate_is_added_and_counts_as_a_version_of_its_card(staff: Client) -> None:
    card = make_card()
    assert staff.post(reverse("admin:billing_rate_add"), form_of(card)).status_code == 302
    card.refresh_from_db()
    assert (Rate.objects.get().price_micros, card.version) == (145_000, 2)


def test_a_rate_that_overlaps_is_refused_at_save(staff: Client) -> None:
    card = make_card()
    make_rate(card, "91", 1)
    response = staff.post(reverse("admin:billing_rate_add"), form_of(card))
    assert (response.status_code, Rate.objects.count()) == (200, 1)
    assert "end that one first" in response.content.decode()


def test_the_price_of_a_rate_that_has_begun_stays(staff: Client) -> None:
    rate = make_rate(make_card(), "91", 1)
    address = reverse("admin:billing_rate_change", args=[rate.pk])
    ended = form_of(rate.card, valid_to_0="2027-01-01", valid_to_1="00:00:00")
    assert staff.post(address, ended).status_code == 302
    rate.refresh_from_db()
    assert (rate.price_micros, rate.valid_from, rate.valid_to is not None) == (1, LONG_AGO, True)


@pytest.mark.parametrize(("begins_in_days", "status"), [(-1, 403), (1, 302)])
def test_only_a_rate_that_has_not_begun_can_be_deleted(staff: Client, begins_in_days: int, status: int) -> None:
    rate = make_rate(make_card(), "91", 1, valid_from=timezone.now() + timedelta(days=begins_in_days))
    response = staff.post(reverse("admin:billing_rate_delete", args=[rate.pk]), {"post": "yes"})
    assert (response.status_code, Rate.objects.exists()) == (status, status == 403)


def test_cards_are_listed_and_never_deleted(staff: Client) -> None:
    card = make_card("Standard")
    assert "Standard" in staff.get(reverse("admin:billing_ratecard_changelist")).content.decode()
    assert staff.post(reverse("admin:billing_ratecard_delete", args=[card.pk]), {"post": "yes"}).status_code == 403
