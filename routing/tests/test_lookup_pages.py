"""Sources of look-ups in the console."""

from __future__ import annotations

import pytest
from django.test import Client

from routing.models import LookupSource
from routing.tests.test_lookups import SECRET, SETTINGS, save
from tenants.tests.builders import make_user, signed_in

pytestmark = pytest.mark.django_db
TERMS = {"name": "Portability", "per_second": 5, "keep_days": 7, "cost": "0.02", "price": "0.05", "currency": "inr"}


@pytest.fixture
def staff() -> Client:
    return signed_in(make_user(is_staff=True))


def http_form(**changes: object) -> dict[str, object]:
    given = {**SETTINGS, "password": SECRET}
    settings = {f"link-{name}": "on" if value is True else value for name, value in given.items()}
    return {**TERMS, "is_active": "on", **settings, **changes}


def test_a_source_is_made_with_its_price_and_its_key_is_never_shown(staff: Client) -> None:
    assert staff.post("/console/look-ups/new/http/", http_form()).status_code == 302
    source = LookupSource.objects.get()
    assert (source.price_micros, source.cost_micros, source.is_active) == (50_000, 20_000, True)
    assert "Portability" in staff.get("/console/look-ups/").content.decode()
    assert SECRET not in staff.get(f"/console/look-ups/{source.pk}/").content.decode()


def test_a_key_that_is_left_empty_is_kept(staff: Client) -> None:
    staff.post("/console/look-ups/new/http/", http_form())
    source = LookupSource.objects.get()
    stored = source.secrets_encrypted
    staff.post(f"/console/look-ups/{source.pk}/", http_form(**{"link-password": "", "keep_days": 9}))
    source.refresh_from_db()
    assert (source.keep_days, source.secrets_encrypted) == (9, stored)


def test_what_cannot_work_is_said_at_its_field(staff: Client) -> None:
    response = staff.post("/console/look-ups/new/http/", http_form(**{"link-status_at": ""}))
    assert response.status_code == 422
    assert not LookupSource.objects.exists()


def test_a_name_that_is_taken_is_refused(staff: Client) -> None:
    save("Portability")
    response = staff.post("/console/look-ups/new/simulator/", {**TERMS, "link-slow_ms": 0})
    assert "Choose a different name" in response.content.decode()
