from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from compliance.models.entities import Entity
from compliance.models.portal import PortalRecord
from compliance.statuses import PortalKind
from kernel.db.fields import TenantForeignKey
from kernel.db.models import TenantOwned


class ConsentTemplate(PortalRecord, TenantOwned):
    """The words in which people are asked for their consent, registered on the portal."""

    portal_kind: ClassVar = PortalKind.CONSENT_TEMPLATE

    entity = TenantForeignKey(Entity, models.CASCADE, related_name="consent_templates", db_index=False)
    name = models.CharField(max_length=120)
    brand = models.CharField(max_length=120)
    scope = models.TextField()
    dlt_consent_id = models.CharField(max_length=19, blank=True, default="")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["tenant_id", "entity", "name"], name="compliance_consenttemplate_unique"),
            models.UniqueConstraint(
                fields=["tenant_id", "dlt_consent_id"],
                condition=~Q(dlt_consent_id=""),
                name="compliance_consenttemplate_dlt_id",
            ),
        )

    def __str__(self) -> str:
        return self.name
