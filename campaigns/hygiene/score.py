"""One figure for a list before it is written to, and what it is made of (docs/rules.md#list-hygiene)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

from campaigns.hygiene.counting import Counts


class _Rule(NamedTuple):
    code: str
    label: str
    most: int
    # At this share every point of the part is lost.
    limit: float
    remedy: str


RULES: Final = (
    _Rule("usable", "Numbers that can get texts", 30, 0.20, "Ask these people for a mobile number, or take them off."),
    _Rule("alive", "Numbers that still exist", 30, 0.10, "Remove the numbers that failed for good."),
    _Rule("willing", "People who want messages", 20, 0.25, "Take off who opted out; they are not written to anyway."),
    _Rule("proven", "Proven addresses", 10, 1.00, "Look up the numbers that nothing was delivered to for long."),
    _Rule("tidy", "Tidy files", 10, 0.50, "Clean the file at its source: the same numbers come again and again."),
)


@dataclass(frozen=True, slots=True)
class Part:
    """`points` of `most`; `people` of `of` count against the list."""

    code: str
    label: str
    points: int
    most: int
    people: int
    of: int
    remedy: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def parts_of(counts: Counts) -> list[Part]:
    """The parts of the score; an empty list has lost nothing."""
    people = counts.people
    against = {
        "usable": (people - counts.usable, people),
        "alive": (counts.dead, people),
        "willing": (counts.unwilling, people),
        "proven": (people - counts.proven, people),
        "tidy": (counts.repeats, counts.rows),
    }
    return [_part(rule, *against[rule.code]) for rule in RULES]


def score_of(parts: Sequence[Part]) -> int:
    """0 to 100."""
    return sum(part.points for part in parts)


def tone_of(score: int) -> str:
    """How a page shows it."""
    return "ok" if score >= 80 else "wait" if score >= 50 else "bad"


def _part(rule: _Rule, people: int, of: int) -> Part:
    share = people / of if of else 0.0
    points = round(rule.most * (1 - min(1.0, share / rule.limit)))
    # A rounded part never hides that somebody counts against the list.
    if people and points == rule.most:
        points -= 1
    return Part(rule.code, rule.label, points, rule.most, people, of, rule.remedy if people else "")
