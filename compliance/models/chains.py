"""Who carries an entity's messages: the telemarketers it is bound to, and the chains it has approved."""

from __future__ import annotations

from typing import ClassVar, Final, Self

from django.db import models
from django.db.models import Q

from compliance.models.entities import Entity
from compliance.models.portal import PortalRecord
from compliance.statuses import PortalKind, PortalState, TelemarketerRole
from kernel.db.fields import TenantForeignKey
from kernel.db.models import TenantOwned

ENDED: Final = [PortalState.REVOKED, PortalState.DECLINED]


class Telemarketer(PortalRecord, TenantOwned):
    """A telemarketer that an entity has added on its portal; while it is not active, no chain can name it."""

    portal_kind: ClassVar = PortalKind.TELEMARKETER

    entity = TenantForeignKey(Entity, models.CASCADE, related_name="telemarketers", db_index=False)
    telemarketer_id = models.CharField(max_length=19, db_collation="C")
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=10, choices=TelemarketerRole, default=TelemarketerRole.AGGREGATOR)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "entity", "telemarketer_id"], name="compliance_telemarketer_unique"
            ),
        )

    def __str__(self) -> str:
        return self.name


class ChainQuerySet(models.QuerySet["Chain"]):
    def active(self) -> Self:
        return self.filter(portal_state=PortalState.ACTIVE)

    def standing(self) -> Self:
        """Those that are in use, or may still come into use."""
        return self.exclude(portal_state__in=ENDED)


class Chain(PortalRecord, TenantOwned):
    """An approved way from an entity to the operators, told to them by its hash (docs/rules.md#chains).

    The ids never change: another way is another chain.
    """

    portal_kind: ClassVar = PortalKind.CHAIN

    entity = TenantForeignKey(Entity, models.CASCADE, related_name="chains", db_index=False)
    telemarketer_ids = models.JSONField(default=list)
    delivery_id = models.CharField(max_length=19, db_collation="C")
    hash = models.CharField(max_length=64, db_collation="C")
    accepted_count = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects = ChainQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "entity", "hash"],
                condition=~Q(portal_state__in=ENDED),
                name="compliance_chain_hash_unique",
            ),
        )
        indexes = (models.Index(fields=["tenant_id", "entity", "delivery_id"], name="compliance_chain_delivery"),)

    def __str__(self) -> str:
        return f"…{self.hash[-8:]}"
