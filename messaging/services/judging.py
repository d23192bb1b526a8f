"""From a draft to a decision: number, rules, text, price, route; the first refusal counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings

from billing.models import Wallet
from billing.prices import PriceBook, Quote
from compliance.rules import DltIds, Ruling, Screening, Subject
from kernel.domain.catalogue import explain
from kernel.domain.ids import uuid7_time
from kernel.domain.traffic import TrafficClass
from kernel.telecom.e164 import E164
from kernel.telecom.numbers import NumberRefused, normalise
from kernel.telecom.segments import Encoding, TextRefused, count_segments, normalise_text
from messaging.drafts import Draft, Refusal
from messaging.services.partitions import retention_class
from messaging.statuses import Status
from routing.plan import CompiledPlan
from tenants.models import Tenant

RECIPIENT_MAX: Final = 20
SENDER_MAX: Final = 21
# Rows are kept little longer than this, and a hold must be settled before its messages are gone.
FURTHEST: Final = timedelta(days=366)
REFERENCE_MAX: Final = 100


@dataclass(slots=True)
class Decision:
    """One draft, decided; `batch_id` is filled in when its batch is."""

    draft: Draft
    id: UUID
    recipient: str
    traffic_class: TrafficClass
    not_after: datetime
    send_at: datetime | None
    status: Status = Status.BLOCKED
    refusal: Refusal | None = None
    text: str = ""
    template_id: UUID | None = None
    dlt: DltIds | None = None
    is_unicode: bool = False
    segments: int = 0
    quote: Quote | None = None
    routes: tuple[int, ...] = ()
    retention_days: int = 1
    batch_id: UUID | None = None

    @property
    def price_micros(self) -> int:
        return self.quote.unit_micros * self.segments if self.quote and self.refusal is None else 0

    def refuse(self, refusal: Refusal) -> None:
        self.refusal, self.status = refusal, Status.BLOCKED


def refusal_for(code: str, detail: str | None = None) -> Refusal:
    """A refusal in the words of the catalogue, or with a detail of its own."""
    entry = explain(code)
    return Refusal(code, detail or entry.sentence, entry.remedy)


class Judge:
    """Decides drafts of one tenant at one instant. Made for one accept: everything it needs was read before."""

    def __init__(
        self,
        *,
        tenant: Tenant,
        wallet: Wallet,
        book: PriceBook,
        plan: CompiledPlan,
        screening: Screening,
        now: datetime,
    ) -> None:
        self.tenant, self.wallet, self.book, self.plan = tenant, wallet, book, plan
        self.screening, self.now = screening, now
        self._validity = timedelta(hours=settings.DEFAULT_VALIDITY_HOURS)
        self._longest = timedelta(hours=settings.MAX_VALIDITY_HOURS)
        self._latest = now + FURTHEST
        self._retention = {
            TrafficClass.OTP: 1,
            TrafficClass.TRANSACTIONAL: tenant.text_retention_days_transactional,
            TrafficClass.PROMOTIONAL: tenant.text_retention_days_promotional,
        }

    def decide(self, draft: Draft, number: E164 | NumberRefused, ident: UUID) -> Decision:
        send_at = draft.send_at if draft.send_at and draft.send_at > self.now else None
        send_at = min(send_at, self._latest) if send_at else None
        start = send_at or self.now
        # Operators cut longer ones, and the id map forgets what they would still answer.
        until = min(draft.not_after or start + self._validity, start + self._longest)
        decision = Decision(
            draft=draft,
            id=ident,
            recipient=shown(draft.recipient) if isinstance(number, NumberRefused) else number,
            traffic_class=draft.traffic_class or TrafficClass.TRANSACTIONAL,
            not_after=min(until, self._latest + self._validity),
            send_at=send_at,
        )
        decision.refusal = self._refusal(decision, number)
        # A text lies in the partition of its message's id, which for a campaign is the freeze: it must outlive the wait
        # since then as well. A passcode's is never kept longer than it can still be sent.
        lifetime = decision.not_after - min(uuid7_time(ident), self.now)
        days = max(self._retention[decision.traffic_class], lifetime.days + 1)
        decision.retention_days = retention_class(days)
        if decision.refusal is None:
            decision.status = Status.SCHEDULED if send_at else Status.ACCEPTED
        return decision

    def _refusal(self, decision: Decision, number: E164 | NumberRefused) -> Refusal | None:
        if isinstance(number, NumberRefused):
            return Refusal(number.code, number.detail, number.remedy)
        if any(at > self._latest for at in (decision.draft.send_at, decision.draft.not_after) if at is not None):
            return refusal_for("time_too_far")
        if decision.not_after <= (decision.send_at or self.now):
            return refusal_for("not_after_passed")
        return self._refused_by_rules(decision) or self._refused_by_content(decision) or self._unroutable(decision)

    def _refused_by_rules(self, decision: Decision) -> Refusal | None:
        draft = decision.draft
        text = draft.text
        if text is not None:
            try:
                text = normalise_text(text)
            except TextRefused as refused:
                return Refusal(refused.code, refused.detail, refused.remedy)
            if not text.strip():
                return refusal_for("empty_text")
        ruling: Ruling = self.screening.rule(
            Subject(draft.sender, draft.template_id, text, draft.variables, decision.recipient, draft.traffic_class)
        )
        decision.text, decision.template_id, decision.dlt = ruling.text, ruling.template_id, ruling.dlt
        if ruling.traffic_class is not None:
            decision.traffic_class = ruling.traffic_class
        return Refusal(ruling.code, ruling.detail, ruling.remedy) if ruling.code else None

    def _refused_by_content(self, decision: Decision) -> Refusal | None:
        encoding, decision.segments = count_segments(decision.text)
        decision.is_unicode = encoding is Encoding.UCS2
        if decision.segments > settings.MAX_SEGMENTS:
            detail = f"The text takes {decision.segments} parts; at most {settings.MAX_SEGMENTS} are sent."
            return refusal_for("text_too_long", detail)
        return None

    def _unroutable(self, decision: Decision) -> Refusal | None:
        decision.quote = self.book.quote(decision.recipient, decision.traffic_class)
        if decision.quote is None:
            return refusal_for("no_price")
        decision.routes = self.plan.candidates(
            recipient=decision.recipient,
            traffic_class=decision.traffic_class,
            tenant_id=self.tenant.id,
            sender=decision.draft.sender,
        )
        return None if decision.routes else refusal_for("no_route")


def read_number(draft: Draft, country: str) -> E164 | NumberRefused:
    return E164(draft.recipient) if draft.normalised else normalise(draft.recipient, country)


def shown(text: str, length: int = RECIPIENT_MAX) -> str:
    """What fits of something unreadable, without characters that a page or a log must not see."""
    return "".join(char for char in text if char.isprintable())[:length]
