"""Rate cards compiled for look-up: the longest prefix that matches, then the traffic class, valid at one instant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q

from billing.errors import NoWallet
from billing.models import Rate, RateCard, Wallet
from kernel.domain.traffic import TrafficClass

KEPT_FOR: Final = timedelta(seconds=30)
# Numbers of one country differ in few leading digits, so this is never full in practice; it bounds a scan of the world.
MAX_MEMORY: Final = 65_536


@dataclass(frozen=True, slots=True)
class Quote:
    """What one segment costs.

    Args:
        unit_micros: price and scrub fee together.
        destination: digits of the prefix that matched; "" is the rate for anywhere else.
        label: its name on the card.
    """

    unit_micros: int
    destination: str
    label: str
    price_micros: int
    scrub_micros: int


@dataclass(frozen=True, slots=True)
class RateRow:
    """One line of a card as `compiled` takes it; class None is all classes."""

    prefix: str
    label: str
    traffic_class: int | None
    price_micros: int
    scrub_micros: int


class PriceBook:
    """One card at one instant. `quote` costs a dictionary look-up once a destination was seen.

    The book is good from `loaded_at` until before `stale_at`: 30 s at most, less when a rate begins or ends sooner.
    """

    def __init__(
        self,
        rows: Iterable[RateRow],
        *,
        card_id: UUID,
        version: int,
        currency: str,
        loaded_at: datetime,
        stale_at: datetime,
    ) -> None:
        self.card_id, self.version, self.currency = card_id, version, currency
        self.loaded_at, self.stale_at = loaded_at, stale_at
        self._tables = compiled(rows)
        lengths = {len(prefix) for table in self._tables.values() for prefix in table}
        self._lengths = sorted(lengths, reverse=True)
        self._longest = max(lengths, default=0)
        self._seen: dict[tuple[str, int], Quote | None] = {}

    @classmethod
    def load(cls, card_id: UUID, now: datetime) -> PriceBook:
        """The card as it is valid at `now`; a change of it is seen after 30 s at most.

        Raises:
            RateCard.DoesNotExist: no such card.
        """
        book = _books.get(card_id)
        if book is None or not book.loaded_at <= now < book.stale_at:
            book = _books[card_id] = _read(card_id, now)
        return book

    def quote(self, recipient: str, traffic_class: int) -> Quote | None:
        """The price of one segment to an E.164 number (`+91…`); None means that nobody may send there (`no_price`)."""
        key = (recipient[1 : self._longest + 1], traffic_class)
        try:
            return self._seen[key]
        except KeyError:
            pass
        if len(self._seen) >= MAX_MEMORY:
            self._seen.clear()
        found = self._seen[key] = self._match(*key)
        return found

    def quotes_for(self, recipients: Sequence[str], traffic_class: int) -> list[Quote | None]:
        """`quote` of many recipients, in their order. Equal answers are the same object, so `is` groups them."""
        width = self._longest + 1
        beginnings = [recipient[1:width] for recipient in recipients]
        quotes = {digits: self.quote(f"+{digits}", traffic_class) for digits in set(beginnings)}
        return [quotes[digits] for digits in beginnings]

    def _match(self, digits: str, traffic_class: int) -> Quote | None:
        table = self._tables[traffic_class]
        for length in self._lengths:
            # A number shorter than the prefix would match by its missing digits.
            if length <= len(digits) and (quote := table.get(digits[:length])):
                return quote
        return None


_books: dict[UUID, PriceBook] = {}


def compiled(rows: Iterable[RateRow]) -> dict[int, dict[str, Quote]]:
    """Per traffic class: prefix → quote, rates for the class standing before those for all classes."""
    tables: dict[int, dict[str, Quote]] = {each.value: {} for each in TrafficClass}
    for row in sorted(rows, key=lambda row: row.traffic_class is not None):
        quote = Quote(row.price_micros + row.scrub_micros, row.prefix, row.label, row.price_micros, row.scrub_micros)
        for traffic_class in tables if row.traffic_class is None else (row.traffic_class,):
            tables[traffic_class][row.prefix] = quote
    return tables


def tenant_book(now: datetime) -> PriceBook:
    """The price book of the tenant whose context this is.

    Raises:
        NoWallet: the tenant has no wallet, hence no card.
    """
    card_id = Wallet.objects.values_list("rate_card_id", flat=True).first()
    if card_id is None:
        raise NoWallet
    return PriceBook.load(card_id, now)


def forget(card_id: UUID) -> None:
    """Read the card anew at the next look-up in this process."""
    _books.pop(card_id, None)


def _read(card_id: UUID, now: datetime) -> PriceBook:
    card = RateCard.objects.get(pk=card_id)
    current = Q(valid_from__lte=now + KEPT_FOR) & (Q(valid_to__isnull=True) | Q(valid_to__gt=now))
    rates = list(Rate.objects.filter(current, card=card))
    bounds = [at for rate in rates for at in (rate.valid_from, rate.valid_to) if at is not None and at > now]
    rows = [
        RateRow(rate.prefix, rate.label, rate.traffic_class, rate.price_micros, rate.scrub_micros)
        for rate in rates
        if rate.valid_from <= now
    ]
    return PriceBook(
        rows,
        card_id=card_id,
        version=card.version,
        currency=card.currency,
        loaded_at=now,
        stale_at=min([now + KEPT_FOR, *bounds]),
    )
