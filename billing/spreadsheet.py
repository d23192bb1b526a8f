"""Amounts in the cells of a spreadsheet."""

from __future__ import annotations

from decimal import Decimal

from kernel.domain.money import Money


def amount(micros: int) -> Decimal:
    """Micros as a number with six decimals; our own negative amounts stay numbers."""
    return Money(micros, "").decimal()
