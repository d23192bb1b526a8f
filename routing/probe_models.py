"""Phones of the platform's own, and what was sent to them to see whether a route's receipts can be believed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class SeedNumber(models.Model):
    """A phone that somebody of the platform holds in their hand."""

    # E.164.
    number = models.CharField(max_length=16, unique=True)
    label = models.CharField(max_length=80)
    # ISO 3166 code of the numbering plan.
    country = models.CharField(max_length=2)
    # Null: probes may go to it. Probes name their number for ever, so a row is never deleted.
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "seed_numbers"

    def __str__(self) -> str:
        return f"{self.label} ({self.number})"


class Probe(models.Model):
    """One message of a tenant that was sent over one route to a seed number, with what the operator and the holder of
    the phone say about it. No foreign keys to the tenant and the message: both are apart from what is the platform's.
    """

    class Verdict(models.TextChoices):
        ARRIVED = "arrived", "Arrived"
        MISSING = "missing", "Did not arrive"

    route = models.ForeignKey("routing.Route", models.CASCADE, related_name="probes")
    seed = models.ForeignKey(SeedNumber, models.PROTECT, related_name="probes")
    # Whose message it is. Not `tenant_id`: that names the owner of a row, and probes are the platform's.
    organisation_id = models.UUIDField()
    message_id = models.UUIDField(unique=True)
    sent_at = models.DateTimeField()
    # Who sent it. No foreign key: the probe outlives the person.
    actor_label = models.CharField(max_length=255, default="", blank=True)
    # What the operator says; empty until the message is final on this very route.
    outcome = models.CharField(max_length=16, default="", blank=True)
    is_delivered = models.BooleanField(default=False)
    receipt_at = models.DateTimeField(null=True, blank=True)
    # What the holder of the phone says; empty until somebody has looked.
    verdict = models.CharField(max_length=8, choices=Verdict.choices, default="", blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.CharField(max_length=255, default="", blank=True)

    class Meta:
        db_table = "route_probes"
        indexes = [models.Index(fields=["route", "-sent_at"], name="route_probes_recent")]
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict="", confirmed_at=None) | ~Q(verdict="") & Q(confirmed_at__isnull=False),
                name="route_probe_confirmed",
            )
        ]

    def __str__(self) -> str:
        return f"{self.route_id} to {self.seed_id}: {self.verdict or 'not confirmed'}"
