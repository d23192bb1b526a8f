"""What is not to be sent any more, whichever door it came through."""

from __future__ import annotations

from django.db import models

from kernel.db.models import TenantOwned


class Stop(TenantOwned):
    """A standing stop: unsent messages of this key are kept back until it is lifted, which deletes the row.

    Args:
        key: what batches carry: an entity's id on the portal, a sender's header, a template's id; of a chain the
             entity's id, a colon and that of the telemarketer at its end.
        prefix: digits with which destinations begin that it is about; empty for all.
        object_id: the record that was suspended, for its page.
    """

    class Kind(models.TextChoices):
        ENTITY = "entity", "Entity"
        SENDER = "sender", "Sender"
        TEMPLATE = "template", "Template"
        CHAIN = "chain", "Chain"

    kind = models.CharField(max_length=8, choices=Kind)
    key = models.CharField(max_length=64)
    prefix = models.CharField(max_length=7, blank=True, default="")
    object_id = models.UUIDField()
    label = models.CharField(max_length=200)
    reason = models.CharField(max_length=500)
    stopped_at = models.DateTimeField()
    stopped_by_label = models.CharField(max_length=255)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["tenant_id", "kind", "key", "prefix"], name="compliance_stop_unique"),
        )
        indexes = (models.Index(fields=["tenant_id", "object_id"], name="compliance_stop_object"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.label}"
