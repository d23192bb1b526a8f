from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from tenants.models import User
from tenants.queries import all_tenant_ids, tenant_info

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_a_new_installation_gets_its_first_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a long word nobody guesses\n"))
    run("create_platform_user", "Ops@Example.com", "--name", "Ops", "--password-stdin", "--admin")
    user = User.objects.get(email="ops@example.com")
    assert (user.is_staff, user.is_superuser) == (True, True)
    assert Client().login(username="ops@example.com", password="a long word nobody guesses")


def test_an_operator_with_a_weak_password_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("123\n"))
    with pytest.raises(CommandError, match="too short"):
        run("create_platform_user", "ops@example.com", "--password-stdin")
    assert not User.objects.exists()


def test_a_tenant_is_made_and_the_link_for_its_owner_printed() -> None:
    printed = run("create_tenant", "coral", "c@example.com", "--name", "Coral Travel", "--timezone", "Asia/Dubai")
    assert tenant_info(all_tenant_ids()[0]).timezone == "Asia/Dubai"
    link = printed.split("127.0.0.1:8000")[1].strip()
    assert "Join Coral Travel" in Client().get(link).text


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["coral", "c@example.com"], "belongs to another"),
        (["two words", "c@example.com"], "valid"),
        (["other", "nobody"], "valid email"),
        (["other", "c@example.com", "--timezone", "Mars/Base"], "no time zone"),
    ],
)
def test_what_cannot_be_made_is_refused_whole(words: list[str], reason: str) -> None:
    run("create_tenant", "coral", "c@example.com")
    with pytest.raises(CommandError, match=reason):
        run("create_tenant", *words)
    assert len(all_tenant_ids()) == 1
