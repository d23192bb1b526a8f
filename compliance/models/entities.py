from __future__ import annotations

from django.db import models
from django.db.models import Q

from compliance.statuses import PortalState
from kernel.db.models import TenantOwned


class Entity(TenantOwned):
    """The legal person that sends; in India a principal entity, registered on one portal."""

    legal_name = models.CharField(max_length=200)
    country = models.CharField(max_length=2, default="IN")
    dlt_entity_id = models.CharField(max_length=19, blank=True, default="")
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
