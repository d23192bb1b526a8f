"""Money as integer micros: one rupee, dollar or yen is 1,000,000, whatever its coins are.

A price of 14.5 paise per message is 145,000 micros exactly, and so are sums of millions of them; rounding to
coins happens only where a person reads the figure. Why: docs/adr/0010.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

from babel.numbers import format_currency

MICROS: Final = 1_000_000

_ONE_MICRO: Final = Decimal("0.000001")
_BIGINT: Final = 2**63
# Wide enough for every bigint with six decimals, so that no step rounds before the one that should.
_EXACT: Final = Context(prec=60)


class CurrencyMismatch(ValueError):
    """Amounts of two currencies met in one sum or comparison; convert by a stored rate first."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in micros of an ISO 4217 currency; negative for what is taken away."""

    micros: int
    currency: str

    def __add__(self, other: Money) -> Money:
        return Money(self.micros + self._same_currency(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.micros - self._same_currency(other), self.currency)

    def __mul__(self, factor: int) -> Money:
        # A float factor would bring back the rounding that micros exist to avoid.
        return Money(self.micros * factor, self.currency) if isinstance(factor, int) else NotImplemented

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        return self.micros < self._same_currency(other)

    def __le__(self, other: Money) -> bool:
        return self.micros <= self._same_currency(other)

    def __gt__(self, other: Money) -> bool:
        return self.micros > self._same_currency(other)

    def __ge__(self, other: Money) -> bool:
        return self.micros >= self._same_currency(other)

    def decimal(self) -> Decimal:
        """The amount in whole units of the currency, exact, with six decimals."""
        return _decimal(self.micros)

    def _same_currency(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{other.currency} cannot be reckoned with {self.currency}")
        return other.micros


def from_decimal(value: Decimal, currency: str) -> Money:
    """Whole units to money, rounded once to the nearest micro, halves to even.

    Raises:
        ValueError: not a finite number, or beyond 9.2 * 10**12 units, what a bigint of micros holds.
    """
    if not value.is_finite() or value.copy_abs() > _BIGINT // MICROS:
        raise ValueError("the amount is not a number of units that fits a bigint of micros")
    micros = value.quantize(_ONE_MICRO, rounding=ROUND_HALF_EVEN, context=_EXACT).scaleb(6, context=_EXACT)
    return Money(int(micros), currency)


def format_money(micros: int, currency: str, locale: str = "en_IN") -> str:
    """An amount for people, grouped as the locale does: `₹1,23,456.78`.

    Amounts below one unit keep up to six decimals when they hold parts of a coin (`₹0.145`), since they are
    prices of a message more often than sums; larger ones are rounded to coins, halves to even.
    """
    return _formatted(micros, currency, locale, exact=abs(micros) < MICROS)


def format_price(micros: int, currency: str, locale: str = "en_IN") -> str:
    """A unit price for people, never rounded: from the currency's usual decimals up to six (`₹1.2345`)."""
    return _formatted(micros, currency, locale, exact=True)


def _formatted(micros: int, currency: str, locale: str, *, exact: bool) -> str:
    return format_currency(_decimal(micros), currency, locale=locale, decimal_quantization=not exact)


def _decimal(micros: int) -> Decimal:
    return Decimal(micros).scaleb(-6, context=_EXACT)
