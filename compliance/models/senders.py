from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q

from compliance.models.entities import Entity
from compliance.models.reviews import Reviewable
from compliance.statuses import PortalState, ReviewState, SenderKind
from kernel.db.fields import TenantForeignKey
from kernel.db.models import TenantOwned


class SenderQuerySet(models.QuerySet["Sender"]):
    def awaiting_review(self) -> Self:
        return self.filter(state=ReviewState.SUBMITTED).order_by("submitted_at", "id")

    def usable(self) -> Self:
        """Approved by us; whether a country's registration is active is a matter of the destination."""
        return self.filter(state=ReviewState.APPROVED).order_by("header")


class Sender(Reviewable):
    """What recipients see as the origin: a header, short code or number. Capitals matter."""

    header = models.CharField(max_length=15, db_collation="C")
    kind = models.CharField(max_length=8, choices=SenderKind, default=SenderKind.ALPHA)
    entity = TenantForeignKey(Entity, models.PROTECT, null=True, related_name="senders", db_index=False)
    purpose = models.CharField(max_length=200, blank=True, default="")

    objects = SenderQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "header"],
                condition=~Q(state=ReviewState.REJECTED),
                name="compliance_sender_header_unique",
            ),
        )
        indexes = (models.Index(fields=["tenant_id", "state", "submitted_at"], name="compliance_sender_queue"),)

    def __str__(self) -> str:
        return self.header


class SenderRegistration(TenantOwned):
    """A sender on one country's register."""

    sender = TenantForeignKey(Sender, models.CASCADE, related_name="registrations", db_index=False)
    country = models.CharField(max_length=2)
    registration_id = models.CharField(max_length=64, blank=True, default="")
    portal_state = models.CharField(max_length=12, choices=PortalState, default=PortalState.PENDING)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "sender", "country"], name="compliance_sender_registration_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.sender_id} {self.country}"
