"""The logins and roles of docs/adr/0002, made once per cluster by a superuser; again changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import psycopg
from psycopg import sql

LOGINS: Final = ("dakiya_owner", "dakiya_web", "dakiya_worker")
ROLES: Final = ("dakiya_tenant", "dakiya_platform")
# The owner becomes the platform role in data migrations, and gives it the look-ups that precede a tenant.
MEMBERSHIPS: Final = {
    "dakiya_owner": ("dakiya_tenant", "dakiya_platform"),
    "dakiya_web": ("dakiya_tenant",),
    "dakiya_worker": ("dakiya_tenant", "dakiya_platform"),
}


def ensure_roles(*, superuser_dsn: str, database: str, passwords: Mapping[str, str] | None = None) -> None:
    """Create missing roles, the database and its default privileges.

    Args:
        superuser_dsn: a connection that may create roles, to any database of the cluster.
        passwords: login → password; a login without one can only connect where the server trusts the socket.
    """
    with psycopg.connect(superuser_dsn, autocommit=True, dbname="postgres") as cluster:
        existing = {name for (name,) in cluster.execute("SELECT rolname FROM pg_roles").fetchall()}
        for role in (*LOGINS, *ROLES):
            if role not in existing:
                cluster.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
        for role in ROLES:
            cluster.execute(sql.SQL("ALTER ROLE {} NOLOGIN NOSUPERUSER NOBYPASSRLS").format(sql.Identifier(role)))
        for login in LOGINS:
            _prepare_login(cluster, login, (passwords or {}).get(login))
        if not cluster.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            name = sql.Identifier(database)
            cluster.execute(sql.SQL("CREATE DATABASE {} OWNER dakiya_owner").format(name))
    with psycopg.connect(superuser_dsn, autocommit=True, dbname=database) as inside:
        prepare_database(inside)


def _prepare_login(cluster: psycopg.Connection, login: str, password: str | None) -> None:
    name = sql.Identifier(login)
    # The owner creates test databases in development and tests; production gives it one database.
    cluster.execute(sql.SQL("ALTER ROLE {} LOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS").format(name))
    if password is not None:
        cluster.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(password)))
    for role in MEMBERSHIPS[login]:
        cluster.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), name))


def prepare_database(inside: psycopg.Connection) -> None:
    """Default privileges inside one database: what the owner creates, the logins may use.

    Tenant-owned tables take the logins' direct access away again (kernel.db.operations.TenantTable).
    """
    everyone = sql.SQL("dakiya_web, dakiya_worker, dakiya_platform")
    inside.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO dakiya_tenant, {}").format(everyone))
    # ALTER FUNCTION … OWNER TO asks that the new owner may create in the schema.
    inside.execute("GRANT CREATE, USAGE ON SCHEMA public TO dakiya_platform, dakiya_owner")
    defaults = sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE dakiya_owner GRANT ")
    inside.execute(sql.SQL("{}SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}").format(defaults, everyone))
    inside.execute(sql.SQL("{}SELECT ON TABLES TO dakiya_tenant").format(defaults))
    inside.execute(sql.SQL("{}USAGE, SELECT ON SEQUENCES TO dakiya_tenant, {}").format(defaults, everyone))
