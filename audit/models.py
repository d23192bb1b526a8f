"""Who did what to which record, and the seals that make a later change of it visible."""

from __future__ import annotations

from django.db import models

from kernel.db.fields import TenantForeignKey
from kernel.db.models import TenantOwned


class Entry(TenantOwned):
    """One act. No role of the database may change or delete it; the tables' owner is watched by the seals."""

    at = models.DateTimeField()
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=255)
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=64)
    object_id = models.UUIDField()
    summary = models.CharField(max_length=500)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "object_type", "object_id", "id"], name="audit_entry_object")]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"


class Seal(TenantOwned):
    """A link of the tenant's chain: its digest covers the entry and the digest before it (audit.sealing)."""

    number = models.BigIntegerField()
    entry = TenantForeignKey(Entry, models.PROTECT, related_name="seals", db_index=False)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "number"], name="audit_seal_number"),
            models.UniqueConstraint(fields=["tenant_id", "entry"], name="audit_seal_entry"),
        ]

    def __str__(self) -> str:
        return f"seal {self.number}"
