"""The one door: every source hands its drafts here, many at once, and gets a decision on each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing.errors import InsufficientCredit, NoWallet
from billing.models import Wallet
from billing.prices import PriceBook
from billing.services import hold
from compliance.rules import Screening
from kernel.db.tenancy import current_tenant_id, scoped_connection
from kernel.domain.errors import DomainError
from kernel.domain.ids import uuid7s
from kernel.telecom.numbers import NumberRefused
from messaging.drafts import CampaignRef, Draft, Outcome, Refusal
from messaging.services.batching import lines_of, make_batches
from messaging.services.judging import Decision, Judge, read_number
from messaging.services.writing import write
from messaging.statuses import Source
from routing.plan import CompiledPlan
from tenants.models import Tenant


class TenantSuspended(DomainError):
    def __init__(self) -> None:
        super().__init__(
            "tenant_suspended",
            "This organisation is suspended, so nothing is accepted.",
            "Ask the platform's operator why, and send again when the organisation is active.",
        )


def accept(
    *, drafts: Sequence[Draft], source: Source, now: datetime, campaign: CampaignRef | None = None
) -> list[Outcome]:
    """Decide every draft and write all of them, in one transaction of the current tenant.

    Args:
        drafts: any number; 500 to 5,000 at once is where it is fastest.
        campaign: whose messages these are; its label goes into the ledger.

    Returns:
        One outcome per draft, in order. A refused draft is a row too, BLOCKED with its code. When credit does not
        cover the drafts that nothing else speaks against, all of these are refused with `insufficient_credit`.

    Raises:
        TenantSuspended, NoWallet: nothing is written.
        django.db.IntegrityError: a draft's `message_id` was accepted before; nothing is written.
    """
    if not drafts:
        return []
    with transaction.atomic(using=scoped_connection().alias):
        tenant = Tenant.objects.get(pk=current_tenant_id())
        if tenant.state == Tenant.State.SUSPENDED:
            raise TenantSuspended
        wallet = Wallet.objects.first()
        if wallet is None:
            raise NoWallet
        decisions = _decide(drafts, tenant, wallet, now)
        accepted = [decision for decision in decisions if decision.refusal is None]
        batches = make_batches(accepted, wallet=wallet, source=source, campaign=campaign, now=now)
        try:
            hold(lines=lines_of(batches), now=now)
        except InsufficientCredit as short:
            batches = []
            _refuse_all(accepted, Refusal(short.code, short.detail, short.remedy))
        write(decisions, batches, source=source, campaign=campaign, now=now)
    return [_outcome(decision) for decision in decisions]


def _decide(drafts: Sequence[Draft], tenant: Tenant, wallet: Wallet, now: datetime) -> list[Decision]:
    numbers = [read_number(draft, tenant.country) for draft in drafts]
    judge = Judge(
        tenant=tenant,
        wallet=wallet,
        book=PriceBook.load(wallet.rate_card_id, now),
        plan=CompiledPlan.load(),
        screening=Screening.load(
            senders={draft.sender for draft in drafts},
            template_ids={draft.template_id for draft in drafts if draft.template_id},
            recipients=[number for number in numbers if not isinstance(number, NumberRefused)],
            now=now,
        ),
        now=now,
    )
    fresh: list[UUID] = uuid7s(len(drafts))
    return [
        judge.decide(draft, number, draft.message_id or ident)
        for draft, number, ident in zip(drafts, numbers, fresh, strict=True)
    ]


def _refuse_all(decisions: Sequence[Decision], refusal: Refusal) -> None:
    for decision in decisions:
        decision.refuse(refusal)
        decision.batch_id = None


def _outcome(decision: Decision) -> Outcome:
    return Outcome(decision.id, decision.status, decision.segments, decision.price_micros, decision.refusal)
