"""Who did what to which record, and the seals that make a later change of it visible."""

from __future__ import annotations

from django.db import models

from kernel.db.fields import TenantForeignKey
from kernel.db.models import TenantOwned


class Entry(TenantOwned):
    """One act. No role of the database may change or delete it; the tables' owner is watched by the seals.

    `ip` and `agent` (the program's own words) say from where; processes of ours have none.
    """

    at = models.DateTimeField()
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=255)
    ip = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, null=True)
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=64)
    object_id = models.UUIDField()
    summary = models.CharField(max_length=500)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant_id", "object_type", "object_id", "id"], name="audit_entry_object"),
            models.Index(fields=["tenant_id", "actor_id", "id"], name="audit_entry_actor"),
            models.Index(fields=["tenant_id", "action", "id"], name="audit_entry_action"),
        ]

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


class TrailExport(TenantOwned):
    """A search of the trail as a file, written by a worker."""

    class State(models.TextChoices):
        REQUESTED = "requested", "Waiting"
        RUNNING = "running", "Being written"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    class Suffix(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "Excel"

    search = models.JSONField(help_text="audit.queries.Search")
    suffix = models.CharField(max_length=4, choices=Suffix)
    state = models.CharField(max_length=9, choices=State, default=State.REQUESTED)
    path = models.CharField(max_length=200, blank=True, help_text="Below MEDIA_ROOT")
    rows = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    actor_label = models.CharField(max_length=255)
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.filename

    @property
    def is_final(self) -> bool:
        return self.state in {self.State.READY, self.State.FAILED}

    @property
    def filename(self) -> str:
        return f"audit-{self.requested_at:%Y-%m-%d-%H%M}.{self.suffix}"
