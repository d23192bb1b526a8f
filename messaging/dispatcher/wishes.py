"""What people said after the accept: what waits for them ends unsent (docs/rules.md#consent).

Every opt-out, withdrawal and new register changes its tenant's version in its own transaction. A version that was not
seen before says to look through the stock; one that was says that whatever stood when the stock was claimed is all that
stands. Consents that run out change none: a claim sees them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from compliance.rules import consent
from compliance.rules.contract import RecipientRule
from kernel.domain.clock import utc_now
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
        # By tenant; one that is not here has never had such a change.
        self.seen: dict[UUID, UUID] = {}

    async def changed(self, tenants: Collection[UUID]) -> dict[UUID, UUID]:
        """Those of the tenants whose version is other than the one `seen`, with the new one."""
        async with platform(self._db):
            cursor = await run(self._db, _VERSIONS, [list(tenants)])
        return {tenant: version for tenant, version in await cursor.fetchall() if self.seen.get(tenant) != version}

    async def unwanted(self, jobs: Iterable[Job]) -> dict[Job, str]:
        """Those whose recipients want no such message, with the code of why."""
        by_tenant: dict[UUID, list[Job]] = {}
        for job in jobs:
            by_tenant.setdefault(job.flight.batch.tenant_id, []).append(job)
        found: dict[Job, str] = {}
        async with platform(self._db):
            for tenant_id, members in by_tenant.items():
                found |= await _unwanted_of(self._db, tenant_id, members)
        return found


async def _unwanted_of(db: Connection, tenant_id: UUID, jobs: Sequence[Job]) -> dict[Job, str]:
    batches = {job.flight.batch.id: job.flight.batch for job in jobs}
    senders = sorted({batch.sender for batch in batches.values()})
    wishes = await _read(db, tenant_id, [job.recipient for job in jobs], senders)
    topics = await _topics(db, tenant_id, batches.values(), wishes)
    rules = wishes.rules(utc_now())
    judged = ((job, _judge(rules, job.flight.batch, job.recipient, topics)) for job in jobs)
    return {job: code for job, code in judged if code}


async def refused(db: Connection, batch: BatchRow, recipients: Sequence[str]) -> dict[str, str]:
    """Those of a batch's recipients who want none of its messages, with the code of why; in the transaction that
    runs."""
    if batch.traffic_class == TrafficClass.OTP or not recipients:
        return {}
    wishes = await _read(db, batch.tenant_id, recipients, [batch.sender])
    topics = await _topics(db, batch.tenant_id, [batch], wishes)
    rules = wishes.rules(utc_now())
    judged = ((each, _judge(rules, batch, each, topics)) for each in recipients)
    return {each: code for each, code in judged if code}


def _judge(rules: Iterable[RecipientRule], batch: BatchRow, recipient: str, topics: Mapping[UUID | None, str]) -> str:
    """The code of the first refusal; empty for none."""
    topic = topics.get(batch.template_id, "")
    judged = (rule.judge(recipient, batch.sender, TrafficClass(batch.traffic_class), topic) for rule in rules)
    return next((refusal.code for refusal in judged if refusal is not None), "")


async def _read(db: Connection, tenant_id: UUID, recipients: Sequence[str], senders: Sequence[str]) -> consent.Wishes:
    cursor = await db.execute(
        consent.WISHES_SQL.encode(), consent.asked_of(tenant_id, recipients, senders), binary=True
    )
    return consent.Wishes.of(await cursor.fetchall())


async def _topics(
    db: Connection, tenant_id: UUID, batches: Iterable[BatchRow], wishes: consent.Wishes
) -> dict[UUID | None, str]:
    """Topics of the batches' templates, asked only where a wish names one."""
    stopped = any(topic is not None for scopes in wishes.opt_outs.values() for _, topic in scopes)
    if not stopped and not any(each.topic for said in wishes.consents.values() for each in said):
        return {}
    templates = {batch.template_id for batch in batches if batch.template_id is not None}
    cursor = await run(db, _TOPICS, [tenant_id, list(templates)])
    return dict(await cursor.fetchall())
