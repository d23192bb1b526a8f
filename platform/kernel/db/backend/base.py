"""PostgreSQL as Django knows it, minus one shortcut that composite primary keys make wrong (docs/adr/0002)."""

from __future__ import annotations

from django.db.backends.postgresql.base import DatabaseWrapper as PostgresWrapper

from kernel.db.backend.features import DatabaseFeatures


class DatabaseWrapper(PostgresWrapper):
    features_class = DatabaseFeatures
