"""Operators' scrub refusals mapped back to the rules here that would have caught them.

Each is a gap: the operator knew something that the register here does not say, or says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from compliance.rules.catalogue import pipeline
from compliance.rules.rule import About
from kernel.domain.catalogue import explain

# Code of the operator's refusal → keys of rules, the nearest first.
RULES_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "dlt_entity": ("entity_missing",),
    "dlt_entity_inactive": ("entity_inactive",),
    "dlt_chain": (),  # the dispatcher's own check, by route: chain_missing
    "dlt_header": ("header_not_registered", "sender_unknown"),
    "dlt_header_inactive": ("header_inactive",),
    "dlt_template": ("text_matches", "template_not_registered"),
    "dlt_template_inactive": ("template_inactive",),
    "dlt_header_unlinked": ("template_not_linked_on_portal",),
    "dlt_variable": ("variable_too_long",),
    "dlt_preference": ("preference_blocked",),
    "dlt_hours": ("promotional_hours",),
    "dlt_consent": ("consent_missing",),
    "dlt_category": ("header_category_mismatch",),
    "dlt_links": ("cta_not_whitelisted",),
}


class Gap(NamedTuple):
    """One kind of refusal by operators.

    Args:
        rules: of ours that would have caught it, had they known what the operator knows.
    """

    code: str
    sentence: str
    remedy: str
    rules: tuple[About, ...]


def gap_of(code: str) -> Gap:
    """In words; `code` is a key of RULES_OF."""
    known = {each.about.key: each.about for each in pipeline()}
    told = explain(code)
    return Gap(code, told.sentence, told.remedy, tuple(known[key] for key in RULES_OF[code] if key in known))
