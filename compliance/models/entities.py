from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from compliance.models.portal import PortalRecord
from compliance.statuses import EntityType, Portal, PortalKind, PortalState
from kernel.db.models import TenantOwned


class Entity(PortalRecord, TenantOwned):
    """The legal person that sends; in India a principal entity, registered on one portal."""

    portal_kind: ClassVar = PortalKind.ENTITY

    legal_name = models.CharField(max_length=200)
    country = models.CharField(max_length=2, default="IN")
    dlt_entity_id = models.CharField(max_length=19, blank=True, default="")
    entity_type = models.CharField(max_length=12, choices=EntityType, blank=True, default=EntityType.UNKNOWN)
    portal = models.CharField(max_length=12, choices=Portal, blank=True, default=Portal.UNKNOWN)
    portal_state = models.CharField(max_length=12, choices=PortalState, default=PortalState.ACTIVE)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "country", "dlt_entity_id"],
                condition=~Q(dlt_entity_id=""),
                name="compliance_entity_dlt_id_unique",
            ),
        )

    def __str__(self) -> str:
        return self.legal_name
