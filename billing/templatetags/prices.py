from __future__ import annotations

from django import template

from kernel.domain.money import format_price

register = template.Library()


@register.filter
def price(micros: int, currency: str) -> str:
    """A unit price in full: 145000 is `₹0.145`, 1234500 is `₹1.2345`."""
    return format_price(micros, currency)
