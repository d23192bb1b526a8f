"""Passcodes to neighbouring numbers: a sign that somebody makes an account send them to numbers of his own.

A periodic look at what was sent finds the runs (`compliance.services.runs`); the rule holds one against further
passcodes of the same series for a day. It is observed at first: a company's own block of numbers looks the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from compliance.levels import Level
from compliance.rules.contract import Refusal
from compliance.rules.recipient_facts import RUN_HOLDS, RecipientFacts
from compliance.rules.rule import About, Basis, LooksAt
from kernel.domain.traffic import TrafficClass

# Digits in which neighbours may differ.
SERIES_TAIL: Final = 2

RUN: Final = About(
    "number_run",
    "number_run",
    "Passcodes went to many neighbours of the recipient's number within an hour.",
    "See under Compliance, Recipients, which series these are; close their digits, or slow your sign-up form down.",
    LooksAt.RECIPIENT,
    Basis.STYLE,
    Level.OBSERVE,
)
_IN_RUN: Final = RUN.refusal("Many passcodes went to neighbours of this number within an hour.")


def judge_runs(
    facts: RecipientFacts, recipients: Sequence[str], traffic_class: TrafficClass, now: datetime
) -> Mapping[int, Refusal]:
    if traffic_class is not TrafficClass.OTP or not facts.runs:
        return {}
    standing = {series for series, at in facts.runs.items() if at > now - RUN_HOLDS}
    return {place: _IN_RUN for place, each in enumerate(recipients) if each[:-SERIES_TAIL] in standing}
