"""The release step that makes roles, against this run's own cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg.conninfo import make_conninfo
from pytest_django import Settings


@pytest.fixture
def superuser(settings: Settings, transactional_db: None) -> Iterator[psycopg.Connection[Any]]:
    here = connection.settings_dict
    settings.SUPERUSER_DATABASE_URL = make_conninfo(host=here["HOST"], user="postgres", dbname=here["NAME"])
    settings.LOGIN_PASSWORDS = {}
    with psycopg.connect(settings.SUPERUSER_DATABASE_URL, autocommit=True) as session:
        yield session


def test_a_release_restores_what_the_roles_may_do_and_may_be_repeated(superuser: psycopg.Connection[Any]) -> None:
    superuser.execute("REVOKE USAGE ON SCHEMA public FROM dakiya_tenant")
    call_command("sync_roles")
    call_command("sync_roles")
    allowed = superuser.execute("SELECT has_schema_privilege('dakiya_tenant', 'public', 'USAGE')").fetchone()
    assert allowed == (True,)


def test_a_release_gives_the_logins_their_passwords(settings: Settings, superuser: psycopg.Connection[Any]) -> None:
    settings.LOGIN_PASSWORDS = {"dakiya_web": "chosen"}
    call_command("sync_roles")
    hashed = superuser.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'dakiya_web'").fetchone()
    superuser.execute("ALTER ROLE dakiya_web PASSWORD NULL")
    assert hashed is not None
    assert hashed[0].startswith("SCRAM-SHA-256$")


def test_nobody_the_product_logs_in_as_is_a_superuser_or_above_row_level_security(
    superuser: psycopg.Connection[Any],
) -> None:
    call_command("sync_roles")
    mighty = superuser.execute(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'dakiya%' AND (rolsuper OR rolbypassrls)"
    ).fetchall()
    assert mighty == []


def test_without_a_superuser_the_release_says_what_to_set(settings: Settings) -> None:
    settings.SUPERUSER_DATABASE_URL = ""
    with pytest.raises(CommandError, match="SUPERUSER_DATABASE_URL is not set: give this command"):
        call_command("sync_roles")
