"""Contacts, their lists and imports; campaigns with their runs and frozen audiences."""

from __future__ import annotations

from typing import Final, Self
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from campaigns.hygiene.models import (
    ListReport,
    LookupAnswer,
    NumberFailure,
    Removal,
    RemovedMember,
    Verification,
)
from campaigns.statuses import (
    EDITABLE,
    IMPORT_RUNNING,
    UNSETTLED_STATES,
    CampaignState,
    ChunkState,
    ImportState,
)
from compliance.models import Template
from kernel.db.fields import TenantForeignKey
from kernel.db.models import TenantOwned

__all__ = [
    "AudienceList",
    "Campaign",
    "Chunk",
    "Contact",
    "ContactList",
    "Import",
    "ListReport",
    "LookupAnswer",
    "Membership",
    "NumberFailure",
    "Removal",
    "RemovedMember",
    "Run",
    "Verification",
]
PHONE_LENGTH: Final = 16
NAME_LENGTH: Final = 120


class Contact(TenantOwned):
    """A person who may be written to: one row per number and tenant, whatever lists they are on.

    `attributes` fills templates and is never searched: row-level security keeps jsonb operators from indexes.
    """

    phone = models.CharField(max_length=PHONE_LENGTH, db_collation="C", help_text="E.164")
    name = models.CharField(max_length=NAME_LENGTH, blank=True, default="")
    attributes = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "phone"], name="campaigns_contact_phone_unique")]

    def __str__(self) -> str:
        return f"contact {self.pk}"


class ContactList(TenantOwned):
    """A named set of contacts. `columns` are the attributes its imports brought, in the order of the first file."""

    name = models.CharField(max_length=NAME_LENGTH)
    columns = ArrayField(models.CharField(max_length=60), default=list)
    size = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "name"], name="campaigns_list_name_unique")]

    def __str__(self) -> str:
        return self.name


class Membership(TenantOwned):
    """A contact on a list. `import_id` is the last import whose file named them: it tells duplicates apart."""

    contact_list = TenantForeignKey(ContactList, models.CASCADE, related_name="memberships", db_index=False)
    contact = TenantForeignKey(Contact, models.CASCADE, related_name="memberships", db_index=False)
    import_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "contact_list", "contact"], name="campaigns_membership_once")
        ]
        indexes = [models.Index(fields=["tenant_id", "contact"], name="campaigns_membership_contact")]

    def __str__(self) -> str:
        return f"{self.contact_id} on {self.contact_list_id}"


class Import(TenantOwned):
    """A file on its way to a list.

    Args:
        position: records of the file that are done with, committed together with what they became.
        octets_read: for the progress bar; the number of records is known only at the end.
        mapping: what each column becomes: "phone", "name", "keep" or "".
        survey: what the reading pass found (campaigns.importing.survey), for the preview.
        rejects_octets: how much of the rejects file is committed; what lies behind is cut off after a crash.
    """

    contact_list = TenantForeignKey(ContactList, models.PROTECT, null=True, related_name="imports", db_index=False)
    list_name = models.CharField(max_length=NAME_LENGTH)
    filename = models.CharField(max_length=200)
    path = models.CharField(max_length=200, help_text="Below MEDIA_ROOT; empty when the file is deleted")
    rejects_path = models.CharField(max_length=200, blank=True, default="")
    rejects_octets = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64)
    size_octets = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.READING)
    region = models.CharField(max_length=2, default="IN")
    encoding = models.CharField(max_length=12, blank=True, default="")
    delimiter = models.CharField(max_length=1, blank=True, default="")
    has_header = models.BooleanField(null=True, help_text="Null until somebody has looked")
    columns = ArrayField(models.CharField(max_length=60), default=list)
    mapping = ArrayField(models.CharField(max_length=8), default=list)
    survey = models.JSONField(default=dict)
    position = models.PositiveIntegerField(default=0)
    octets_read = models.BigIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    already_listed = models.PositiveIntegerField(default=0)
    repeated = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    reasons = models.JSONField(default=dict, help_text="Rejected rows by code")
    samples = models.JSONField(default=list, help_text="The first rejected rows")
    problem = models.JSONField(null=True, help_text="code, detail, remedy of a refused file")
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=255)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    touched_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant_id", "sha256"], name="campaigns_import_sha256"),
            models.Index(
                fields=["touched_at"],
                name="campaigns_import_running",
                condition=Q(state__in=[ImportState.READING, ImportState.IMPORTING]),
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def is_running(self) -> bool:
        return self.state in IMPORT_RUNNING


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def in_state(self, state: str) -> Self:
        return self.filter(state=state)


class Campaign(TenantOwned):
    """One text to the people of some lists, at one time.

    Args:
        mapping: per variable of the template, in order: {"column": name}, {"text": constant}
            or {"link": "opt_out"}.
        zone: of the schedule; `send_at` and `not_after` are instants.
        stopped: code, detail and remedy when the system itself paused or withdrew it.
    """

    name = models.CharField(max_length=NAME_LENGTH)
    state = models.CharField(max_length=10, choices=CampaignState.choices, default=CampaignState.DRAFT)
    template = TenantForeignKey(Template, models.PROTECT, null=True, related_name="campaigns", db_index=False)
    mapping = models.JSONField(default=list)
    send_at = models.DateTimeField(null=True)
    is_immediate = models.BooleanField(default=False)
    not_after = models.DateTimeField(null=True)
    zone = models.CharField(max_length=64, default="Asia/Kolkata")
    estimate = models.JSONField(null=True)
    stopped = models.JSONField(null=True)
    created_by_id = models.UUIDField(null=True)
    created_by_label = models.CharField(max_length=255)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True, help_text="Null while anything of it may still change by itself")

    objects = CampaignQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["tenant_id", "state", "id"], name="campaigns_campaign_state"),
            models.Index(fields=["send_at"], name="campaigns_campaign_due", condition=Q(state=CampaignState.SCHEDULED)),
            models.Index(
                fields=["started_at"],
                name="campaigns_campaign_running",
                condition=Q(finished_at=None, state__in=UNSETTLED_STATES),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_editable(self) -> bool:
        return self.state in EDITABLE

    @property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


class AudienceList(TenantOwned):
    """A list whose people a campaign goes to."""

    campaign = TenantForeignKey(Campaign, models.CASCADE, related_name="audience", db_index=False)
    contact_list = TenantForeignKey(ContactList, models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "campaign", "contact_list"], name="campaigns_audience_once")
        ]
        indexes = [models.Index(fields=["tenant_id", "contact_list"], name="campaigns_audience_list")]

    def __str__(self) -> str:
        return f"{self.contact_list_id} for {self.campaign_id}"


class Run(TenantOwned):
    """One going-out of a campaign. Its id and `frozen_at` make the ids of its messages (kernel.domain.ids).

    `progress` holds the terms of the bar and the money as the last tick saw them, for lists; a campaign's own page asks
    anew. It is here and not on the campaign, whose row every chunk locks.
    """

    campaign = TenantForeignKey(Campaign, models.PROTECT, related_name="runs", db_index=False)
    number = models.PositiveIntegerField(default=1)
    frozen_at = models.DateTimeField()
    target = models.PositiveIntegerField(default=0)
    chunks = models.PositiveIntegerField(default=0)
    progress = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "campaign", "number"], name="campaigns_run_once")]

    def __str__(self) -> str:
        return f"run {self.number} of {self.campaign_id}"


class Chunk(TenantOwned):
    """A numbered part of a run's audience, fixed by its contact ids: nobody joins or leaves it afterwards, and all are
    forgotten with the messages (`campaigns.services.forgetting`).

    Args:
        first_position: of its first contact in the run; positions number the messages.
        queued_at: when a task was last sent for it; the broker may have lost that one.
    """

    run = TenantForeignKey(Run, models.PROTECT, related_name="parts", db_index=False)
    number = models.PositiveIntegerField()
    first_position = models.PositiveIntegerField()
    first_contact_id = models.UUIDField()
    last_contact_id = models.UUIDField()
    contact_ids = ArrayField(models.UUIDField())
    size = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=ChunkState.choices, default=ChunkState.PENDING)
    queued_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "run", "number"], name="campaigns_chunk_once")]
        indexes = [
            models.Index(
                fields=["tenant_id", "run", "number"],
                name="campaigns_chunk_open",
                condition=Q(state=ChunkState.PENDING),
            )
        ]

    def __str__(self) -> str:
        return f"chunk {self.number} of {self.run_id}"
