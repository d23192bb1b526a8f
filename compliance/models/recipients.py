"""What tenants, and the platform for all of them, chose about recipients: hours, repeats, destinations."""

from __future__ import annotations

from django.db import models

from kernel.db.models import TenantOwned
from kernel.domain.traffic import TrafficClass

TRAFFIC_CHOICES = [(kind.value, kind.label) for kind in TrafficClass]


class OutsideHours(models.TextChoices):
    """What becomes of a promotion outside the recipient's hours."""

    DEFER = "defer", "It waits for the next hours"
    REFUSE = "refuse", "It is refused"


class RecipientSettings(TenantOwned):
    """One row per tenant, none for one that chose nothing; 0 switches a rule off."""

    outside_hours = models.CharField(max_length=6, choices=OutsideHours, default=OutsideHours.DEFER)
    duplicate_minutes = models.PositiveSmallIntegerField(default=0)
    promotions_per_day = models.PositiveSmallIntegerField(default=0)
    promotions_per_week = models.PositiveSmallIntegerField(default=0)
    home_only = models.BooleanField(default=False)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["tenant_id"], name="compliance_recipientsettings_unique"),)

    def __str__(self) -> str:
        return f"settings of {self.tenant_id}"


class Destination(TenantOwned):
    """First digits of numbers that a tenant closed, or opened for one class up to so many messages in 24 hours."""

    prefix = models.CharField(max_length=8, db_collation="C", help_text="E.164 with the plus")
    is_open = models.BooleanField()
    traffic_class = models.SmallIntegerField(choices=TRAFFIC_CHOICES, null=True, help_text="None closes every class")
    daily_cap = models.PositiveIntegerField(default=0, help_text="Of an opened one; 0 for closed ones")
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "prefix", "traffic_class"],
                name="compliance_destination_unique",
                nulls_distinct=False,
            ),
        )

    def __str__(self) -> str:
        return f"{self.prefix} {'open' if self.is_open else 'closed'}"


class BlockedDestination(models.Model):
    """Numbers by their first digits to which nobody sends; the platform's."""

    prefix = models.CharField(primary_key=True, max_length=8, db_collation="C")
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.prefix


class NumberRun(TenantOwned):
    """Passcodes went to many neighbouring numbers: `series` is what the numbers share, all but the last two digits."""

    series = models.CharField(max_length=18, db_collation="C")
    numbers = models.IntegerField()
    times = models.IntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["tenant_id", "series"], name="compliance_numberrun_unique"),)

    def __str__(self) -> str:
        return f"{self.series}: {self.numbers}"
