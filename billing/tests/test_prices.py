from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from billing.errors import NoWallet
from billing.models import Rate, RateCard
from billing.prices import PriceBook, RateRow, forget, tenant_book
from billing.services import open_wallet
from billing.tests.builders import LONG_AGO, NOW, make_card, make_rate
from kernel.db.tenancy import tenant_context
from kernel.domain.traffic import TrafficClass

OTP, SERVICE, PROMOTIONAL = (each.value for each in TrafficClass)
INDIAN = "+919812340000"


def book_of(*rows: RateRow) -> PriceBook:
    return PriceBook(rows, card_id=uuid4(), version=1, currency="INR", loaded_at=NOW, stale_at=NOW)


def row(prefix: str, price: int, traffic_class: int | None = None, scrub: int = 0) -> RateRow:
    return RateRow(prefix, f"+{prefix}", traffic_class, price, scrub)


def price(book: PriceBook, recipient: str, traffic_class: int = SERVICE) -> int | None:
    quote = book.quote(recipient, traffic_class)
    return quote.unit_micros if quote else None


def test_the_longest_prefix_wins_over_the_class() -> None:
    book = book_of(row("", 9), row("9", 8, OTP), row("91", 7), row("9198", 6), row("91981", 5, PROMOTIONAL))
    assert [price(book, INDIAN, each) for each in (OTP, SERVICE, PROMOTIONAL)] == [6, 6, 5]
    assert price(book, "+9779812340000", OTP) == 8
    assert price(book, "+12025550100") == 9


@pytest.mark.parametrize("order", [1, -1])
def test_a_rate_of_the_class_stands_before_one_of_all_classes(order: int) -> None:
    book = book_of(*[row("91", 7), row("91", 4, OTP)][::order])
    assert (price(book, INDIAN, OTP), price(book, INDIAN, SERVICE)) == (4, 7)


def test_a_quote_names_its_destination_and_its_parts() -> None:
    quote = book_of(row("91", 145_000, scrub=25_000)).quote(INDIAN, SERVICE)
    assert quote is not None
    assert (quote.unit_micros, quote.destination, quote.label) == (170_000, "91", "+91")
    assert (quote.price_micros, quote.scrub_micros) == (145_000, 25_000)


def test_no_rate_is_no_price_and_a_rate_of_zero_is_free() -> None:
    book = book_of(row("91", 0))
    assert (price(book, INDIAN), price(book, "+12025550100")) == (0, None)
    assert price(book, "+12025550100") is None  # remembered


def test_a_number_shorter_than_a_prefix_does_not_match_it() -> None:
    assert price(book_of(row("91981234", 1)), "+9198") is None


digits = st.text("0129", max_size=4)
classes = st.sampled_from([None, OTP, SERVICE, PROMOTIONAL])


@given(
    st.dictionaries(st.tuples(digits, classes), st.integers(0, 99), max_size=12),
    digits,
    st.sampled_from([OTP, SERVICE]),
)
def test_look_up_agrees_with_reading_the_card_line_by_line(
    card: dict[tuple[str, int | None], int], number: str, traffic_class: int
) -> None:
    fitting = [
        (len(prefix), own is not None, cost)
        for (prefix, own), cost in card.items()
        if number.startswith(prefix) and own in (None, traffic_class)
    ]
    book = book_of(*[row(prefix, cost, own) for (prefix, own), cost in card.items()])
    assert price(book, f"+{number}", traffic_class) == (max(fitting)[2] if fitting else None)


@pytest.mark.django_db
def test_a_rate_counts_from_its_first_instant_to_before_its_last() -> None:
    card, end = make_card(), NOW + timedelta(seconds=10)
    make_rate(card, "91", 100, valid_to=end)
    make_rate(card, "91", 200, valid_from=end)
    assert price(PriceBook.load(card.pk, NOW), INDIAN) == 100
    assert price(PriceBook.load(card.pk, end - timedelta(microseconds=1)), INDIAN) == 100
    assert price(PriceBook.load(card.pk, end), INDIAN) == 200


@pytest.mark.django_db
def test_a_book_is_kept_for_thirty_seconds_and_no_longer(django_assert_num_queries: Any) -> None:
    card = make_card()
    make_rate(card, "91", 100)
    PriceBook.load(card.pk, NOW)
    Rate.objects.update(price_micros=300)
    with django_assert_num_queries(0):
        assert price(PriceBook.load(card.pk, NOW + timedelta(seconds=29)), INDIAN) == 100
    with django_assert_num_queries(2):
        assert price(PriceBook.load(card.pk, NOW + timedelta(seconds=30)), INDIAN) == 300


@pytest.mark.django_db
def test_a_forgotten_book_is_read_anew() -> None:
    card = make_card()
    assert price(PriceBook.load(card.pk, NOW), INDIAN) is None
    make_rate(card, "91", 100)
    forget(card.pk)
    assert price(PriceBook.load(card.pk, NOW), INDIAN) == 100


@pytest.mark.django_db
def test_an_unknown_card_is_an_error() -> None:
    with pytest.raises(RateCard.DoesNotExist):
        PriceBook.load(uuid4(), NOW)


@pytest.mark.django_db
def test_a_tenant_pays_the_prices_of_its_own_card() -> None:
    card = make_card()
    make_rate(card, "91", 100)
    with tenant_context(uuid4()):
        open_wallet(rate_card=card, now=NOW)
        assert price(tenant_book(NOW), INDIAN) == 100
    with tenant_context(uuid4()), pytest.raises(NoWallet):
        tenant_book(NOW)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("begins", "ends", "overlaps"), [(0, None, True), (5, 8, True), (-9, 1, True), (10, None, False), (-9, 0, False)]
)
def test_equally_specific_rates_may_not_be_valid_at_once(begins: int, ends: int | None, overlaps: bool) -> None:
    card = make_card()
    make_rate(card, "91", 100, valid_from=NOW, valid_to=NOW + timedelta(days=10))
    until = None if ends is None else NOW + timedelta(days=ends)
    rival = Rate(
        card=card, prefix="91", label="India", price_micros=1, valid_from=NOW + timedelta(days=begins), valid_to=until
    )
    if overlaps:
        with pytest.raises(ValidationError, match="end that one first"):
            rival.full_clean()
    else:
        rival.full_clean()


@pytest.mark.django_db
@pytest.mark.parametrize("field", [{"prefix": "+91"}, {"price_micros": -1}, {"price_micros": 100_000_001}])
def test_a_mistyped_rate_is_refused(field: dict[str, Any]) -> None:
    given_fields = {"prefix": "91", "label": "India", "price_micros": 1, "valid_from": LONG_AGO, **field}
    with pytest.raises(ValidationError) as caught:
        Rate(card=make_card(), **given_fields).full_clean()
    assert list(caught.value.message_dict) == list(field)
