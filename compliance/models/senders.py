from __future__ import annotations

from typing import ClassVar, Final, Self

from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Replace, Upper

from compliance.identifiers import header_category
from compliance.models.entities import Entity
from compliance.models.portal import PortalRecord
from compliance.models.reviews import Reviewable
from compliance.statuses import PortalKind, ReviewState, SenderKind, Tenure
from kernel.db.fields import TenantForeignKey
from kernel.db.models import TenantOwned

_TEXT: Final = models.CharField(max_length=15, db_collation="C")


def folded(header: F | Value) -> Func:
    """What headers that look alike have in common: capitals, and one letter for those that are taken for each other.

    An expression instead of a function, so that what is stored and what is looked up are computed by the same words.
    """
    letters = Func(Upper(header), Value("01L582"), Value("OIISBZ"), function="translate", output_field=_TEXT)
    return Replace(Replace(letters, Value("VV"), Value("W")), Value("RN"), Value("M"))


class SenderQuerySet(models.QuerySet["Sender"]):
    def looking_like(self, header: str) -> Self:
        """Other headers that a reader may take for this one."""
        same = folded(Value(header, output_field=_TEXT))
        return self.filter(folded=same).exclude(header=header).order_by("header")

    def awaiting_review(self) -> Self:
        return self.filter(state=ReviewState.SUBMITTED).order_by("submitted_at", "id")

    def usable(self) -> Self:
        """Approved by us; whether a country's registration is active is a matter of the destination."""
        return self.filter(state=ReviewState.APPROVED).order_by("header")


class Sender(Reviewable):
    """What recipients see as the origin: a header, short code or number. Capitals matter."""

    header = models.CharField(max_length=15, db_collation="C")
    folded = models.GeneratedField(expression=folded(F("header")), output_field=_TEXT, db_persist=True)
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
        indexes = (
            models.Index(fields=["tenant_id", "state", "submitted_at"], name="compliance_sender_queue"),
            models.Index(fields=["tenant_id", "folded"], name="compliance_sender_folded"),
        )

    def __str__(self) -> str:
        return self.header

    @property
    def category(self) -> str:
        """What a promotional header's first digit says of its content; empty for other kinds."""
        return header_category(self.header, self.kind)


class SenderRegistration(PortalRecord, TenantOwned):
    """A sender on one country's register."""

    portal_kind: ClassVar = PortalKind.HEADER

    sender = TenantForeignKey(Sender, models.CASCADE, related_name="registrations", db_index=False)
    country = models.CharField(max_length=2)
    registration_id = models.CharField(max_length=64, blank=True, default="")
    tenure = models.CharField(max_length=9, choices=Tenure, default=Tenure.PERMANENT)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "sender", "country"], name="compliance_sender_registration_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.sender_id} {self.country}"
