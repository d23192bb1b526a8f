"""Advice as pages show it while somebody types: remarks, and buttons that put the better text into the form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compliance.advice.findings import Advice, Better
from compliance.advice.optimiser import advise
from compliance.matching import CompiledTemplate
from compliance.tags import TAG
from kernel.telecom.alphabet import smart_replace
from kernel.telecom.segments import TextRefused, normalise_text


@dataclass(frozen=True, slots=True)
class Fix:
    """One button.

    Args:
        targets: id of a form control and what it will hold; none when the characters are not in this form.
    """

    better: Better
    targets: Sequence[tuple[str, str]]


def of_body(body: str, *, category: str, field_id: str) -> dict[str, Any]:
    """Context of compliance/advice.html for a body that is to be registered; empty while nothing is written."""
    if not body.strip():
        return {}
    try:
        advice = advise(body, category=category, is_template=True)
    except TextRefused as refusal:
        return {"refusal": refusal}
    return {"advice": advice, "fixes": _fixes(advice, {field_id: body})}


def of_filled(
    compiled: CompiledTemplate, *, category: str, values: Mapping[str, str], price_micros: int | None, currency: str
) -> dict[str, Any]:
    """The same for an approved text and the values entered so far.

    Args:
        values: id of the form control → its value, one per variable in order; empty where none is known yet.
        price_micros: of one part.
    """
    tags = (f"{{#{variable.type}#}}" for variable in compiled.variables)
    given = [value or tag for value, tag in zip(values.values(), tags, strict=True)]
    open_ones = [v for v, value in zip(compiled.variables, values.values(), strict=True) if not value]
    try:
        text = compiled.render(given)
        # A value that looks like a tag is text; then the tags no longer speak for the variables.
        known = open_ones if len(TAG.findall(text)) == len(open_ones) else None
        advice = advise(text, category=category, variables=known, price_micros=price_micros)
    except TextRefused as refusal:
        return {"refusal": refusal}
    return {"advice": advice, "fixes": _fixes(advice, values), "currency": currency, "is_registered": True}


def _fixes(advice: Advice, fields: Mapping[str, str]) -> list[Fix]:
    found = []
    for better in (advice.better, advice.without_accents):
        if better is not None:
            changed = {name: _replaced(value, accents=better.changes_names) for name, value in fields.items()}
            targets = [(name, value) for name, value in changed.items() if value != fields[name]]
            found.append(Fix(better, targets))
    return found


def _replaced(value: str, *, accents: bool) -> str:
    return smart_replace(normalise_text(value), accents=accents)[0] if value else value
