from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db.backends.postgresql.operations import DatabaseOperations as PostgresOperations

if TYPE_CHECKING:
    from tests.backend.base import DatabaseWrapper

# Written by migrate from the code, the same for every test; making them again would cost more than emptying the rest.
KEPT = frozenset({"django_content_type", "auth_permission"})

# A partitioned table holds nothing, its partitions do. Row-level security hides rows from the owner, not sizes.
FILLED = """
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname = ANY(%s)
      AND (pg_relation_size(c.oid) > 0
           OR EXISTS (SELECT FROM pg_partition_tree(c.oid) t WHERE pg_relation_size(t.relid) > 0))
"""


class DatabaseOperations(PostgresOperations):
    connection: DatabaseWrapper

    def sql_flush(
        self, style: Any, tables: Sequence[str], *, reset_sequences: bool = False, allow_cascade: bool = False
    ) -> list[str]:
        """TRUNCATE for the tables that hold something: most tests fill a few of sixty."""
        with self.connection.as_owner() as owner:
            filled = {name for (name,) in owner.execute(FILLED, [list(tables)])}
        wanted = sorted(filled - KEPT)
        # CASCADE reaches tables that refer to these; they are empty, or among these.
        return super().sql_flush(style, wanted, reset_sequences=reset_sequences, allow_cascade=True)

    def execute_sql_flush(self, sql_list: Iterable[str]) -> None:
        with self.connection.as_owner() as owner, owner.transaction():
            for statement in sql_list:
                owner.execute(statement.encode())
