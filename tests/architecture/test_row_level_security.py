"""What keeps tenants apart, asked of the database itself: new tables of any app are included without being named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
import pytest
from django.apps import apps
from django.db import connection
from psycopg import sql

from kernel.db.dsn import conninfo
from kernel.db.models import TenantOwned

pytestmark = pytest.mark.django_db

# Unique over the installation by design: names that are looked up before a tenant is known.
GLOBAL_KEYS: Final = {"kernel_name"}
ROLES: Final = ("dakiya_web", "dakiya_worker", "dakiya_tenant", "dakiya_platform")
LOGINS: Final = ("dakiya_web", "dakiya_worker")
# Who uses the installation, and what is in their browsers.
HIDDEN: Final = (
    "django_session",
    "django_admin_log",
    "account_emailaddress",
    "account_emailconfirmation",
    "tenants_user_groups",
    "tenants_user_user_permissions",
    "kernel_cursor",
)
OWNED: Final = """
    SELECT c.oid, c.relname FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND a.attnotnull AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""
COLUMNS: Final = """
    ARRAY(SELECT a.attname::text FROM unnest({keys}) WITH ORDINALITY listed(number, place)
          JOIN pg_attribute a ON a.attrelid = {table} AND a.attnum = listed.number ORDER BY listed.place)
"""


def rows(statement: str, *parameters: list[str]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return list(cursor.fetchall())


def names(statement: str, *parameters: list[str]) -> set[str]:
    return {row[0] for row in rows(statement, *parameters)}


def owned_tables() -> set[str]:
    return names(f"SELECT relname FROM ({OWNED}) t")


def model_tables() -> set[str]:
    return {model._meta.db_table for model in apps.get_models() if issubclass(model, TenantOwned)}


def test_every_tenant_owned_model_has_a_table_that_the_rules_below_look_at() -> None:
    assert {"tenants_member", "tenants_apitoken", "audit_entry"} <= model_tables() <= owned_tables()


def test_row_level_security_is_forced_on_every_table_with_a_tenant() -> None:
    secured = names("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
    assert owned_tables() - secured == set()
    assert {"tenants_tenant", "tenants_user"} <= secured


def test_policies_admit_the_tenant_itself_and_the_platform_and_nobody_else() -> None:
    found = rows(
        f"SELECT t.relname, p.polname::text, p.polroles::regrole[]::text[], pg_get_expr(p.polqual, p.polrelid) "
        f"FROM ({OWNED}) t JOIN pg_policy p ON p.polrelid = t.oid"
    )
    reached: dict[str, set[tuple[str, ...]]] = {}
    for table, _, roles, expression in found:
        reached.setdefault(table, set()).add(tuple(roles))
        if "dakiya_tenant" in roles:
            assert "tenant_id = " in expression, table
            assert "current_setting('dakiya.tenant'" in expression, table
    allowed = {("dakiya_tenant",), ("dakiya_platform",)}
    assert {table: roles for table, roles in reached.items() if not roles <= allowed} == {}
    assert owned_tables() - reached.keys() == set()


def test_what_a_tenant_may_write_is_what_a_tenant_may_see() -> None:
    """WITH CHECK is an expression of its own; one that says less than USING lets rows into another tenant."""
    checks = rows(
        "SELECT c.relname, pg_get_expr(coalesce(p.polwithcheck, p.polqual), p.polrelid) "
        "FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid "
        "WHERE 'dakiya_tenant'::regrole = ANY(p.polroles) AND p.polcmd IN ('*', 'a', 'w')"
    )
    assert {table for table, _ in checks} >= owned_tables()
    assert [check for check in checks if "current_setting('dakiya.tenant'" not in check[1]] == []


def test_no_policy_is_for_everybody() -> None:
    open_tables = "SELECT c.relname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE 0 = ANY(p.polroles)"
    assert names(open_tables) == set()


def test_the_key_of_every_table_begins_with_the_tenant() -> None:
    keys = rows(
        f"SELECT t.relname, {COLUMNS.format(keys='k.conkey', table='t.oid')} FROM ({OWNED}) t "
        "JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'p'"
    )
    assert {table for table, columns in keys if columns[0] != "tenant_id"} - GLOBAL_KEYS == set()
    # Maps and details that no model stands for have keys of their own behind the tenant.
    assert {table for table, columns in keys if columns[1:2] != ["id"]} & model_tables() == set()
    assert {table for table, _ in keys} == owned_tables()


def test_every_unique_index_contains_the_tenant() -> None:
    indexes = rows(
        f"SELECT t.relname, i.indexrelid::regclass::text, {COLUMNS.format(keys='i.indkey::int2[]', table='t.oid')} "
        f"FROM ({OWNED}) t JOIN pg_index i ON i.indrelid = t.oid AND i.indisunique"
    )
    assert indexes
    assert [row for row in indexes if "tenant_id" not in row[2] and row[0] not in GLOBAL_KEYS] == []


def test_foreign_keys_between_tenants_tables_contain_the_tenant_on_both_sides() -> None:
    keys = rows(
        f"SELECT t.relname, k.conname::text, {COLUMNS.format(keys='k.conkey', table='k.conrelid')}, "
        f"{COLUMNS.format(keys='k.confkey', table='k.confrelid')} FROM ({OWNED}) t "
        f"JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f' JOIN ({OWNED}) o ON o.oid = k.confrelid"
    )
    assert "audit_seal" in {key[0] for key in keys}
    assert [key for key in keys if key[2][0] != "tenant_id" or key[3][0] != "tenant_id"] == []


def test_every_reference_to_a_tenants_row_is_a_constraint() -> None:
    owned = [model for model in apps.get_models() if issubclass(model, TenantOwned)]
    wanted = {
        (model._meta.db_table, field.column)
        for model in owned
        for field in model._meta.local_fields
        if field.remote_field and issubclass(field.remote_field.model, TenantOwned)
    }
    have = rows(
        f"SELECT k.conrelid::regclass::text, unnest({COLUMNS.format(keys='k.conkey', table='k.conrelid')}) "
        "FROM pg_constraint k WHERE k.contype = 'f'"
    )
    assert wanted
    assert wanted - set(have) == set()


def test_no_login_reaches_a_tenants_table_without_taking_a_role() -> None:
    reached = rows(
        f"SELECT t.relname, l.name FROM ({OWNED}) t CROSS JOIN unnest(%s::text[]) l(name) "
        "WHERE has_any_column_privilege(l.name, t.oid, 'SELECT, INSERT, UPDATE') "
        "OR has_table_privilege(l.name, t.oid, 'DELETE, TRUNCATE')",
        list(LOGINS),
    )
    assert reached == []


def test_partitions_are_reached_through_their_parents_only() -> None:
    reached = rows(
        "SELECT c.relname, r.name FROM pg_class c CROSS JOIN unnest(%s::text[]) r(name) "
        "WHERE c.relispartition AND c.relkind IN ('r', 'p') "
        "AND has_table_privilege(r.name, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')",
        list(ROLES),
    )
    assert reached == []


def test_a_tenants_role_reads_nothing_about_people_of_others() -> None:
    assert names("SELECT t FROM unnest(%s::text[]) t WHERE to_regclass(t) IS NULL", list(HIDDEN)) == set()
    readable = "SELECT t FROM unnest(%s::text[]) t WHERE has_table_privilege('dakiya_tenant', t, 'SELECT')"
    assert names(readable, list(HIDDEN)) == set()


def test_a_tenants_role_writes_to_no_table_of_the_platform() -> None:
    writable = names(
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') "
        "AND has_table_privilege('dakiya_tenant', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')"
    )
    assert writable - owned_tables() == set()


def test_views_see_with_the_rights_of_their_reader() -> None:
    blind = names(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm') "
        "AND NOT coalesce(reloptions::text[] && ARRAY['security_invoker=true', 'security_invoker=on'], false)"
    )
    assert blind == set()


def test_functions_that_look_across_tenants_belong_to_the_platform_and_serve_the_logins_only() -> None:
    functions = rows(
        "SELECT p.proname::text, p.proowner::regrole::text, p.proconfig, "
        "has_function_privilege('dakiya_tenant', p.oid, 'EXECUTE') "
        "FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef"
    )
    assert {"dakiya_memberships", "dakiya_api_token"} <= {name for name, *_ in functions}
    for name, owner, settings, open_to_tenants in functions:
        assert owner == "dakiya_platform", name
        assert any(setting.startswith("search_path=pg_catalog") for setting in settings or ()), name
        assert not open_to_tenants, name


def test_no_role_of_ours_stands_above_row_level_security() -> None:
    strong = names("SELECT rolname FROM pg_roles WHERE starts_with(rolname, 'dakiya_') AND (rolsuper OR rolbypassrls)")
    assert strong == set()


@contextmanager
def web_login() -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with psycopg.connect(conninfo(), user="dakiya_web", autocommit=True) as web:
        yield web


def test_the_web_login_may_become_a_tenant_but_never_the_platform() -> None:
    with web_login() as web:
        web.execute("SET ROLE dakiya_tenant")
        web.execute("RESET ROLE")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute("SET ROLE dakiya_platform")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute("SELECT set_config('role', 'dakiya_platform', false)")


def test_the_web_login_itself_reads_no_tenants_table() -> None:
    with web_login() as web:
        for table in sorted(owned_tables()):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                web.execute(sql.SQL("SELECT 1 FROM {}").format(sql.Identifier(table)))
