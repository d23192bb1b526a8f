"""What every record that a registration portal keeps has in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from django.db import models

from compliance.statuses import PortalKind, PortalState, StateSource, Suspension


class PortalRecord(models.Model):
    """A record as its portal tells it.

    `valid_from` and `valid_to` are days of the register's country, both included; nothing is valid for ever that has a
    `valid_to`, and null means that the portal told none.
    """

    portal_kind: ClassVar[PortalKind]
    # Of the last word that was taken down, what is odd about it; kept nowhere.
    remarks: Sequence[str] = ()

    portal_state = models.CharField(max_length=12, choices=PortalState, default=PortalState.PENDING)
    state_reason = models.CharField(max_length=300, blank=True, default="")
    state_source = models.CharField(max_length=8, choices=StateSource, default=StateSource.USER)
    suspended_for = models.CharField(max_length=8, choices=Suspension, blank=True, default=Suspension.NONE)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    last_used_at = models.DateTimeField(null=True)
    synced_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def is_active(self) -> bool:
        return self.portal_state == PortalState.ACTIVE
