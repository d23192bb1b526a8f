from __future__ import annotations

from django.db import models

from compliance.levels import Level
from kernel.db.models import TenantOwned


class RuleLevel(TenantOwned):
    """What a tenant chose to happen when one of its rules of style objects; without a row, the rule's default."""

    key = models.CharField(max_length=40)
    level = models.CharField(max_length=8, choices=Level)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["tenant_id", "key"], name="compliance_rulelevel_unique"),)

    def __str__(self) -> str:
        return f"{self.key}: {self.level}"


class ObjectionCount(TenantOwned):
    """How many accepted messages of one template one rule objected to on one day, without refusing them.

    Written in the accept's own round trip, before the wallet's hold: tenants' accepts queue for their wallet anyway.
    """

    day = models.DateField(help_text="UTC")
    key = models.CharField(max_length=40)
    template_id = models.UUIDField()
    level = models.CharField(max_length=8, choices=Level, help_text="In force when they were accepted")
    messages = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "day", "key", "template_id", "level"], name="compliance_objectioncount_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.key} on {self.day}: {self.messages}"
