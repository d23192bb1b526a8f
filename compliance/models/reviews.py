"""What a person of the compliance role decides about, and what was decided."""

from __future__ import annotations

from django.db import models

from compliance.statuses import EDITABLE, ReviewState
from kernel.db.models import TenantOwned


class Reviewable(TenantOwned):
    """What a person of the compliance role says yes to before it is used."""

    state = models.CharField(max_length=16, choices=ReviewState, default=ReviewState.DRAFT)
    created_at = models.DateTimeField()
    created_by_id = models.UUIDField(null=True, editable=False)
    submitted_at = models.DateTimeField(null=True)
    submitted_by_id = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    # What compliance.findings found when it was submitted, so that a long queue can be narrowed by it.
    error_count = models.PositiveSmallIntegerField(default=0, db_default=0)
    advice_count = models.PositiveSmallIntegerField(default=0, db_default=0)

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


class Review(TenantOwned):
    """One step in a review, kept for good: who moved what, and in which words.

    The first approval of two moves nothing: it leads from `submitted` to `submitted`.
    """

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

    @property
    def is_first_approval(self) -> bool:
        return self.from_state == self.to_state == ReviewState.SUBMITTED

    def __str__(self) -> str:
        return f"{self.object_type} {self.from_state} → {self.to_state}"
