"""Migration operations that make a table tenant-owned, partitioned, or reachable before a tenant is known."""

from __future__ import annotations

from typing import Any, Final

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.models import CreateModel
from django.db.migrations.state import ProjectState

from kernel.db.fields import TenantForeignKey

# nullif: after its first use in a session the setting reads '' instead of NULL. Not wrapped in (SELECT …): the planner
# knows a stable expression's value, an init plan's not (docs/adr/0002).
TENANT_EXPRESSION: Final = "tenant_id = nullif(current_setting('dakiya.tenant', true), '')::uuid"
OWN_ROW_EXPRESSION: Final = "id = nullif(current_setting('dakiya.tenant', true), '')::uuid"


class _TableOperation(Operation):
    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The model's state is not touched: only its table is."""

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """The table goes with its CreateModel, and takes policies, keys and grants along."""

    def _table(self, app_label: str, editor: BaseDatabaseSchemaEditor, state: ProjectState) -> str:
        return editor.quote_name(state.apps.get_model(app_label, self.model_name)._meta.db_table)


class TenantTable(_TableOperation):
    """Key (tenant_id, id), composite foreign keys, forced row-level security and grants for one tenant-owned table.

    Args:
        append_only: nobody may UPDATE or DELETE, not even the platform.
        key: further columns of the primary key, where partitioning asks for them.
        own_row: the table is the tenants' own: a tenant sees the row whose `id` it is.
    """

    def __init__(
        self, model_name: str, *, append_only: bool = False, key: tuple[str, ...] = (), own_row: bool = False
    ) -> None:
        super().__init__(model_name)
        self.append_only = append_only
        self.key = tuple(key)
        self.own_row = own_row

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        kwargs: dict[str, Any] = {}
        if self.append_only:
            kwargs["append_only"] = True
        if self.key:
            kwargs["key"] = self.key
        if self.own_row:
            kwargs["own_row"] = True
        return (self.__class__.__name__, [self.model_name], kwargs)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        table = self._table(app_label, schema_editor, to_state)
        if not self.own_row:
            self._replace_key(schema_editor, model, table)
            self._reference_within_tenant(schema_editor, model, table)
        self._secure(schema_editor, table)

    def _replace_key(self, editor: BaseDatabaseSchemaEditor, model: type[models.Model], table: str) -> None:
        name = editor.quote_name(f"{model._meta.db_table}_pkey")
        columns = ", ".join(editor.quote_name(column) for column in ("tenant_id", "id", *self.key))
        editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}", None)
        editor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} PRIMARY KEY ({columns})", None)

    def _reference_within_tenant(self, editor: BaseDatabaseSchemaEditor, model: type[models.Model], table: str) -> None:
        for field in model._meta.local_fields:
            if isinstance(field, TenantForeignKey):
                target = editor.quote_name(field.remote_field.model._meta.db_table)
                column = editor.quote_name(field.column)
                name = editor.quote_name(f"{model._meta.db_table}_{field.column}_tenant_fk"[:63])
                editor.execute(
                    f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (tenant_id, {column}) "
                    f"REFERENCES {target} (tenant_id, id) DEFERRABLE INITIALLY DEFERRED",
                    None,
                )

    def _secure(self, editor: BaseDatabaseSchemaEditor, table: str) -> None:
        expression = OWN_ROW_EXPRESSION if self.own_row else TENANT_EXPRESSION
        rights = "SELECT, INSERT" if self.append_only else "SELECT, INSERT, UPDATE, DELETE"
        for statement in (
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY tenant ON {table} TO dakiya_tenant USING ({expression}) WITH CHECK ({expression})",
            f"CREATE POLICY platform ON {table} TO dakiya_platform USING (true) WITH CHECK (true)",
            f"REVOKE ALL ON {table} FROM dakiya_web, dakiya_worker, dakiya_tenant, dakiya_platform",
            f"GRANT {rights} ON {table} TO dakiya_tenant, dakiya_platform",
        ):
            editor.execute(statement, None)

    def describe(self) -> str:
        return f"Give the table of {self.model_name} to its tenants"


class CreatePartitionedModel(CreateModel):
    """CreateModel for a table PARTITION BY `partition_by`, e.g. "RANGE (id)"; kernel.db.partitions makes the parts."""

    def __init__(self, *args: Any, partition_by: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.partition_by = partition_by

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        name, args, kwargs = super().deconstruct()
        return name, list(args), {**kwargs, "partition_by": self.partition_by}

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        plain = schema_editor.sql_create_table
        # The primary key that Django writes inline lacks the partition's columns: TenantTable(key=…) adds the real one.
        schema_editor.sql_create_table = plain + f" PARTITION BY {self.partition_by}"
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        finally:
            schema_editor.sql_create_table = plain


class DefinerFunction(Operation):
    """A look-up that must work before the tenant is known: SECURITY DEFINER, owned by the platform role.

    Args:
        name: e.g. "dakiya_token".
        arguments: e.g. "wanted text".
        returns: e.g. "TABLE (tenant_id uuid, token_id uuid)".
        body: one SQL query; arguments by name.
        logins: who may call it.
    """

    reversible = True

    def __init__(self, name: str, arguments: str, returns: str, body: str, logins: tuple[str, ...]) -> None:
        self.name, self.arguments, self.returns, self.body, self.logins = name, arguments, returns, body, tuple(logins)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (self.__class__.__name__, [self.name, self.arguments, self.returns, self.body, self.logins], {})

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Functions are no part of the models' state."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        types = ", ".join(argument.split(None, 1)[1] for argument in self.arguments.split(",") if argument.strip())
        signature = f"{self.name}({types})"
        schema_editor.execute(
            f"CREATE FUNCTION {self.name}({self.arguments}) RETURNS {self.returns} LANGUAGE sql STABLE "
            f"SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $dakiya$ {self.body} $dakiya$",
            None,
        )
        schema_editor.execute(f"ALTER FUNCTION {signature} OWNER TO dakiya_platform", None)
        # Only its new owner may say who calls it.
        schema_editor.execute("SET LOCAL ROLE dakiya_platform", None)
        schema_editor.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC", None)
        schema_editor.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {', '.join(self.logins)}", None)
        schema_editor.execute("SET LOCAL ROLE NONE", None)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        schema_editor.execute(f"DROP FUNCTION {self.name}", None)

    def describe(self) -> str:
        return f"Create the look-up {self.name}"
