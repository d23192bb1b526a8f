"""Columns that keep a tenant's rows among themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models


class TenantForeignKey(models.ForeignKey[Any, Any]):
    """A reference to a row of the same tenant.

    The constraint is (tenant_id, x_id) → (tenant_id, id), made by `TenantTable`: a plain one would ignore row-level
    security and let one tenant point at another's row (docs/adr/0002).
    """

    def __init__(self, to: Any, on_delete: Any = models.PROTECT, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        super().__init__(to, on_delete, **kwargs)


if TYPE_CHECKING:
    _BigIntegerField = models.BigIntegerField[int, int]
else:
    _BigIntegerField = models.BigIntegerField


class Xid8Field(_BigIntegerField):
    """The id of the writing transaction, which orders an event log (kernel.db.events)."""

    def db_type(self, connection: Any) -> str:
        return "xid8"
