"""From facts about people to the figures of a list: sums that fit a row, whatever the length of the list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Final

from campaigns.hygiene.facts import Facts, Line, allotment_of
from campaigns.hygiene.statuses import SUGGESTED_AT
from routing.lookups.contract import LineType, LookupStatus

_MONTH: Final = timedelta(days=30)
_QUARTER: Final = timedelta(days=90)
_USABLE: Final = frozenset({Line.MOBILE, Line.EITHER})
_TOLD: Final = {LineType.MOBILE: Line.MOBILE, LineType.LANDLINE: Line.LANDLINE, LineType.OTHER: Line.OTHER}


@dataclass(slots=True)
class Counts:
    """People of a list by what is known of them.

    Args:
        dead: failed for good three times, or absent by look-up.
        unwilling: opted out, or blocked by preference.
        proven: delivered within 90 days, or live by look-up.
        suspicious: see Facts.is_suspicious; `to_look_up` and `suspicious_to_look_up` have no answer that is fresh.
        rows, repeats: of the imports into the list.
    """

    people: int = 0
    usable: int = 0
    dead: int = 0
    unwilling: int = 0
    proven: int = 0
    opted_out: int = 0
    blocked: int = 0
    failed_for_good: int = 0
    looked_up: int = 0
    absent: int = 0
    ported: int = 0
    suspicious: int = 0
    to_look_up: int = 0
    suspicious_to_look_up: int = 0
    rows: int = 0
    repeats: int = 0
    lines: Counter[str] = field(default_factory=Counter)
    countries: Counter[str] = field(default_factory=Counter)
    operators: Counter[str] = field(default_factory=Counter)
    circles: Counter[str] = field(default_factory=Counter)
    lately: Counter[str] = field(default_factory=Counter)

    def add(self, facts: Iterable[Facts], *, now: datetime, fresh_from: datetime) -> None:
        """
        Args:
            fresh_from: answers of look-ups from before are old.
        """
        for each in facts:
            self._add(each, now, fresh_from)

    def _add(self, each: Facts, now: datetime, fresh_from: datetime) -> None:
        allotment = allotment_of(each.phone)
        line = _TOLD.get(LineType(each.line_type), allotment.line) if each.line_type else allotment.line
        is_absent = each.status == LookupStatus.ABSENT
        is_failing = each.failures >= SUGGESTED_AT
        when = _when(each, now)
        self.people += 1
        self.usable += line in _USABLE and not is_absent
        self.dead += is_absent or is_failing
        self.unwilling += each.is_opted_out or each.is_blocked
        self.proven += each.status == LookupStatus.LIVE or when in ("month", "quarter")
        self.opted_out += each.is_opted_out
        self.blocked += each.is_blocked
        self.failed_for_good += is_failing
        self.lines[line] += 1
        self.countries[allotment.country] += 1
        self.operators[allotment.operator] += 1
        self.circles[each.circle or ""] += 1
        self.lately[when] += 1
        self._add_look_up(each, is_absent, fresh_from)

    def _add_look_up(self, each: Facts, is_absent: bool, fresh_from: datetime) -> None:
        self.looked_up += each.status is not None
        self.absent += is_absent
        self.ported += bool(each.is_ported)
        is_old = each.looked_up_at is None or each.looked_up_at < fresh_from
        self.suspicious += each.is_suspicious
        self.to_look_up += is_old
        self.suspicious_to_look_up += is_old and each.is_suspicious

    def as_json(self) -> dict[str, Any]:
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: dict(value) if isinstance(value, Counter) else value for name, value in values.items()}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Counts:
        known = {each.name for each in fields(cls)} & row.keys()
        given: dict[str, Any] = {
            name: Counter(row[name]) if isinstance(row[name], dict) else row[name] for name in known
        }
        return cls(**given)


def _when(each: Facts, now: datetime) -> str:
    """When something was last delivered: month, quarter, older; else undelivered, or never when nothing was sent."""
    if each.delivered_at is not None:
        age = now - each.delivered_at
        return "month" if age <= _MONTH else "quarter" if age <= _QUARTER else "older"
    return "undelivered" if each.sent else "never"
