"""Sums, rounding and the written form of money."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.domain.money import CurrencyMismatch, Money, format_money, format_price, from_decimal

MICROS = st.integers(-9 * 10**18, 9 * 10**18)


def test_a_thousand_messages_at_fourteen_and_a_half_paise_cost_145_rupees() -> None:
    assert Money(145_000, "INR") * 1_000 == Money(145_000_000, "INR")


def test_amounts_of_one_currency_add_and_subtract() -> None:
    assert Money(510_000, "INR") + Money(170_000, "INR") == Money(680_000, "INR")
    assert Money(510_000, "INR") - Money(680_000, "INR") == Money(-170_000, "INR")
    assert 3 * Money(170_000, "INR") == Money(510_000, "INR")


def test_a_float_or_a_decimal_is_no_factor() -> None:
    with pytest.raises(TypeError):
        _ = Money(1, "INR") * 1.5  # type: ignore[operator]  # the type checker refuses it too, as it should
    with pytest.raises(TypeError):
        _ = Decimal("1.5") * Money(1, "INR")  # type: ignore[operator]  # the same from the other side


def test_amounts_of_one_currency_compare_by_size() -> None:
    one, two = Money(1, "INR"), Money(2, "INR")

    assert one < two
    assert one <= two
    assert two > one
    assert two >= one
    assert max(one, two) is two


def test_equal_figures_in_two_currencies_are_not_equal() -> None:
    assert Money(1, "INR") != Money(1, "USD")


@pytest.mark.parametrize("reckon", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"])
def test_two_currencies_never_meet_in_a_sum_or_a_comparison(reckon: str) -> None:
    with pytest.raises(CurrencyMismatch, match="USD cannot be reckoned with INR"):
        getattr(Money(1, "INR"), reckon)(Money(1, "USD"))


@pytest.mark.parametrize(
    ("units", "micros"),
    [
        ("0.145", 145_000),
        ("1", 1_000_000),
        ("-0.000001", -1),
        ("0.0000005", 0),
        ("0.0000015", 2),
        ("0.0000025", 2),
        ("-0.0000015", -2),
        ("0.65907725", 659_077),
        ("0.0005845", 584),
        ("9223372036854", 9_223_372_036_854_000_000),
        ("0.00000250000000000000000000000000000000001", 3),
    ],
)
def test_units_become_micros_with_halves_to_even(units: str, micros: int) -> None:
    assert from_decimal(Decimal(units), "INR") == Money(micros, "INR")


@pytest.mark.parametrize("units", ["NaN", "sNaN", "Infinity", "-Infinity", "9223372036855", "-1E+30"])
def test_what_a_bigint_of_micros_cannot_hold_is_refused(units: str) -> None:
    with pytest.raises(ValueError, match="bigint"):
        from_decimal(Decimal(units), "INR")


@given(MICROS)
@settings(max_examples=200, deadline=None)
def test_micros_survive_the_way_to_decimal_and_back(micros: int) -> None:
    money = Money(micros, "INR")

    with localcontext(prec=3):  # a caller's coarse context must not round money
        units = money.decimal()
        back = from_decimal(units, "INR")

    assert back == money


@given(MICROS, MICROS, st.integers(-1_000, 1_000))
@settings(max_examples=200, deadline=None)
def test_the_product_of_a_sum_is_the_sum_of_the_products(left: int, right: int, factor: int) -> None:
    one, two = Money(left, "INR"), Money(right, "INR")

    assert (one + two) * factor == one * factor + two * factor
    assert one - two + two == one


@pytest.mark.parametrize(
    ("micros", "currency", "locale", "written"),
    [
        (123_456_780_000, "INR", "en_IN", "₹1,23,456.78"),
        (145_000, "INR", "en_IN", "₹0.145"),
        (2_500, "INR", "en_IN", "₹0.0025"),
        (1, "INR", "en_IN", "₹0.000001"),
        (500_000, "INR", "en_IN", "₹0.50"),
        (0, "INR", "en_IN", "₹0.00"),
        (-145_000, "INR", "en_IN", "-₹0.145"),
        (999_494_567, "INR", "en_IN", "₹999.49"),
        (1_234_567_890_000, "USD", "en_US", "$1,234,567.89"),
        (5_000_000, "JPY", "en_US", "¥5"),
        (1_500_000, "EUR", "de_DE", "1,50\xa0€"),
    ],
)
def test_amounts_are_written_as_the_locale_does(micros: int, currency: str, locale: str, written: str) -> None:
    assert format_money(micros, currency, locale) == written


@pytest.mark.parametrize(
    ("micros", "written"), [(2_345_000, "₹2.345"), (1_234_567, "₹1.234567"), (145_000, "₹0.145"), (5_000_000, "₹5.00")]
)
def test_a_unit_price_is_never_rounded(micros: int, written: str) -> None:
    assert format_price(micros, "INR") == written
