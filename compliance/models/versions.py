from __future__ import annotations

from django.db import models

from kernel.db.models import TenantOwned


class RuleVersion(TenantOwned):
    """Changes with everything that decides about messages, so that compiled rules are kept as long as they are true.

    The value is a fresh id instead of a count: a change that was rolled back can never be mistaken for a later one.
    """

    version = models.UUIDField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["tenant_id"], name="compliance_ruleversion_tenant_unique"),)

    def __str__(self) -> str:
        return str(self.version)
