from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db.backends.postgresql.psycopg_any import is_psycopg3
from django.db.backends.utils import CursorWrapper

from kernel.db.backend.base import DatabaseWrapper as ProductWrapper
from tests.backend.creation import DatabaseCreation
from tests.backend.operations import DatabaseOperations

OWNER = "dakiya_owner"
# Emptying a table waits for whoever reads it; a connection that a test left open is an error then, not a hang.
LOCK_TIMEOUT = "15s"

assert is_psycopg3


class DatabaseWrapper(ProductWrapper):
    creation_class = DatabaseCreation
    ops_class = DatabaseOperations

    @contextmanager
    def as_owner(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """A connection of the owner's to the same database, autocommit, closed at the end."""
        parameters = {**self.get_connection_params(), "user": OWNER}
        for name in ("cursor_factory", "context", "client_encoding", "server_side_binding", "prepare_threshold"):
            parameters.pop(name, None)
        with psycopg.connect(**parameters, autocommit=True, options=f"-c lock_timeout={LOCK_TIMEOUT}") as connection:
            yield connection

    @contextmanager
    def _nodb_cursor(self) -> Iterator[CursorWrapper]:
        """Django creates and drops test databases through this one."""
        settings = {**self.settings_dict, "NAME": "postgres", "USER": OWNER}
        wrapper = self.__class__(settings, alias="__owner__")
        try:
            with wrapper.cursor() as cursor:
                yield cursor
        finally:
            wrapper.close()
