from __future__ import annotations

from typing import ClassVar

from django.db import models

from compliance.models.entities import Entity
from compliance.models.portal import PortalRecord
from compliance.statuses import LinkKind, PortalKind
from kernel.db.fields import TenantForeignKey
from kernel.db.models import TenantOwned


class Link(PortalRecord, TenantOwned):
    """A call to action that an entity has whitelisted: a link, a file, a number or an address, as registered."""

    portal_kind: ClassVar = PortalKind.LINK

    entity = TenantForeignKey(Entity, models.CASCADE, related_name="links", db_index=False)
    kind = models.CharField(max_length=8, choices=LinkKind)
    value = models.CharField(max_length=500, db_collation="C")
    header = models.CharField(max_length=15, blank=True, default="", db_collation="C")
    registration_id = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["tenant_id", "entity", "kind", "value"], name="compliance_link_unique"),
        )

    def __str__(self) -> str:
        return self.value
