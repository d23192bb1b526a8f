"""Advice on texts before they are sent or registered: never decides, always says what to do."""

from __future__ import annotations

from compliance.advice.findings import Advice, Finding, Severity
from compliance.advice.optimiser import advise

__all__ = ["Advice", "Finding", "Severity", "advise"]
