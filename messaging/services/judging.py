"""From groups of messages to decisions: rules, text, price, route; the first refusal counts.

Everything is decided by columns. What is accepted is never an object of its own, what is refused is one: it is rare.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from django.conf import settings

from billing.models import Wallet
from billing.prices import PriceBook, Quote
from compliance.rules import DltIds, Passed, Ruling, Screening, Values, Window, pick
from kernel.domain.catalogue import explain
from kernel.domain.traffic import TrafficClass
from kernel.telecom.segments import TextRefused, count_column, normalise_text
from messaging.drafts import Group, Refusal, Shared
from messaging.services.partitions import retention_class
from messaging.services.wayless import wayless
from messaging.statuses import Status
from routing.plan import CompiledPlan
from tenants.models import Tenant

RECIPIENT_MAX: Final = 20
SENDER_MAX: Final = 21
# Rows are kept little longer than this, and a hold must be settled before its messages are gone.
FURTHEST: Final = timedelta(days=366)
REFERENCE_MAX: Final = 100


class Kind(NamedTuple):
    """What accepted messages share that travel in one batch."""

    sender: str
    template_id: UUID
    dlt: DltIds | None
    traffic_class: TrafficClass
    quote: Quote
    routes: tuple[int, ...]
    retention_days: int
    send_at: datetime | None
    not_after: datetime

    @property
    def status(self) -> Status:
        return Status.SCHEDULED if self.send_at else Status.ACCEPTED


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a group, by their place in its columns, on their way to a decision."""

    group: Group
    places: Sequence[int]
    send_at: datetime | None
    not_after: datetime


@dataclass(slots=True)
class Lot:
    """Accepted messages of one kind, by columns; `numbers` are their group's."""

    kind: Kind
    numbers: list[int] = field(default_factory=list)
    ids: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    segments: list[int] = field(default_factory=list)
    is_unicode: list[bool] = field(default_factory=list)

    def add(self, rows: Rows, texts: Sequence[str], segments: Sequence[int], is_unicode: Sequence[bool]) -> None:
        group, places = rows.group, rows.places
        self.numbers += pick(group.numbers, places)
        self.ids += pick(group.ids, places)
        self.recipients += pick(group.recipients, places)
        self.texts += texts
        self.segments += segments
        self.is_unicode += is_unicode


@dataclass(slots=True)
class Refused:
    """One message that is not sent, with what was known when that was decided."""

    number: int
    id: bytes
    recipient: str
    sender: str
    traffic_class: TrafficClass
    retention_days: int
    send_at: datetime | None
    not_after: datetime
    refusal: Refusal
    text: str = ""
    template_id: UUID | None = None
    segments: int = 0
    is_unicode: bool = False
    destination: str = ""


@dataclass(slots=True)
class Verdict:
    """Decisions on any number of groups.

    Args:
        warnings: codes by the callers' numbers, for the few messages that have any.
    """

    lots: dict[Kind, Lot] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    warnings: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def lot(self, kind: Kind) -> Lot:
        return self.lots.setdefault(kind, Lot(kind))

    @property
    def micros(self) -> int:
        """What all that was accepted will cost."""
        return sum(lot.kind.quote.unit_micros * sum(lot.segments) for lot in self.lots.values())

    def warn(self, numbers: Iterable[int], code: str) -> None:
        """Add a code to the warnings of messages."""
        for number in numbers:
            self.warnings[number] = (*self.warnings.get(number, ()), code)

    def refuse_all(self, refusal: Refusal) -> None:
        """Refuse, for a reason that none of the messages gave, all that was accepted."""
        for lot in self.lots.values():
            kind = lot.kind
            rows = zip(
                lot.numbers, lot.ids, lot.recipients, lot.texts, lot.segments, lot.is_unicode, strict=True
            )  # fmt: skip
            self.refused += [
                Refused(
                    number, ident, recipient, kind.sender, kind.traffic_class, kind.retention_days, kind.send_at,
                    kind.not_after, refusal, text, kind.template_id, segments, is_unicode, kind.quote.destination,
                )
                for number, ident, recipient, text, segments, is_unicode in rows
            ]  # fmt: skip
        self.lots = {}


def refusal_for(code: str, detail: str | None = None) -> Refusal:
    """A refusal in the words of the catalogue, or with a detail of its own."""
    entry = explain(code)
    return Refusal(code, detail or entry.sentence, entry.remedy)


class Judge:
    """Decides messages of one tenant at one instant. Made for one accept: everything it needs was read before."""

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
        self.verdict = Verdict()
        self._validity = timedelta(hours=settings.DEFAULT_VALIDITY_HOURS)
        self._longest = timedelta(hours=settings.MAX_VALIDITY_HOURS)
        self._most = settings.MAX_SEGMENTS
        self._latest = now + FURTHEST
        self._retention = {
            TrafficClass.OTP: 1,
            TrafficClass.TRANSACTIONAL: tenant.text_retention_days_transactional,
            TrafficClass.PROMOTIONAL: tenant.text_retention_days_promotional,
        }

    def decide(self, group: Group) -> None:
        """Put every message of the group into the verdict."""
        rows = self._rows(group)
        refusal = self._late(group.shared, rows)
        if refusal is not None:
            for place in rows.places:
                self._refuse(rows, place, refusal)
            return
        content, rows = self._readable(rows)
        shared = group.shared
        passed, refused, warned = self.screening.screen(
            sender=shared.sender,
            template_id=shared.template_id,
            traffic_class=shared.traffic_class,
            recipients=pick(group.recipients, rows.places),
            content=content,
            start=rows.send_at,
        )
        for number, ruling in refused.items():
            self._refuse(rows, rows.places[number], Refusal(ruling.code or "", ruling.detail, ruling.remedy), ruling)
        for number, codes in warned.items():
            self.verdict.warnings[group.numbers[rows.places[number]]] = codes
        for found in passed:
            places = found.numbers if len(rows.places) == len(group.ids) else [rows.places[n] for n in found.numbers]
            ruling = Ruling(None, "", "", "", found.template_id, found.traffic_class, found.dlt)
            kept = Rows(group, places, rows.send_at, rows.not_after)
            if found.window is not None:
                self._keep_hours(kept, found, found.window, ruling)
            else:
                self._weigh(kept, found.texts, ruling)

    def _keep_hours(self, rows: Rows, found: Passed, window: Window, ruling: Ruling) -> None:
        """Promotions wait for the next hours of their recipients, and end with them, so that none arrives at night."""
        send_at, start, asked = rows.send_at, rows.send_at or self.now, rows.group.shared.not_after
        if window.opens > start:
            send_at = start = window.opens
            # Whoever named no end of its usefulness waits as long as it takes.
            not_after = asked or start + self._validity
            for place in rows.places:
                number = rows.group.numbers[place]
                warned = self.verdict.warnings.get(number, ())
                self.verdict.warnings[number] = (*warned, "promo_deferred")
        else:
            not_after = rows.not_after
        rows = replace(rows, send_at=send_at, not_after=min(not_after, window.closes))
        if rows.not_after > start:
            self._weigh(rows, found.texts, ruling)
            return
        refusal = refusal_for("promo_window_closed", "The message is of no use any more when the next hours begin.")
        for place, text in zip(rows.places, found.texts, strict=True):
            self._refuse(rows, place, refusal, ruling._replace(text=text))

    def refuse(self, group: Group, refusal: Refusal) -> None:
        """Refuse a whole group for something that was seen before: recipients that cannot be read."""
        rows = self._rows(group)
        for place in rows.places:
            self._refuse(rows, place, refusal)

    def _rows(self, group: Group) -> Rows:
        shared = group.shared
        send_at = shared.send_at if shared.send_at and shared.send_at > self.now else None
        send_at = min(send_at, self._latest) if send_at else None
        start = send_at or self.now
        # Operators cut longer ones, and the id map forgets what they would still answer.
        until = min(shared.not_after or start + self._validity, start + self._longest)
        return Rows(group, range(len(group.ids)), send_at, min(until, self._latest + self._validity))

    def _late(self, shared: Shared, rows: Rows) -> Refusal | None:
        if any(at > self._latest for at in (shared.send_at, shared.not_after) if at is not None):
            return refusal_for("time_too_far")
        return refusal_for("not_after_passed") if rows.not_after <= (rows.send_at or self.now) else None

    def _readable(self, rows: Rows) -> tuple[Sequence[str] | Values, Rows]:
        """Texts as they are counted and sent; those that cannot be are refused and left out."""
        content = rows.group.content
        if not isinstance(content, Sequence):
            return content, rows
        whole = "".join(content)
        if whole.isascii() and "\x00" not in whole and "\r" not in whole and all(map(str.strip, content)):
            return content, rows
        texts, kept = [], []
        for place in rows.places:
            try:
                text = normalise_text(content[place])
            except TextRefused as refused:
                self._refuse(rows, place, Refusal(refused.code, refused.detail, refused.remedy))
                continue
            if text.strip():
                texts.append(text)
                kept.append(place)
            else:
                self._refuse(rows, place, refusal_for("empty_text"))
        return texts, Rows(rows.group, kept, rows.send_at, rows.not_after)

    def _weigh(self, rows: Rows, texts: Sequence[str], ruling: Ruling) -> None:
        """Parts, price and routes of what the rules let pass."""
        segments, is_unicode = count_column(texts)
        if max(segments) > self._most:
            kept = [n for n, parts in enumerate(segments) if parts <= self._most]
            for n, parts in enumerate(segments):
                if parts > self._most:
                    weighed = replace(rows, places=(rows.places[n],)), (texts[n],), (parts,), (is_unicode[n],)
                    detail = f"The text takes {parts} parts; at most {self._most} are sent."
                    self._refuse_weighed(*weighed, refusal_for("text_too_long", detail), ruling)
            rows, texts = replace(rows, places=pick(rows.places, kept)), pick(texts, kept)
            segments, is_unicode = [segments[n] for n in kept], [is_unicode[n] for n in kept]
        if texts:
            self._price(rows, texts, segments, is_unicode, ruling)

    def _price(
        self, rows: Rows, texts: Sequence[str], segments: Sequence[int], is_unicode: Sequence[bool], ruling: Ruling
    ) -> None:
        traffic_class, sender = ruling.traffic_class, rows.group.shared.sender
        if traffic_class is None or ruling.template_id is None:
            raise AssertionError("what passes has a template, and with it a class")
        recipients = pick(rows.group.recipients, rows.places)
        quotes = self.book.quotes_for(recipients, traffic_class)
        ways = self.plan.routes_for(recipients, traffic_class=traffic_class, tenant_id=self.tenant.id, sender=sender)
        for quote, way, members in _split(quotes, ways):
            part = replace(rows, places=pick(rows.places, members))
            weighed = part, pick(texts, members), pick(segments, members), pick(is_unicode, members)
            if quote is None:
                self._refuse_weighed(*weighed, refusal_for("no_price"), ruling)
            elif not way:
                self._refuse_wayless(*weighed, ruling, quote.destination)
            else:
                days = self._retention_days(traffic_class, rows)
                shared = sender, ruling.template_id, ruling.dlt, traffic_class
                kind = Kind(*shared, quote, way, days, rows.send_at, rows.not_after)
                self.verdict.lot(kind).add(*weighed)

    def _refuse_wayless(
        self,
        rows: Rows,
        texts: Sequence[str],
        segments: Sequence[int],
        is_unicode: Sequence[bool],
        ruling: Ruling,
        destination: str,
    ) -> None:
        """Numbers of one price may have been meant for several rules."""
        shared = int(ruling.traffic_class or 0), self.tenant.id, rows.group.shared.sender
        why = [self.plan.why_none(each, *shared) for each in pick(rows.group.recipients, rows.places)]
        for reason in dict.fromkeys(why):
            members = [n for n, each in enumerate(why) if each is reason]
            part = replace(rows, places=pick(rows.places, members))
            weighed = part, pick(texts, members), pick(segments, members), pick(is_unicode, members)
            self._refuse_weighed(*weighed, wayless(reason), ruling, destination)

    def _retention_days(self, traffic_class: TrafficClass, rows: Rows) -> int:
        # A text lies in the partition of its message's id, which for a campaign is the freeze: it must outlive the wait
        # since then as well. A passcode's is never kept longer than it can still be sent.
        lifetime = rows.not_after - min(rows.group.born, self.now)
        return retention_class(max(self._retention[traffic_class], lifetime.days + 1))

    def _refuse(self, rows: Rows, place: int, refusal: Refusal, ruling: Ruling | None = None) -> None:
        """Refuse one row before its parts were counted."""
        text = ruling.text if ruling else ""
        one = replace(rows, places=(place,))
        self._refuse_weighed(one, (text,), (0,), (False,), refusal, ruling)

    def _refuse_weighed(
        self,
        rows: Rows,
        texts: Sequence[str],
        segments: Sequence[int],
        is_unicode: Sequence[bool],
        refusal: Refusal,
        ruling: Ruling | None,
        destination: str = "",
    ) -> None:
        group, shared = rows.group, rows.group.shared
        known = ruling.traffic_class if ruling else None
        traffic_class = next(c for c in (known, shared.traffic_class, TrafficClass.TRANSACTIONAL) if c is not None)
        days = self._retention_days(traffic_class, rows)
        template_id = ruling.template_id if ruling else None
        self.verdict.refused += [
            Refused(
                group.numbers[place], group.ids[place], group.recipients[place], shared.sender, traffic_class, days,
                rows.send_at, rows.not_after, refusal, text, template_id, parts, unicode, destination,
            )
            for place, text, parts, unicode in zip(rows.places, texts, segments, is_unicode, strict=True)
        ]  # fmt: skip


def _split(
    quotes: list[Quote | None], ways: list[tuple[int, ...]]
) -> Iterator[tuple[Quote | None, tuple[int, ...], Sequence[int]]]:
    """Rows with the same price and routes."""
    if quotes.count(quotes[0]) == len(quotes) and ways.count(ways[0]) == len(ways):
        yield quotes[0], ways[0], range(len(quotes))
        return
    found: dict[tuple[int, tuple[int, ...]], tuple[Quote | None, list[int]]] = {}
    for place, (quote, way) in enumerate(zip(quotes, ways, strict=True)):
        found.setdefault((id(quote), way), (quote, []))[1].append(place)
    for (_, way), (quote, members) in found.items():
        yield quote, way, members


def shown(text: str, length: int = RECIPIENT_MAX) -> str:
    """What fits of something unreadable, without characters that a page or a log must not see."""
    return "".join(char for char in text if char.isprintable())[:length]
