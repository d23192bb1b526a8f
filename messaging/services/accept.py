"""The one door: every source hands its messages here, many at once, and gets a decision on each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Final

from django.db import transaction

from billing.errors import InsufficientCredit, NoWallet
from billing.models import Wallet
from billing.prices import PriceBook
from billing.services import shortage
from compliance.queries import SENDER_AS_SHOWN, as_registered
from compliance.rules import GivenValues, Screening, pick
from kernel.db.tenancy import current_tenant_id, scoped_connection
from kernel.domain.errors import DomainError
from kernel.domain.ids import uuid7_octets, uuid7_time, uuid_of
from kernel.telecom.numbers import NumberRefused, normalise
from messaging.drafts import CampaignRef, Draft, Group, Outcome, Refusal, Shared
from messaging.services.judging import Judge, Verdict, shown
from messaging.services.writing import Labels, Origin, write
from messaging.statuses import Source, Status
from routing.plan import CompiledPlan
from tenants.models import Tenant

_SHARED: Final = attrgetter("sender", "template_id", "traffic_class", "send_at", "not_after")


class TenantSuspended(DomainError):
    def __init__(self) -> None:
        super().__init__(
            "tenant_suspended",
            "This organisation is suspended, so nothing is accepted.",
            "Ask the platform's operator why, and send again when the organisation is active.",
        )


def accept(
    *,
    drafts: Sequence[Draft],
    source: Source,
    now: datetime,
    campaign: CampaignRef | None = None,
    plan: CompiledPlan | None = None,
) -> list[Outcome]:
    """Decide every draft and write all of them, in one transaction of the current tenant.

    Args:
        drafts: any number; 500 to 5,000 at once is where it is fastest.
        campaign: whose messages these are; its label goes into the ledger.
        plan: which routes they may take; None is the active plan.

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
        tenant, wallet = parties()
        drafts, as_shown = _with_own_senders(drafts)
        groups, unreadable = _groups(drafts, tenant.country, now)
        judge = judge_for(tenant, wallet, groups, now, plan)
        for group, refusal in unreadable:
            judge.refuse(group, refusal)
        for group in groups:
            judge.decide(group)
        judge.verdict.warn(as_shown, SENDER_AS_SHOWN)
        verdict, labels = judge.verdict, _labels(drafts)
        origin = Origin(
            source, campaign, wallet.charged_on, now, labels, judge.screening.decisions, judge.screening.noted
        )
        try:
            _write_covered(verdict, wallet, origin)
        except InsufficientCredit as short:
            verdict.refuse_all(Refusal(short.code, short.detail, short.remedy))
            write(verdict, origin)
    return _outcomes(verdict, len(drafts))


def accept_group(*, group: Group, source: Source, now: datetime, campaign: CampaignRef) -> None:
    """Decide messages that come by columns already, and write all of them; nobody asks for single outcomes.

    Raises:
        InsufficientCredit: the wallet does not cover those that nothing else speaks against; nothing is written.
        TenantSuspended, NoWallet, django.db.IntegrityError: as `accept`.
    """
    with transaction.atomic(using=scoped_connection().alias):
        tenant, wallet = parties()
        judge = judge_for(tenant, wallet, [group], now)
        judge.decide(group)
        origin = Origin(
            source, campaign, wallet.charged_on, now, decisions=judge.screening.decisions, noted=judge.screening.noted
        )
        _write_covered(judge.verdict, wallet, origin)


def parties() -> tuple[Tenant, Wallet]:
    """Who sends and who pays, in the tenant's context.

    Raises:
        TenantSuspended, NoWallet.
    """
    tenant = Tenant.objects.get(pk=current_tenant_id())
    if tenant.state == Tenant.State.SUSPENDED:
        raise TenantSuspended
    wallet = Wallet.objects.first()
    if wallet is None:
        raise NoWallet
    return tenant, wallet


def judge_for(
    tenant: Tenant, wallet: Wallet, groups: Sequence[Group], now: datetime, plan: CompiledPlan | None = None
) -> Judge:
    """A judge who has read all that these groups need."""
    shared = [group.shared for group in groups]
    return Judge(
        tenant=tenant,
        wallet=wallet,
        book=PriceBook.load(wallet.rate_card_id, now),
        plan=plan or CompiledPlan.load(),
        screening=Screening.load(
            senders={each.sender for each in shared},
            template_ids={each.template_id for each in shared if each.template_id},
            recipients=[recipient for group in groups for recipient in group.recipients],
            now=now,
        ),
        now=now,
    )


def _write_covered(verdict: Verdict, wallet: Wallet, origin: Origin) -> None:
    needed = verdict.micros
    # The wallet as it was read decides only whether it is worth trying; the hold itself asks again.
    if needed and needed > wallet.available_micros:
        raise shortage(needed)
    write(verdict, origin)


def _with_own_senders(drafts: Sequence[Draft]) -> tuple[Sequence[Draft], list[int]]:
    """Drafts with the headers that are meant where they came as handsets show them, and the numbers of these."""
    meant = as_registered({draft.sender for draft in drafts})
    if not meant:
        return drafts, []
    changed = [number for number, draft in enumerate(drafts) if draft.sender in meant]
    return [replace(draft, sender=meant.get(draft.sender, draft.sender)) for draft in drafts], changed


def _groups(drafts: Sequence[Draft], country: str, now: datetime) -> tuple[list[Group], list[tuple[Group, Refusal]]]:
    """Drafts that share what is decided once, by columns; and those whose number cannot be read."""
    ids = uuid7_octets(len(drafts))
    recipients: list[str] = []
    members: dict[tuple[object, ...], tuple[datetime, list[int]]] = {}
    unreadable: list[tuple[Group, Refusal]] = []
    for number, draft in enumerate(drafts):
        born = now
        if draft.message_id is not None:
            ids[number], born = draft.message_id.bytes, uuid7_time(draft.message_id)
        read = draft.recipient if draft.normalised else normalise(draft.recipient, country)
        if isinstance(read, NumberRefused):
            recipients.append(shown(draft.recipient))
            refused = Group(_shared(draft), (number,), ids[number : number + 1], born, recipients[-1:], ("",))
            unreadable.append((refused, Refusal(read.code, read.detail, read.remedy)))
            continue
        recipients.append(read)
        members.setdefault((*_SHARED(draft), draft.text is None, born), (born, []))[1].append(number)
    groups = []
    for born, numbers in members.values():
        columns = pick(ids, numbers), born, pick(recipients, numbers), _content([drafts[n] for n in numbers])
        groups.append(Group(_shared(drafts[numbers[0]]), numbers, *columns))
    return groups, unreadable


def _shared(draft: Draft) -> Shared:
    return Shared(draft.sender, draft.template_id, draft.traffic_class, draft.send_at, draft.not_after)


def _content(drafts: Sequence[Draft]) -> Sequence[str] | GivenValues:
    if drafts[0].text is None and drafts[0].template_id is not None:
        return GivenValues([draft.variables for draft in drafts])
    return [draft.text or "" for draft in drafts]


def _labels(drafts: Sequence[Draft]) -> Labels:
    references = [draft.reference for draft in drafts]
    tags = [draft.tags for draft in drafts]
    return Labels(references if any(references) else None, tags if any(tags) else None)


def _outcomes(verdict: Verdict, count: int) -> list[Outcome]:
    found: dict[int, Outcome] = {}
    for lot in verdict.lots.values():
        status, unit, send_at = lot.kind.status, lot.kind.quote.unit_micros, lot.kind.send_at
        for number, ident, segments in zip(lot.numbers, lot.ids, lot.segments, strict=True):
            warned = verdict.warnings.get(number, ())
            found[number] = Outcome(uuid_of(ident), status, segments, unit * segments, None, warned, send_at)
    for each in verdict.refused:
        found[each.number] = Outcome(uuid_of(each.id), Status.BLOCKED, each.segments, 0, each.refusal)
    return [found[number] for number in range(count)]
