"""Compiled rules live in memory as long as the tenant's version says that they are true; nothing waits for its age."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

from compliance.models import RuleVersion
from compliance.queries import register_day
from compliance.rules.decisions import Decisions
from compliance.rules.facts import load_facts
from kernel.db.tenancy import current_tenant_id
from kernel.domain.ids import uuid7

_TENANTS: Final = 128


def touch() -> None:
    """Say that the tenant's senders, templates or entities changed: in the transaction of the change, behind it."""
    RuleVersion.objects.bulk_create(
        [RuleVersion(version=uuid7())], update_conflicts=True, update_fields=["version"], unique_fields=["tenant_id"]
    )


def current_decisions(now: datetime) -> tuple[UUID | None, Decisions]:
    """The version and what follows from it: one query when it is known here, eight when it is new."""
    day = register_day(now)
    # Read before the facts: they may then be newer than their version says, never older.
    version = RuleVersion.objects.values_list("version", flat=True).first()
    if version is None:
        return None, Decisions(load_facts(day))
    return version, _decisions(current_tenant_id(), version, day)


@lru_cache(maxsize=_TENANTS)
def _decisions(tenant_id: UUID, version: UUID, day: date) -> Decisions:
    return Decisions(load_facts(day))
