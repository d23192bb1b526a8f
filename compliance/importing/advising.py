"""The optimiser's view of a row's text, beside what the row itself has found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from compliance.advice.findings import Finding, Severity
from compliance.advice.optimiser import advise
from compliance.models import PortalImportRow
from compliance.statuses import Category
from kernel.telecom.segments import TextRefused

# Worst first, with what one and several of them are called.
_NAMES: Final = {
    Severity.ERROR: ("error", "errors"),
    Severity.WARNING: ("warning", "warnings"),
    Severity.ADVICE: ("piece of advice", "pieces of advice"),
    Severity.INFO: ("note", "notes"),
}


@dataclass(frozen=True, slots=True)
class RowAdvice:
    """What the optimiser says of a row's text that its findings do not say yet; `summary` is empty for nothing."""

    findings: tuple[Finding, ...]

    @property
    def summary(self) -> str:
        """Such as "1 warning, 2 notes"."""
        tally = Counter(finding.severity for finding in self.findings)
        return ", ".join(f"{tally[each]} {names[tally[each] > 1]}" for each, names in _NAMES.items() if tally[each])


def advice_on(row: PortalImportRow) -> RowAdvice:
    """Computed when it is looked at: a page shows few rows, and the advice is today's."""
    body = row.values.get("body", "")
    if not body.strip():
        return RowAdvice(())
    try:
        found = advise(body, category=row.values.get("category", Category.SERVICE), is_template=True).findings
    except TextRefused:
        return RowAdvice(())
    said = {finding["code"] for finding in row.findings}
    fresh = [finding for finding in found if finding.code not in said]
    return RowAdvice(tuple(sorted(fresh, key=lambda finding: list(_NAMES).index(finding.severity))))
