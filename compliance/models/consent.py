"""What people told us they want: opt-outs, consents as events, and the registers of those who want no promotion."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import models
from django.db.models import Q

from compliance.consent.statuses import ConsentAction, ConsentSource
from compliance.statuses import OptOutSource
from kernel.db.fields import TenantForeignKey
from kernel.db.models import TenantOwned

# India, since 2025: whoever opted out is not asked for consent again for so long (docs/rules.md#consent).
REASK_AFTER: Final = timedelta(days=90)


class OptOut(TenantOwned):
    """A person who wants no more messages: of one sender or about one topic, null for any. Passcodes pass all the same.

    `proof` says how the person asked for messages again, once it is lifted.
    """

    recipient = models.CharField(max_length=16, db_collation="C")
    sender = models.CharField(max_length=15, null=True, db_collation="C")
    topic = models.CharField(max_length=60, null=True)
    source = models.CharField(max_length=8, choices=OptOutSource, default=OptOutSource.PERSON)
    created_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    proof = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "recipient", "sender", "topic"],
                condition=Q(lifted_at__isnull=True),
                nulls_distinct=False,
                name="compliance_optout_standing_unique",
            ),
        )
        indexes = (models.Index(fields=["tenant_id", "recipient", "id"], name="compliance_optout_recipient"),)

    def __str__(self) -> str:
        return f"opt-out {self.pk}"

    @property
    def reask_after(self) -> datetime:
        """No new request for consent goes to the person before."""
        return self.created_at + REASK_AFTER


class OptOutLink(TenantOwned):
    """What a token of the opt-out page stands for: a person, and a sender or a topic, null for any.

    `token_hash` is the SHA-256 of the token, in hexadecimal: who reads this table cannot open the pages.
    """

    recipient = models.CharField(max_length=16, db_collation="C")
    sender = models.CharField(max_length=15, null=True, db_collation="C")
    topic = models.CharField(max_length=60, null=True)
    token_hash = models.CharField(max_length=64, db_collation="C")
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["tenant_id", "token_hash"], name="compliance_optoutlink_token_unique"),
        )
        indexes = (models.Index(fields=["token_hash"], name="compliance_optoutlink_token"),)

    def __str__(self) -> str:
        return f"opt-out link {self.pk}"


class WishVersion(TenantOwned):
    """Changes with every opt-out of the tenant, in its transaction: dispatchers see by it what their stock lacks."""

    version = models.UUIDField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["tenant_id"], name="compliance_wishversion_tenant_unique"),)

    def __str__(self) -> str:
        return str(self.version)


class ConsentEvent(TenantOwned):
    """One thing that happened to a person's consent; never changed. The last that fits a message decides about it.

    `sender` and `topic` empty are for any. Without `evidence` (address, hash, call id) it is only the tenant's word.
    """

    recipient = models.CharField(max_length=16, db_collation="C")
    sender = models.CharField(max_length=15, blank=True, default="", db_collation="C")
    topic = models.CharField(max_length=60, blank=True, default="")
    action = models.CharField(max_length=10, choices=ConsentAction)
    source = models.CharField(max_length=10, choices=ConsentSource)
    wording = models.CharField(max_length=1000, blank=True, default="")
    wording_version = models.CharField(max_length=40, blank=True, default="")
    evidence = models.CharField(max_length=500, blank=True, default="")
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True, default="")
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=255)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["tenant_id", "recipient", "id"], name="compliance_consent_recipient"),)

    def __str__(self) -> str:
        return f"{self.action} {self.pk}"

    @property
    def is_proven(self) -> bool:
        return bool(self.evidence)


class ConsentPolicy(TenantOwned):
    """One row per tenant: whether promotions need consent even where no register asks for it."""

    needs_consent = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["tenant_id"], name="compliance_consentpolicy_tenant_unique"),)

    def __str__(self) -> str:
        return "consent always" if self.needs_consent else "consent where a register asks"


class DndList(TenantOwned):
    """One reading of a source of preferences; the active one of each source counts, older ones are removed."""

    source = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    numbers = models.IntegerField(default=0)
    is_active = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "source"], condition=Q(is_active=True), name="compliance_dndlist_active_unique"
            ),
        )

    def __str__(self) -> str:
        return self.name


class DndNumber(TenantOwned):
    """A number and the categories of promotion it blocks, as bits: bit 0 is everything (docs/rules.md#consent)."""

    of_list = TenantForeignKey(DndList, models.CASCADE, related_name="entries", db_index=False)
    recipient = models.CharField(max_length=16, db_collation="C")
    blocked = models.SmallIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["tenant_id", "recipient", "of_list"], name="compliance_dndnumber_unique"),
        )

    def __str__(self) -> str:
        return f"preference {self.pk}"
