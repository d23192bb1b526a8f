"""A database for management commands in development: the running one, else one for as long as the command runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from config.embedded import postgres
from kernel.db.roles import ensure_roles

DATABASE: Final = "dakiya"


@contextmanager
def serving(var: Path) -> Iterator[None]:
    """The cluster under `var` takes connections inside; one that was started here is stopped at the end."""
    var.mkdir(parents=True, exist_ok=True)
    server = postgres.start_postgres(var / "postgres")
    try:
        if server is not None:
            ensure_roles(superuser_dsn=postgres.superuser_dsn(var / "postgres"), database=DATABASE)
        yield
    finally:
        if server is not None:
            postgres.stop(server)
