"""The rules every message passes, whichever door it came through."""

from __future__ import annotations

from compliance.rules.columns import pick
from compliance.rules.content import GivenValues, ordered, refusal_of_number
from compliance.rules.contract import DltIds, Passed, Refusal, Ruling, Subject, Values, Window
from compliance.rules.screening import Screening

__all__ = [
    "DltIds",
    "GivenValues",
    "Passed",
    "Refusal",
    "Ruling",
    "Screening",
    "Subject",
    "Values",
    "Window",
    "ordered",
    "pick",
    "refusal_of_number",
]
