from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["messages/xyz", "messages/", "nothing", "", "docs/"])
def test_an_address_the_api_does_not_have_is_a_problem(path: str) -> None:
    response = Client().get(f"/api/v1/{path}")
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    assert (response.json()["code"], bool(response.json()["remedy"])) == ("not_found", True)


def test_a_page_that_does_not_exist_is_a_page() -> None:
    response = Client().get("/nowhere/")
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")
