"""Opt-outs made after a batch was claimed: what is in stock for these people ends unsent (docs/rules.md#consent).

Every opt-out changes its tenant's version in its own transaction. A version that was not seen before says to look
through the stock; one that was says that whatever stood when the stock was claimed is all that stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final
from uuid import UUID

from compliance.rules.consent import STANDING_SQL, covers
from kernel.domain.traffic import TrafficClass
from messaging.dispatcher.database import Connection, platform, run
from messaging.dispatcher.flight import BatchRow, Job

_VERSIONS: Final = "SELECT tenant_id, version FROM compliance_wishversion WHERE tenant_id = ANY(%b::uuid[])"
_TOPICS: Final = "SELECT id, topic FROM compliance_template WHERE tenant_id = %s AND id = ANY(%b::uuid[])"


class Wishes:
    """What one dispatcher knows of recipients' wishes.

    Args:
        db: calls must not overlap with others on it.
    """

    def __init__(self, db: Connection) -> None:
        self._db = db
        # By tenant; one that is not here has never had an opt-out.
        self.seen: dict[UUID, UUID] = {}

    async def changed(self, tenants: Collection[UUID]) -> dict[UUID, UUID]:
        """Those of the tenants whose version is other than the one `seen`, with the new one."""
        async with platform(self._db):
            cursor = await run(self._db, _VERSIONS, [list(tenants)])
        return {tenant: version for tenant, version in await cursor.fetchall() if self.seen.get(tenant) != version}

    async def unwanted(self, jobs: Iterable[Job]) -> set[Job]:
        """Those whose recipients want no such message."""
        by_tenant: dict[UUID, list[Job]] = {}
        for job in jobs:
            by_tenant.setdefault(job.flight.batch.tenant_id, []).append(job)
        found: set[Job] = set()
        async with platform(self._db):
            for tenant_id, members in by_tenant.items():
                found |= await _unwanted_of(self._db, tenant_id, members)
        return found


async def _unwanted_of(db: Connection, tenant_id: UUID, jobs: Sequence[Job]) -> set[Job]:
    batches = {job.flight.batch.id: job.flight.batch for job in jobs}
    senders = sorted({batch.sender for batch in batches.values()})
    chosen = await _chosen(db, tenant_id, [job.recipient for job in jobs], senders)
    topics = await _topics(db, tenant_id, batches.values(), chosen)
    return {
        job
        for job in jobs
        if job.recipient in chosen
        and covers(chosen[job.recipient], job.flight.batch.sender, topics.get(job.flight.batch.template_id, ""))
    }


async def opted_out(db: Connection, batch: BatchRow, recipients: Sequence[str]) -> frozenset[str]:
    """Those of a batch's recipients who want none of its messages; in the transaction that runs."""
    if batch.traffic_class == TrafficClass.OTP or not recipients:
        return frozenset()
    chosen = await _chosen(db, batch.tenant_id, recipients, [batch.sender])
    topics = await _topics(db, batch.tenant_id, [batch], chosen)
    topic = topics.get(batch.template_id, "")
    return frozenset(each for each, scopes in chosen.items() if covers(scopes, batch.sender, topic))


_Scopes = list[tuple[str | None, str | None]]


async def _chosen(
    db: Connection, tenant_id: UUID, recipients: Sequence[str], senders: Sequence[str]
) -> dict[str, _Scopes]:
    """Recipient → (sender, topic) of the opt-outs that stand."""
    cursor = await run(db, STANDING_SQL, [tenant_id, recipients, senders])
    found: dict[str, _Scopes] = {}
    for recipient, sender, topic in await cursor.fetchall():
        found.setdefault(recipient, []).append((sender, topic))
    return found


async def _topics(
    db: Connection, tenant_id: UUID, batches: Iterable[BatchRow], chosen: dict[str, _Scopes]
) -> dict[UUID | None, str]:
    """Topics of the batches' templates, asked only where an opt-out names one."""
    if all(topic is None for scopes in chosen.values() for _, topic in scopes):
        return {}
    templates = {batch.template_id for batch in batches if batch.template_id is not None}
    cursor = await run(db, _TOPICS, [tenant_id, list(templates)])
    return dict(await cursor.fetchall())
