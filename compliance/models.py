"""Who may send what to whom: entities, senders and templates with review and registrations, and opt-outs."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from compliance.matching import CompiledTemplate
from compliance.statuses import (
    EDITABLE,
    Category,
    OptOutSource,
    PortalState,
    ReviewState,
    SenderKind,
    traffic_class_of,
)
from compliance.tags import Variable
from kernel.db.fields import TenantForeignKey
from kernel.db.models import TenantOwned
from kernel.domain.traffic import TrafficClass


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


class Reviewable(TenantOwned):
    """What a person of the compliance role says yes to before it is used."""

    state = models.CharField(max_length=16, choices=ReviewState, default=ReviewState.DRAFT)
    created_at = models.DateTimeField()
    created_by_id = models.UUIDField(null=True, editable=False)
    submitted_at = models.DateTimeField(null=True)
    submitted_by_id = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def is_editable(self) -> bool:
        return self.state in EDITABLE

    @property
    def is_submitted(self) -> bool:
        return self.state == ReviewState.SUBMITTED

    @property
    def is_approved(self) -> bool:
        return self.state == ReviewState.APPROVED


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


class TemplateQuerySet(models.QuerySet["Template"]):
    def awaiting_review(self) -> Self:
        return self.filter(state=ReviewState.SUBMITTED).order_by("submitted_at", "id")

    def usable(self) -> Self:
        return self.filter(state=ReviewState.APPROVED, sender__state=ReviewState.APPROVED).order_by("name", "-version")


class Template(Reviewable):
    """One version of a text that may be sent. An approved body never changes: an edit is a new version."""

    name = models.CharField(max_length=120)
    version = models.PositiveIntegerField(default=1)
    sender = TenantForeignKey(Sender, models.PROTECT, related_name="templates", db_index=False)
    body = models.TextField()
    category = models.CharField(max_length=1, choices=Category, default=Category.SERVICE)
    is_otp = models.BooleanField(default=False)
    variables = models.JSONField(default=list)

    objects = TemplateQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["tenant_id", "name", "version"], name="compliance_template_version_unique"),
        )
        indexes = (
            models.Index(fields=["tenant_id", "state", "submitted_at"], name="compliance_template_queue"),
            models.Index(fields=["tenant_id", "sender"], name="compliance_template_sender"),
        )

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"

    @property
    def traffic_class(self) -> TrafficClass:
        return traffic_class_of(self.category, is_otp=self.is_otp)

    @property
    def variable_list(self) -> tuple[Variable, ...]:
        return tuple(Variable.from_json(row) for row in self.variables)

    @cached_property
    def compiled(self) -> CompiledTemplate:
        return CompiledTemplate.compile(self.body, self.variable_list)


class DltRegistration(TenantOwned):
    """A template on one country's register: the id that goes over the wire, and the one header it is linked to."""

    template = TenantForeignKey(Template, models.CASCADE, related_name="registrations", db_index=False)
    country = models.CharField(max_length=2, default="IN")
    dlt_template_id = models.CharField(max_length=19)
    header = models.CharField(max_length=15, db_collation="C")
    portal_state = models.CharField(max_length=12, choices=PortalState, default=PortalState.PENDING)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "template", "country"], name="compliance_dlt_registration_unique"
            ),
            models.UniqueConstraint(
                fields=["tenant_id", "country", "dlt_template_id"], name="compliance_dlt_template_id_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.dlt_template_id} {self.country}"


class Review(TenantOwned):
    """One step in a review, kept for good: who moved what, and in which words."""

    class Of(models.TextChoices):
        SENDER = "sender", "Sender"
        TEMPLATE = "template", "Template"

    object_type = models.CharField(max_length=8, choices=Of)
    object_id = models.UUIDField()
    from_state = models.CharField(max_length=16, choices=ReviewState)
    to_state = models.CharField(max_length=16, choices=ReviewState)
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=200)
    note = models.TextField(blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["tenant_id", "object_id", "id"], name="compliance_review_object"),)

    def __str__(self) -> str:
        return f"{self.object_type} {self.from_state} → {self.to_state}"


class OptOut(TenantOwned):
    """A person who wants no more messages: of one sender, or (sender null) of any. Passcodes pass all the same."""

    recipient = models.CharField(max_length=16, db_collation="C")
    sender = models.CharField(max_length=15, null=True, db_collation="C")
    source = models.CharField(max_length=8, choices=OptOutSource, default=OptOutSource.PERSON)
    created_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "recipient", "sender"],
                condition=Q(lifted_at__isnull=True),
                nulls_distinct=False,
                name="compliance_optout_standing_unique",
            ),
        )

    def __str__(self) -> str:
        return f"opt-out {self.pk}"


class RuleVersion(TenantOwned):
    """Changes with everything that decides about messages, so that compiled rules are kept as long as they are true.

    The value is a fresh id instead of a count: a change that was rolled back can never be mistaken for a later one.
    """

    version = models.UUIDField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["tenant_id"], name="compliance_ruleversion_tenant_unique"),)

    def __str__(self) -> str:
        return str(self.version)
