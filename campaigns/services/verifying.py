"""Looking up the numbers of a list: confirmed with its price, done by a worker, paid by the answer.

A stride reads its people, asks outside any transaction, and writes answers, charge and position together. A worker
that is killed while asking has cost us a stride, and the tenant nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from audit.services import SYSTEM, Actor, record
from billing.errors import InsufficientCredit
from billing.models import Wallet
from billing.service_charges import charge_service
from campaigns.errors import NotFound
from campaigns.hygiene.counting import Counts
from campaigns.hygiene.facts import Member, facts_of, members_after
from campaigns.hygiene.statuses import VerificationScope, VerificationState
from campaigns.models import ContactList, LookupAnswer, Verification
from campaigns.services.hygiene import latest_report
from kernel.db.tenancy import platform_context, scoped_connection, tenant_context
from kernel.domain.errors import DomainError
from kernel.domain.money import format_money
from routing.lookups.contract import LookupResult, LookupStatus
from routing.services.lookups import Offer, active_offer, ask_source

STRIDE: Final = 200
# People of a list that are looked through for those to ask, at once.
LOOKED_THROUGH: Final = 2_000
PATIENCE: Final = timedelta(minutes=10)
_ANSWER_FIELDS: Final = ("status", "line_type", "operator", "circle", "is_ported", "source", "at")
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Quote:
    """What a look-up may cost at most, as it is shown and confirmed."""

    scope: VerificationScope
    numbers: int
    unit_micros: int
    currency: str
    source: str

    @property
    def most_micros(self) -> int:
        return self.numbers * self.unit_micros


class NothingToLookUp(DomainError):
    def __init__(self, detail: str, remedy: str) -> None:
        super().__init__("nothing_to_look_up", detail, remedy)


class PriceChanged(DomainError):
    def __init__(self) -> None:
        super().__init__(
            "price_changed",
            "Price or number of the look-ups changed since you saw them; nothing was asked.",
            "Look at the new price, and confirm it.",
        )


def quotes_of(list_id: UUID) -> list[Quote]:
    """What looking up everybody, or the suspicious, may cost by the last finished report; empty without source."""
    offer, report = active_offer(), latest_report(list_id, finished=True)
    if offer is None or report is None or not _is_affordable(offer):
        return []
    counts = Counts.from_json(report.counts)
    numbers = {
        VerificationScope.SUSPICIOUS: counts.suspicious_to_look_up,
        VerificationScope.ALL: counts.to_look_up,
    }
    return [Quote(scope, many, offer.price_micros, offer.currency, offer.name) for scope, many in numbers.items()]


def _is_affordable(offer: Offer) -> bool:
    """What is free needs no wallet; else it is in the tenant's currency."""
    return offer.price_micros == 0 or Wallet.objects.filter(currency=offer.currency).exists()


def start_verification(
    *,
    list_id: UUID,
    scope: VerificationScope,
    confirmed_micros: int,
    confirmed_numbers: int,
    actor: Actor,
    now: datetime,
) -> Verification:
    """Begin to look up what was confirmed; the caller sends the worker.

    Raises:
        NotFound: there is no such list.
        NothingToLookUp: no source, no report, nobody to ask, or it is under way.
        PriceChanged: it is not what was confirmed any more.
    """
    chosen = ContactList.objects.filter(pk=list_id).first()
    if chosen is None:
        raise NotFound("list")
    offer = active_offer()
    quote = next((each for each in quotes_of(list_id) if each.scope == scope), None)
    if offer is None or quote is None:
        raise NothingToLookUp(
            "Numbers cannot be looked up yet.", "Have the list examined first; if that was done, ask support."
        )
    if not quote.numbers:
        raise NothingToLookUp("There is no number to ask about.", "Look at the answers there are; they are fresh.")
    if (confirmed_micros, confirmed_numbers) != (quote.most_micros, quote.numbers):
        raise PriceChanged
    try:
        with transaction.atomic(using=scoped_connection().alias):
            made = Verification.objects.create(
                contact_list=chosen,
                scope=scope,
                source_id=offer.id,
                source_name=offer.name,
                keep_days=offer.keep_days,
                unit_micros=offer.price_micros,
                currency=offer.currency,
                most=quote.numbers,
                actor_id=actor.id,
                actor_label=actor.label[:255],
                created_at=now,
                touched_at=now,
            )
    except IntegrityError:
        raise NothingToLookUp("The list is being looked up.", "Wait for the end, then see what is left.") from None
    cost = format_money(quote.most_micros, quote.currency)
    _note(made, actor, f"Had {quote.numbers} numbers of “{chosen.name}” looked up for {cost} at most", now)
    return made


def stop_verification(*, verification_id: UUID, actor: Actor, now: datetime) -> None:
    """End a look-up; what was answered stays and is paid. One that ended already is left as it is.

    Raises:
        NotFound: there is no such look-up.
    """
    with transaction.atomic(using=scoped_connection().alias):
        running = Verification.objects.select_for_update().filter(pk=verification_id).first()
        if running is None:
            raise NotFound("look-up")
        if running.is_running:
            _end(running, VerificationState.STOPPED, now)
            _note(running, actor, f"Stopped the look-up after {running.answered} answers", now)


def run_verification(*, tenant_id: UUID, verification_id: UUID, clock: Clock) -> None:
    """Look up until it is done, stopped, or the balance ends. Call outside contexts."""
    while True:
        with tenant_context(tenant_id):
            running = Verification.objects.filter(pk=verification_id, state=VerificationState.RUNNING).first()
            stride = _next_stride(running, clock()) if running else None
            if running is None or stride is None:
                return
            if short := _shortage(running, len(stride.members)):
                _stop_for(verification_id, short, clock())
                return
        results: list[LookupResult] = []
        if stride.members:
            try:
                results = ask_source(running.source_id, [member.phone for member in stride.members])
            except DomainError as problem:
                with tenant_context(tenant_id):
                    _stop_for(verification_id, problem, clock())
                return
        with tenant_context(tenant_id):
            _keep(verification_id, running.position, stride, results, clock())


@dataclass(frozen=True, slots=True)
class _Stride:
    """Those to ask among the next people, and the contact the next stride begins behind; None at the end."""

    members: Sequence[Member]
    position: UUID | None


def _shortage(running: Verification, questions: int) -> InsufficientCredit | None:
    """Asked before somebody is paid for answers that the balance does not cover."""
    needed = questions * running.unit_micros
    available = Wallet.objects.get().available_micros if needed else 0
    if needed <= available:
        return None
    return InsufficientCredit(needed_micros=needed, available_micros=available, currency=running.currency)


def _next_stride(running: Verification, now: datetime) -> _Stride:
    room = min(STRIDE, running.most - running.asked)
    page = members_after(running.contact_list_id, running.position, LOOKED_THROUGH) if room > 0 else []
    fresh_from = now - timedelta(days=running.keep_days)
    wanted = []
    for member, facts in zip(page, facts_of([member.phone for member in page], now), strict=True):
        is_old = facts.looked_up_at is None or facts.looked_up_at < fresh_from
        if is_old and (running.scope == VerificationScope.ALL or facts.is_suspicious):
            wanted.append(member)
    if wanted[room:]:
        return _Stride(wanted[:room], wanted[room - 1].contact_id)
    return _Stride(wanted, page[-1].contact_id if len(page) == LOOKED_THROUGH else None)


def _keep(
    verification_id: UUID, read_from: UUID | None, stride: _Stride, results: Sequence[LookupResult], now: datetime
) -> None:
    """Answers, charge and position in one transaction. What another worker did meanwhile is left to it."""
    with transaction.atomic(using=scoped_connection().alias):
        running = Verification.objects.select_for_update().get(pk=verification_id)
        if running.position != read_from or (not running.is_running and not results):
            return
        told = [
            (member, result)
            for member, result in zip(stride.members, results, strict=True)
            if result.status is not LookupStatus.ERROR
        ]
        cost = len(told) * running.unit_micros
        try:
            with transaction.atomic(using=scoped_connection().alias):
                _charge(running, cost, now)
                _write(told, running.source_name, now)
        except DomainError as problem:
            running.problem = _words(problem)
            _end(running, VerificationState.STOPPED, now)
            return
        running.answered += len(told)
        running.failed += len(results) - len(told)
        running.charged_micros += cost
        running.touched_at, running.position = now, stride.position
        is_over = stride.position is None or running.asked >= running.most
        if running.is_running and is_over:
            _end(running, VerificationState.DONE, now)
            _note(running, SYSTEM, f"Looked up {running.answered} numbers", now)
        running.save()


def _charge(running: Verification, cost: int, now: datetime) -> None:
    charge_service(
        amount_micros=cost,
        note=f"Look-ups of numbers by {running.source_name}",
        actor_label=running.actor_label,
        idempotency_key=f"look-up {running.pk} {running.position}",
        now=now,
    )


def _write(told: Sequence[tuple[Member, LookupResult]], source: str, now: datetime) -> None:
    rows = [
        LookupAnswer(
            phone=member.phone,
            status=result.status.value,
            line_type=result.line_type.value,
            operator=result.operator,
            circle=result.circle,
            is_ported=result.is_ported,
            source=source,
            at=now,
        )
        for member, result in told
    ]
    LookupAnswer.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["tenant_id", "phone"], update_fields=list(_ANSWER_FIELDS)
    )


def _stop_for(verification_id: UUID, problem: DomainError, now: datetime) -> None:
    with transaction.atomic(using=scoped_connection().alias):
        running = Verification.objects.select_for_update().get(pk=verification_id)
        if running.is_running:
            running.problem = _words(problem)
            _end(running, VerificationState.STOPPED, now)


def _words(problem: DomainError) -> dict[str, str]:
    return {"code": problem.code, "detail": problem.detail, "remedy": problem.remedy}


def _end(running: Verification, state: VerificationState, now: datetime) -> None:
    running.state, running.finished_at, running.touched_at = state, now, now
    running.save()


def _note(of: Verification, actor: Actor, summary: str, now: datetime) -> None:
    record(
        action="list.look_up",
        actor=actor,
        object_type="contactlist",
        object_id=of.contact_list_id,
        summary=summary,
        now=now,
    )


def lost_verifications(*, now: datetime, limit: int = 100) -> list[tuple[UUID, UUID]]:
    """(tenant, look-up) of look-ups whose worker is gone; each is named once in PATIENCE."""
    with platform_context(reason="find look-ups that lost their worker"):
        lost = Verification.objects.filter(state=VerificationState.RUNNING, touched_at__lt=now - PATIENCE)
        rows = lost.order_by("touched_at").select_for_update(skip_locked=True)
        found = list(rows.values_list("tenant_id", "id")[:limit])
        Verification.objects.filter(pk__in=[each for _, each in found]).update(touched_at=now)
    return found
