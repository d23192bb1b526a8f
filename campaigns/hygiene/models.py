"""What is known of numbers and lists beside the contacts themselves."""

from __future__ import annotations

from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from campaigns.hygiene.statuses import (
    SUGGESTED_AT,
    RemovalKind,
    ReportState,
    VerificationScope,
    VerificationState,
)
from kernel.db.fields import TenantForeignKey
from kernel.db.models import TenantOwned
from routing.lookups.contract import LONGEST_NAME, LineType, LookupStatus

PHONE_LENGTH: Final = 16
_STATUSES: Final = [(each.value, each.value.capitalize()) for each in LookupStatus if each is not LookupStatus.ERROR]
_LINES: Final = [(each.value, each.value.capitalize()) for each in LineType]


class LookupAnswer(TenantOwned):
    """The last that a source said of a number; nobody pays for it again while it is fresh."""

    phone = models.CharField(max_length=PHONE_LENGTH, db_collation="C")
    status = models.CharField(max_length=8, choices=_STATUSES)
    line_type = models.CharField(max_length=8, choices=_LINES)
    operator = models.CharField(max_length=LONGEST_NAME, blank=True, default="")
    circle = models.CharField(max_length=LONGEST_NAME, blank=True, default="")
    is_ported = models.BooleanField(null=True)
    source = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "phone"], name="campaigns_lookup_phone_unique")]

    def __str__(self) -> str:
        return f"{self.status} {self.pk}"


class ListReport(TenantOwned):
    """The hygiene of one list, counted stride by stride (`campaigns.services.hygiene`).

    Args:
        position: contact id up to which people are counted, committed together with the counts.
        counts: campaigns.hygiene.counting.Counts as JSON.
        parts: of the score: code, points, most, share; null while counting.
    """

    contact_list = TenantForeignKey("campaigns.ContactList", models.CASCADE, related_name="reports", db_index=False)
    state = models.CharField(max_length=8, choices=ReportState.choices, default=ReportState.COUNTING)
    people = models.PositiveIntegerField(help_text="On the list when it was asked for; for the progress bar")
    position = models.UUIDField(null=True)
    counts = models.JSONField(default=dict)
    score = models.PositiveSmallIntegerField(null=True)
    parts = models.JSONField(default=list)
    requested_at = models.DateTimeField()
    touched_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant_id", "contact_list", "id"], name="campaigns_report_list"),
            models.Index(fields=["touched_at"], name="campaigns_report_open", condition=Q(state=ReportState.COUNTING)),
        ]

    def __str__(self) -> str:
        return f"report {self.pk}"

    @property
    def is_running(self) -> bool:
        return self.state == ReportState.COUNTING

    @property
    def counted(self) -> int:
        return int(self.counts.get("people", 0))


class Verification(TenantOwned):
    """A list's numbers being looked up. Never more than `most` are asked, which is what somebody confirmed.

    Args:
        asked: questions that were answered or failed; `answered` are paid for, `failed` are not.
        problem: code, detail and remedy when it stopped.
    """

    contact_list = TenantForeignKey("campaigns.ContactList", models.CASCADE, related_name="+", db_index=False)
    scope = models.CharField(max_length=10, choices=VerificationScope.choices)
    state = models.CharField(max_length=8, choices=VerificationState.choices, default=VerificationState.RUNNING)
    source_id = models.IntegerField()
    source_name = models.CharField(max_length=64)
    keep_days = models.PositiveSmallIntegerField()
    unit_micros = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    most = models.PositiveIntegerField()
    position = models.UUIDField(null=True)
    answered = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    charged_micros = models.BigIntegerField(default=0)
    problem = models.JSONField(null=True)
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=255)
    created_at = models.DateTimeField()
    touched_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant_id", "contact_list", "id"], name="campaigns_verify_list"),
            models.Index(
                fields=["touched_at"],
                name="campaigns_verify_open",
                condition=Q(state=VerificationState.RUNNING),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "contact_list"],
                condition=Q(state=VerificationState.RUNNING),
                name="campaigns_verify_one_running",
            )
        ]

    def __str__(self) -> str:
        return f"verification {self.pk}"

    @property
    def asked(self) -> int:
        return self.answered + self.failed

    @property
    def is_running(self) -> bool:
        return self.state == VerificationState.RUNNING


class NumberFailure(TenantOwned):
    """A number that failed for good since its last delivery, counted from the messages (`campaigns.services.failures`).

    `settled_by` is the removal that dealt with it; null while it is suggested, or will be.
    """

    phone = models.CharField(max_length=PHONE_LENGTH, db_collation="C")
    failures = models.PositiveIntegerField()
    last_code = models.CharField(max_length=40)
    last_message_id = models.UUIDField()
    last_at = models.DateTimeField()
    settled_by = models.UUIDField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "phone"], name="campaigns_failure_phone_unique")]
        indexes = [
            models.Index(
                fields=["tenant_id", "id"],
                name="campaigns_failure_open",
                condition=Q(failures__gte=SUGGESTED_AT, settled_by=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.failures} failures {self.pk}"


class Removal(TenantOwned):
    """Numbers that failed for good, taken off lists or suppressed at once; `undone_at` when it was taken back."""

    kind = models.CharField(max_length=8, choices=RemovalKind.choices)
    numbers = models.PositiveIntegerField()
    memberships = models.PositiveIntegerField(default=0)
    opt_out_ids = ArrayField(models.UUIDField(), default=list)
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=255)
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class RemovedMember(TenantOwned):
    """Who was on which list before a removal, to put them back."""

    removal = TenantForeignKey(Removal, models.CASCADE, related_name="members", db_index=False)
    contact_list = TenantForeignKey("campaigns.ContactList", models.CASCADE, related_name="+", db_index=False)
    contact = TenantForeignKey("campaigns.Contact", models.CASCADE, related_name="+", db_index=False)
    import_id = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "removal"], name="campaigns_removed_removal")]

    def __str__(self) -> str:
        return f"{self.contact_id} off {self.contact_list_id}"
