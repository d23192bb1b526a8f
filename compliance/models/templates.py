from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.utils.functional import cached_property

from compliance.matching import CompiledTemplate
from compliance.models.portal import PortalRecord
from compliance.models.reviews import Reviewable
from compliance.models.senders import Sender
from compliance.statuses import Category, PortalCategory, PortalKind, ReviewState, traffic_class_of
from compliance.tags import Variable, VariableType
from kernel.db.fields import TenantForeignKey
from kernel.db.models import TenantOwned
from kernel.domain.traffic import TrafficClass


class TemplateQuerySet(models.QuerySet["Template"]):
    def awaiting_review(self) -> Self:
        return self.filter(state=ReviewState.SUBMITTED).order_by("submitted_at", "id")

    def usable(self) -> Self:
        return self.filter(state=ReviewState.APPROVED, sender__state=ReviewState.APPROVED).order_by("name", "-version")

    def needing_tags(self) -> Self:
        """Those with a variable whose type nobody has told the portal."""
        return self.filter(variables__contains=[{"type": VariableType.VAR.value}])


class Template(Reviewable):
    """One version of a text that may be sent. An approved body never changes: an edit is a new version."""

    name = models.CharField(max_length=120)
    version = models.PositiveIntegerField(default=1)
    sender = TenantForeignKey(Sender, models.PROTECT, related_name="templates", db_index=False)
    body = models.TextField()
    category = models.CharField(max_length=1, choices=Category, default=Category.SERVICE)
    category_raw = models.CharField(max_length=20, choices=PortalCategory, blank=True, default=PortalCategory.UNKNOWN)
    topic = models.CharField(max_length=60, blank=True, default="")
    # The portal's word for the trade it belongs to; no list of them is published.
    business_category = models.CharField(max_length=80, blank=True, default="", db_default="")
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

    @property
    def needs_tagging(self) -> bool:
        """A `{#var#}` remains without a type; a type beside the tag counts, as some portals keep it there."""
        return any(variable.type is VariableType.VAR for variable in self.variable_list)

    @cached_property
    def compiled(self) -> CompiledTemplate:
        return CompiledTemplate.compile(self.body, self.variable_list)


class DltRegistration(PortalRecord, TenantOwned):
    """A template on one country's register: the id that goes over the wire, and the one header it is linked to."""

    portal_kind: ClassVar = PortalKind.TEMPLATE

    template = TenantForeignKey(Template, models.CASCADE, related_name="registrations", db_index=False)
    country = models.CharField(max_length=2, default="IN")
    dlt_template_id = models.CharField(max_length=19)
    header = models.CharField(max_length=15, db_collation="C")
    dlt_consent_id = models.CharField(max_length=19, blank=True, default="")
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
