from __future__ import annotations

from django.db import models
from django.db.models import Q

from compliance.statuses import OptOutSource
from kernel.db.models import TenantOwned


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
