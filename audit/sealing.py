"""The chain over a tenant's trail: each seal's digest covers its entry and the digest before it.

Whoever changes or deletes a sealed entry, even with the owner's rights, must rewrite every later seal; the heads that
are written outside the database (audit.heads) show that. Entries are sealed in the order they became visible,
which needs no order among transactions.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
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


def digest(previous: str, entry: Entry) -> str:
    """SHA-256 over the previous digest and every column of the entry, as JSON with sorted keys.

    From where somebody acted is part of it where that is known. Entries without it, older ones among them, have the
    same digest as before there were such columns, and a place that is put in later breaks it.
    """
    content: dict[str, Any] = {
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
    if entry.ip is not None or entry.agent is not None:
        content["where"] = [entry.ip, entry.agent]
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
    for tenant_id in tenants_with_entries():
        while True:
            with tenant_context(tenant_id):
                count = seal_tenant(now=now)
            sealed += count
            if count < AT_ONCE:
                break
    return sealed


def tenants_with_entries() -> list[UUID]:
    """Whose trails there are, the platform's among them; outside contexts."""
    with platform_context(reason="find the audit trails to seal"), scoped_connection().cursor() as cursor:
        cursor.execute(TENANTS_SQL)
        return [tenant_id for (tenant_id,) in cursor.fetchall()]
