"""What every tenant-owned table has, and the one table of names that are looked up before a tenant is known."""

from __future__ import annotations

from django.db import models

from kernel.db.tenancy import current_tenant_id
from kernel.domain.ids import uuid7


class TenantOwned(models.Model):
    """A row of one tenant. In the database the key is (tenant_id, id); see `kernel.db.operations.TenantTable`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant_id = models.UUIDField(default=current_tenant_id, editable=False)

    class Meta:
        abstract = True


class Name(models.Model):
    """Something a stranger presents (token hash, slug, SMPP system_id, mail domain) → the tenant and row it belongs to.

    Unique over the whole installation, which no tenant-owned table can promise.
    """

    kind = models.CharField(max_length=32)
    name = models.CharField(max_length=255, db_collation="C")
    tenant_id = models.UUIDField(default=current_tenant_id, editable=False)
    object_id = models.UUIDField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="kernel_name_unique")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


class Cursor(models.Model):
    """How far one reader has come in one event log (kernel.db.events)."""

    reader = models.CharField(max_length=64, primary_key=True)
    xid = models.BigIntegerField(default=0)
    event_id = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.reader
