from __future__ import annotations

from django.db import models

from kernel.db.models import TenantOwned


class Warned(TenantOwned):
    """One warning about a registration that was given, so that it is not given again; `key` says which and of what."""

    key = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["tenant_id", "key"], name="compliance_warned_once"),)

    def __str__(self) -> str:
        return self.key
