"""What a campaign's texts look like for real people, and what is odd about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from billing.models import Wallet
from campaigns.models import Campaign
from campaigns.services.audience import ContactRow, audience_size, list_ids_of
from campaigns.services.estimates import Counting, Estimate, Foreseen, decide_for, sample_rows
from campaigns.services.filling import Filling
from compliance.advice import panel
from compliance.models import Template
from kernel.domain.catalogue import explain
from kernel.telecom.alphabet import replacement_for

SHOWN: Final = 3
# What is told while somebody types comes from few people; the check counts all of them.
LIVE_SAMPLE: Final = 300


@dataclass(frozen=True, slots=True)
class Shown:
    """One person's message as it would be."""

    phone: str
    name: str
    decision: Foreseen


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that costs money or people, and what to do about it."""

    title: str
    cause: str
    remedy: str


def preview_of(
    campaign: Campaign,
    template: Template,
    mapping: Sequence[Mapping[str, str]],
    now: datetime,
    *,
    is_priced: bool = True,
) -> dict[str, Any]:
    """Real texts of the first people, and (unless the page counts all anyway) cost by a sample."""
    filling = Filling(
        sender=template.sender.header,
        template_id=template.pk,
        names=tuple(variable.name for variable in template.variable_list),
        sources=tuple(mapping),
        not_after=None,
    )
    list_ids = list_ids_of(campaign)
    rows = sample_rows(list_ids, LIVE_SAMPLE if is_priced else SHOWN)
    context: dict[str, Any] = {"shown": _shown(filling, rows[:SHOWN], now)}
    if is_priced:
        counting = Counting(filling, now)
        if rows:
            counting.add(rows)
        estimate = counting.result(audience_size(list_ids))
        context |= {"estimate": estimate, "warnings": warnings_of(estimate)}
        context |= _advice(template, mapping, context["shown"])
    return context


def _shown(filling: Filling, rows: Sequence[ContactRow], now: datetime) -> list[Shown]:
    if not rows:
        return []
    decisions = decide_for(filling, rows, now)
    return [Shown(row[1], row[2], decision) for row, decision in zip(rows, decisions, strict=True)]


def _advice(template: Template, mapping: Sequence[Mapping[str, str]], shown: Sequence[Shown]) -> dict[str, Any]:
    """What the optimiser says about the text and the values that are the same for all; contacts are counted apart."""
    prices = (s.decision.price_micros // s.decision.segments for s in shown if s.decision.segments)
    return panel.of_filled(
        template.compiled,
        category=template.category,
        values={f"id_text-{number}": source.get("text", "") for number, source in enumerate(mapping)},
        price_micros=next(prices, None),
        currency=Wallet.objects.values_list("currency", flat=True).first() or "INR",
    )


def warnings_of(estimate: Estimate) -> list[Notice]:
    """Characters that make texts longer, and people who would be left out."""
    found = []
    if estimate.unicode_people:
        named = ", ".join(f"“{character}”" for character in estimate.characters)
        better = [f"“{c}” by “{r}”" for c in estimate.characters if (r := replacement_for(c))]
        found.append(
            Notice(
                f"{estimate.unicode_people:,} of {estimate.looked_at:,} texts need Unicode",
                f"{named} cannot be sent in the short alphabet: a segment then holds 70 characters instead of 160.",
                f"Replace {', '.join(better)} in the contacts." if better else "Fine if the language needs it.",
            )
        )
    for code, count in estimate.blocked.items():
        entry = explain(code)
        found.append(
            Notice(f"{count:,} of {estimate.looked_at:,} people will be left out", entry.sentence, entry.remedy)
        )
    return found
