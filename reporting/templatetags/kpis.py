"""How rates are written on every dashboard."""

from __future__ import annotations

from django import template

from kernel.web.templatetags.ui import NBSP, NOTHING, count, percent
from reporting.kpis import Rate

register = template.Library()


@register.filter
def rate(value: Rate) -> str:
    """`96.8 %`; `9 of 10` below thirty, where a percentage would promise too much; a dash of nothing."""
    if not value.whole:
        return NOTHING
    if value.is_small:
        return f"{count(value.part)} of {count(value.whole)}"
    return percent(value.fraction)


@register.filter
def interval(value: Rate) -> str:
    """What the rate may really be, `94.6 – 95.4 %`; empty of nothing."""
    if value.bounds is None:
        return ""
    low, high = value.bounds
    return f"{100 * low:.1f}{NBSP}–{NBSP}{100 * high:.1f}{NBSP}%"
