"""The rules every message passes, whichever door it came through."""

from __future__ import annotations

from compliance.rules.consent import STANDING_SQL
from compliance.rules.contract import DltIds, Refusal, Ruling, Subject
from compliance.rules.screening import Screening

__all__ = ["STANDING_SQL", "DltIds", "Refusal", "Ruling", "Screening", "Subject"]
