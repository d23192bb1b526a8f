"""Roll-ups: what the message log adds up to, per quarter of an hour of acceptance."""

from __future__ import annotations

from typing import Final

from django.db import models

from kernel.db.models import TenantOwned
from kernel.domain.traffic import TrafficClass
from messaging.statuses import Source, Status

# What one row is about; everything else in it is a sum.
DIMENSIONS: Final = (
    "tenant_id",
    "quarter",
    "traffic_class",
    "source",
    "destination",
    "route_id",
    "campaign_id",
    "outcome",
    "error_code",
)
SUMS: Final = ("messages", "segments", "charged_micros", "cost_micros", "latency_ms")


class Rollup(TenantOwned):
    """Messages accepted in one UTC quarter of an hour that became `outcome` (docs/rules.md#figures).

    Quarters, because days of zones like +05:45 are no sums of UTC hours. Outcomes of the way count too: ACCEPTED and
    SCHEDULED say how many came in, SUBMITTED how many were handed over. Folded from `message_events` by signed deltas,
    so that a late receipt changes the past; a row may stand at 0 afterwards.
    """

    quarter = models.DateTimeField()
    traffic_class = models.SmallIntegerField(choices=[(kind.value, kind.label) for kind in TrafficClass])
    source = models.SmallIntegerField(choices=Source.choices)
    destination = models.CharField(max_length=16)
    route_id = models.IntegerField(null=True, help_text="Null: refused before a route was chosen")
    campaign_id = models.UUIDField(null=True)
    outcome = models.SmallIntegerField(choices=Status.choices)
    error_code = models.CharField(max_length=40)
    messages = models.BigIntegerField()
    segments = models.BigIntegerField()
    charged_micros = models.BigIntegerField()
    cost_micros = models.BigIntegerField()
    latency_ms = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=DIMENSIONS, nulls_distinct=False, name="reporting_rollup_dimensions")
        ]
        indexes = [models.Index(fields=["quarter"], name="reporting_rollup_quarter")]

    def __str__(self) -> str:
        return f"{self.quarter:%Y-%m-%d %H:%M} {self.get_outcome_display()} {self.messages}"
