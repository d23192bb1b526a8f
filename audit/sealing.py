"""The chain over a tenant's trail: each seal's digest covers its entry and the digest before it.

Whoever changes or deletes a sealed entry, even with the owner's rights, must rewrite every later seal; copies of the
last digest kept elsewhere (a printed report, a log) show that. Entries are sealed in the order they became visible,
which needs no order among transactions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from audit.models import Entry, Seal
from kernel.db.tenancy import current_tenant_id, platform_context, scoped_connection, tenant_context
from kernel.domain.ids import uuid7_floor, uuid7_time

GENESIS: Final = "0" * 64
AT_ONCE: Final = 1000
LONGEST: Final = timedelta(hours=1)
LOCK_SPACE: Final = 7002
# Walks from one tenant to the next by the key's index: as many steps as tenants, however long the trails are.
TENANTS_SQL: Final = """
    WITH RECURSIVE step AS (
        (SELECT tenant_id FROM audit_entry ORDER BY tenant_id LIMIT 1)
        UNION ALL
        SELECT (SELECT e.tenant_id FROM audit_entry e WHERE e.tenant_id > step.tenant_id ORDER BY e.tenant_id LIMIT 1)
        FROM step WHERE step.tenant_id IS NOT NULL
    ) SELECT tenant_id FROM step WHERE tenant_id IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Break:
    """Where the chain does not hold: the number of the seal and why."""

    number: int
    reason: str


def digest(previous: str, entry: Entry) -> str:
    """SHA-256 over the previous digest and every column of the entry, as JSON with sorted keys."""
    content = {
        "tenant": str(entry.tenant_id),
        "id": str(entry.id),
        "at": entry.at.isoformat(),
        "actor": [str(entry.actor_id), entry.actor_label],
        "action": entry.action,
        "object": [entry.object_type, str(entry.object_id)],
        "summary": entry.summary,
        "before": entry.before,
        "after": entry.after,
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(f"{previous}\n{text}".encode()).hexdigest()


def seal_tenant(*, now: datetime) -> int:
    """Seal up to a thousand entries of the current tenant; returns how many. A second sealer waits for the first."""
    with scoped_connection().cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK_SPACE, str(current_tenant_id())])
    last = Seal.objects.order_by("-number").first()
    number, previous = (last.number, last.digest) if last else (0, GENESIS)
    seals = []
    # An entry becomes visible when its transaction ends, which may be after later ones, but not by an hour.
    entries = Entry.objects.filter(pk__gte=uuid7_floor(uuid7_time(last.entry_id) - LONGEST)) if last else Entry.objects
    for entry in entries.filter(seals=None).order_by("pk")[:AT_ONCE]:
        number, previous = number + 1, digest(previous, entry)
        seals.append(Seal(number=number, entry=entry, digest=previous, at=now))
    Seal.objects.bulk_create(seals)
    return len(seals)


def seal_all(*, now: datetime) -> int:
    """Seal the trails of all tenants, each in transactions of its own."""
    sealed = 0
    for tenant_id in _tenants_with_entries():
        while True:
            with tenant_context(tenant_id):
                count = seal_tenant(now=now)
            sealed += count
            if count < AT_ONCE:
                break
    return sealed


def verify() -> list[Break]:
    """Recompute the current tenant's chain; empty when it holds. Entries that are not sealed yet are not covered."""
    breaks: list[Break] = []
    previous = GENESIS
    seals = Seal.objects.order_by("number").select_related("entry")
    for expected, seal in enumerate(seals.iterator(chunk_size=AT_ONCE), start=1):
        if seal.number != expected:
            breaks.append(Break(expected, "a seal is missing before this one"))
            break
        if digest(previous, seal.entry) != seal.digest:
            breaks.append(Break(seal.number, "the entry is not the one that was sealed"))
        previous = seal.digest
    return breaks


def _tenants_with_entries() -> list[UUID]:
    with platform_context(reason="find the audit trails to seal"), scoped_connection().cursor() as cursor:
        cursor.execute(TENANTS_SQL)
        return [tenant_id for (tenant_id,) in cursor.fetchall()]
