"""Files exported from registration portals, and what each of their rows would do to the register."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from compliance.models.entities import Entity
from kernel.db.fields import TenantForeignKey
from kernel.db.models import TenantOwned


class PortalImport(TenantOwned):
    """A file on its way into the register: read, its columns mapped, compared, looked at, applied.

    Args:
        mapping: per column the field it becomes, or "".
        body_from: number of the first record below the header rows.
        position: rows done with in the running step, of `total`.
        counts: rows by verdict; `reasons`: findings by code.
        review: what becomes of templates and headers that are new here.
    """

    class State(models.TextChoices):
        READING = "reading", "Being read"
        MAPPING = "mapping", "Columns to map"
        COMPARING = "comparing", "Being compared"
        READY = "ready", "Ready to apply"
        APPLYING = "applying", "Being applied"
        APPLIED = "applied", "Applied"
        REFUSED = "refused", "Not usable"
        CANCELLED = "cancelled", "Cancelled"

    class Kind(models.TextChoices):
        TEMPLATES = "templates", "Content templates"
        HEADERS = "headers", "Headers"
        ENTITIES = "entities", "Entities"
        CHAINS = "chains", "Telemarketer chains"
        LINKS = "links", "CTA links and numbers"
        CONSENTS = "consents", "Consent templates"

    class ReviewChoice(models.TextChoices):
        DRAFT = "draft", "Drafts"
        SUBMIT = "submit", "Submitted for review"
        APPROVE = "approve", "Approved, where the portal says active"

    kind = models.CharField(max_length=10, choices=Kind)
    review = models.CharField(max_length=8, choices=ReviewChoice, default=ReviewChoice.SUBMIT)
    entity = TenantForeignKey(Entity, models.PROTECT, null=True, related_name="imports", db_index=False)
    filename = models.CharField(max_length=200)
    path = models.CharField(max_length=200, help_text="Below MEDIA_ROOT; empty when the file is deleted")
    sha256 = models.CharField(max_length=64)
    size_octets = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.READING)
    sheet = models.CharField(max_length=64, blank=True, default="")
    sheets = models.JSONField(default=list)
    encoding = models.CharField(max_length=12, blank=True, default="")
    delimiter = models.CharField(max_length=1, blank=True, default="")
    columns = models.JSONField(default=list)
    mapping = models.JSONField(default=list)
    preview = models.JSONField(default=list)
    body_from = models.PositiveIntegerField(default=2)
    total = models.PositiveIntegerField(default=0)
    position = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    reasons = models.JSONField(default=dict)
    problem = models.JSONField(null=True, help_text="code, detail, remedy of a refused file")
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=255)
    created_at = models.DateTimeField()
    touched_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(
                fields=["touched_at"],
                name="compliance_import_running",
                condition=Q(state__in=["reading", "comparing", "applying"]),
            ),
        )

    def __str__(self) -> str:
        return self.filename

    @property
    def is_running(self) -> bool:
        return self.state in RUNNING


RUNNING = (PortalImport.State.READING, PortalImport.State.COMPARING, PortalImport.State.APPLYING)


class ColumnMapping(TenantOwned):
    """What a person said the columns of a header row are, for the next file with the same one.

    Args:
        header: of the folded names in order, its SHA-256 in hex.
    """

    kind = models.CharField(max_length=10, choices=PortalImport.Kind)
    header = models.CharField(max_length=64, db_collation="C")
    mapping = models.JSONField(default=list)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["tenant_id", "kind", "header"], name="compliance_columnmapping_unique"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.header[:8]}"


class PortalImportRow(TenantOwned):
    """One row of a file, or a record that the file does not have, with its one verdict.

    Args:
        number: the row in the file; null for a record that is missing there.
        values: what the file says, by field, as text.
        changes: {field: [now, then]}.
        findings: [{code, sentence, remedy, is_refusal}].
        is_confirmed: a person has compared a doubtful id with the portal.
    """

    class Verdict(models.TextChoices):
        NEW = "new", "New"
        CHANGED = "changed", "Changed"
        DOUBTFUL = "doubtful", "To be confirmed"
        REFUSED = "refused", "Refused"
        REPEATED = "repeated", "The same again"
        UNCHANGED = "unchanged", "Unchanged"
        MISSING = "missing", "Not in the file"

    portal_import = TenantForeignKey(PortalImport, models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField(null=True)
    verdict = models.CharField(max_length=9, choices=Verdict)
    label = models.CharField(max_length=200)
    values = models.JSONField(default=dict)
    changes = models.JSONField(default=dict)
    findings = models.JSONField(default=list)
    is_confirmed = models.BooleanField(default=False)
    is_applied = models.BooleanField(default=False)

    class Meta:
        indexes = (
            models.Index(fields=["tenant_id", "portal_import", "verdict", "id"], name="compliance_importrow_verdict"),
        )

    def __str__(self) -> str:
        return f"row {self.number}: {self.verdict}"
