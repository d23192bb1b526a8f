from __future__ import annotations

from datetime import date
from typing import ClassVar, Final

from compliance.rules.contract import Pair, Refusal
from compliance.rules.in_.words import COUNTRY
from compliance.rules.rule import About, LooksAt, PairRule
from compliance.rules.style import names_way_out
from compliance.statuses import Category

# The amendment of 12 February 2025 was in force in all its parts sixty days later (docs/rules.md#the-way-out).
SINCE: Final = date(2025, 4, 13)
# In small letters; those of Indian scripts are stems, which many forms share.
WORDS: Final = (
    "stop", "opt out", "opt-out", "optout", "unsub", "dnd", "1909", "band kar", "बंद", "बन्द", "रोक",
    "सदस्यता समाप्त", "थांब",
    "நிறுத்த", "ఆపు", "ఆపండి", "ఆపివే", "বন্ধ", "બંધ", "ನಿಲ್ಲಿಸ", "നിർത്ത", "ਬੰਦ", "ବନ୍ଦ", "بند",
)  # fmt: skip


class WayOutSaid(PairRule):
    about: ClassVar = About(
        "optout_text_required",
        "optout_text_missing",
        "A promotional text registered since 13 April 2025 does not say how to opt out.",
        "Add a way out, such as “STOP to 12345”, and register the text again.",
        LooksAt.PAIR,
    )

    def judge(self, pair: Pair) -> Refusal | None:
        template = pair.template
        if template is None or template.category != Category.PROMOTIONAL or template.registered(COUNTRY) < SINCE:
            return None
        return None if names_way_out(template.body, WORDS) else self.about.refusal()
