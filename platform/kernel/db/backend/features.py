from __future__ import annotations

from django.db.backends.postgresql.features import DatabaseFeatures as PostgresFeatures


class DatabaseFeatures(PostgresFeatures):
    # The database's primary key is (tenant_id, id), Django's is id: PostgreSQL cannot infer the other columns from it.
    allows_group_by_selected_pks = False
