from __future__ import annotations

import pytest
from django.test import Client

from tenants.models import User
from tenants.tests.builders import make_tenant, make_user, signed_in

pytestmark = pytest.mark.django_db
PASSWORD = "a long word nobody guesses"


def sign_in(email: str, password: str) -> Client:
    browser = Client()
    browser.post("/accounts/login/", {"login": email, "password": password})
    return browser


def is_signed_in(browser: Client) -> bool:
    return browser.get("/settings/profile/").status_code == 200


def test_people_sign_in_by_their_address_in_any_case() -> None:
    make_tenant(owner=make_user("asha@example.com"))
    assert is_signed_in(sign_in("Asha@Example.com", PASSWORD))
    assert not is_signed_in(sign_in("asha@example.com", "another word"))


def test_somebody_switched_off_does_not_get_in_and_is_thrown_out() -> None:
    person = make_user("asha@example.com")
    inside = sign_in("asha@example.com", PASSWORD)
    assert is_signed_in(inside)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert not is_signed_in(inside)
    assert not is_signed_in(sign_in("asha@example.com", PASSWORD))


def test_nobody_signs_up_without_an_invitation() -> None:
    browser = Client()
    given = {"email": "stranger@example.com", "password1": PASSWORD, "password2": PASSWORD}
    assert "closed" in browser.get("/accounts/signup/").text.lower()
    browser.post("/accounts/signup/", given)
    assert not User.objects.exists()


def test_the_admin_shows_people_and_no_tenants_data() -> None:
    staff = make_user("staff@example.com", is_staff=True)
    User.objects.filter(pk=staff.pk).update(is_superuser=True)
    browser = signed_in(staff)
    assert "tenants/member" not in browser.get("/admin/").text
    assert "staff@example.com" in browser.get("/admin/tenants/user/").text
    assert browser.get(f"/admin/tenants/user/{staff.pk}/change/").status_code == 200
    given = {"email": "New@Example.com", "full_name": "New", "usable_password": "true"}
    browser.post("/admin/tenants/user/add/", {**given, "password1": PASSWORD, "password2": PASSWORD})
    assert User.objects.filter(email="new@example.com").exists()
