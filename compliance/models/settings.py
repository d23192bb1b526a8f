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
