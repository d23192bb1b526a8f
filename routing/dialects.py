"""What receipts showed of an operator's habits, in words: learnt from counts, never from one receipt.

Pure. The counts are `routing.models.RouteDialect`; dispatchers add to them (docs/rules.md#dialects).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from kernel.smpp.message_ids import Notation, Spelling
from kernel.smpp.receipt_dates import DateForm
from kernel.smpp.receipts import STAT_WORDS

# So many receipts that agree, and so large a share of all, make a habit.
ENOUGH: Final = 50
SHARE: Final = 0.95


class Habit(StrEnum):
    """What a count is about."""

    NOTATION = "id"
    SPELLING = "spelling"
    SHAPE = "shape"
    PLACE = "place"
    MARK = "mark"
    ADDRESSES = "addresses"
    MISSING = "missing"
    DATE = "date"
    ZONE = "zone"
    CLOCK = "clock"
    PROGRESS = "progress"
    PARTS = "parts"
    REPEATS = "repeats"


class Place(StrEnum):
    TEXT = "text"
    PARAMETERS = "parameters"
    BOTH = "both, different"


class Repeat(StrEnum):
    SAME = "same end"
    OTHER = "another end"


class Parts(StrEnum):
    EACH = "each"
    ONE = "one for all"


MARKED, UNMARKED = "marked", "unmarked"
SWAPPED, STRAIGHT = "swapped", "as sent"
NOTHING: Final = "nothing"


class Count(NamedTuple):
    """`value` of a habit, in so many receipts; the sample has no number of a person."""

    habit: str
    value: str
    receipts: int
    first_at: datetime
    last_at: datetime
    sample: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One habit. `agreeing` of `total` receipts show it; `others` are the other values in words."""

    title: str
    sentence: str
    agreeing: int
    total: int
    others: list[tuple[str, int]]
    first_at: datetime
    last_at: datetime
    sample: str

    @property
    def is_learnt(self) -> bool:
        return is_learnt(self.agreeing, self.total)


@dataclass(frozen=True, slots=True)
class Summary:
    """All that a route's page says. `progress`, `strange`: words that end nothing, known and not, with receipts."""

    findings: list[Finding]
    suggestions: list[str]
    progress: list[tuple[str, int]]
    strange: list[tuple[str, int]]
    repeated: int
    contradicted: int

    def __bool__(self) -> bool:
        return bool(self.findings or self.progress or self.strange or self.repeated or self.contradicted)


def is_learnt(agreeing: int, total: int) -> bool:
    return agreeing >= ENOUGH and agreeing >= SHARE * total


def summary(counts: Iterable[Count], settings: Mapping[str, Any]) -> Summary:
    """
    Args:
        settings: the route's.
    """
    given = list(counts)
    words = tallies(given, Habit.PROGRESS).items()
    repeats = tallies(given, Habit.REPEATS)
    return Summary(
        findings(given),
        suggestions(given, settings),
        [(word, receipts) for word, receipts in words if word in STAT_WORDS],
        [(word, receipts) for word, receipts in words if word not in STAT_WORDS],
        repeats.get(Repeat.SAME, 0),
        repeats.get(Repeat.OTHER, 0),
    )


def findings(counts: Iterable[Count]) -> list[Finding]:
    """In the order of Habit; of each the value seen most often. Progress and repetitions are no alternatives, and are
    told apart (`tallies`)."""
    by_habit: dict[str, list[Count]] = {}
    for count in counts:
        by_habit.setdefault(count.habit, []).append(count)
    return [
        _finding(habit, sorted(by_habit[habit], key=lambda count: -count.receipts))
        for habit in Habit
        if habit in by_habit and habit in _TITLES
    ]


def tallies(counts: Iterable[Count], habit: Habit) -> dict[str, int]:
    """Value → receipts, the most first."""
    found = {count.value: count.receipts for count in counts if count.habit == habit}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def suggestions(counts: Iterable[Count], settings: Mapping[str, Any]) -> list[str]:
    """Settings of the route that the counts speak for."""
    given = list(counts)
    ended = sum(tallies(given, Habit.NOTATION).values())
    accepted = tallies(given, Habit.PROGRESS).get("ACCEPTD", 0)
    parts = tallies(given, Habit.PARTS)
    found = []
    if not settings.get("accepted_is_final") and accepted >= ENOUGH and accepted >= SHARE * (accepted + ended):
        found.append("The operator stops at ACCEPTD. Its receipts end messages once “ACCEPTD is the last word” is set.")
    if not settings.get("one_receipt") and is_learnt(parts.get(Parts.ONE, 0), sum(parts.values())):
        found.append(
            "One receipt comes for all parts of a long text. It ends messages once “One receipt for all parts” is set."
        )
    return found


def _finding(habit: str, counts: list[Count]) -> Finding:
    first = counts[0]
    return Finding(
        title=_TITLES[habit],
        sentence=_sentence(habit, first.value),
        agreeing=first.receipts,
        total=sum(count.receipts for count in counts),
        others=[(_sentence(habit, count.value), count.receipts) for count in counts[1:]],
        first_at=min(count.first_at for count in counts),
        last_at=max(count.last_at for count in counts),
        sample=first.sample,
    )


# -- words

_TITLES: Final[Mapping[str, str]] = {
    Habit.NOTATION: "Notation of ids",
    Habit.SPELLING: "Spelling of ids",
    Habit.SHAPE: "Shape of ids",
    Habit.PLACE: "Place of the id",
    Habit.MARK: "Marking",
    Habit.ADDRESSES: "Addresses",
    Habit.MISSING: "Missing fields",
    Habit.DATE: "Form of dates",
    Habit.ZONE: "Zone of dates",
    Habit.CLOCK: "Clock",
    Habit.PARTS: "Long texts",
}
_SENTENCES: Final[Mapping[tuple[str, str], str]] = {
    (Habit.NOTATION, Notation.SAME): "Receipts have the id of the answer.",
    (Habit.NOTATION, Notation.DECIMAL): "The operator writes ids in decimal where its answers had hexadecimal.",
    (Habit.NOTATION, Notation.HEXADECIMAL): "The operator writes ids in hexadecimal where its answers had decimal.",
    (Habit.SPELLING, Spelling.SAME): "Zeros and letters are as in the answer.",
    (Habit.SPELLING, Spelling.ZEROS_ADDED): "Zeros are put in front.",
    (Habit.SPELLING, Spelling.ZEROS_REMOVED): "Zeros in front are left out.",
    (Habit.SPELLING, Spelling.CAPITALS): "Small letters become capitals.",
    (Habit.SPELLING, Spelling.SMALL_LETTERS): "Capitals become small letters.",
    (Habit.SPELLING, Spelling.OTHER): "Quotes or blanks come or go.",
    (Habit.PLACE, Place.TEXT): "The id stands in the text.",
    (Habit.PLACE, Place.PARAMETERS): "There is no text: id and state are parameters, 0x001E and 0x0427.",
    (Habit.PLACE, Place.BOTH): "Text and parameter 0x001E name different ids.",
    (Habit.MARK, MARKED): "esm_class says that they are receipts.",
    (Habit.MARK, UNMARKED): "esm_class does not say that they are receipts; their keys do.",
    (Habit.ADDRESSES, SWAPPED): "The recipient is the source, as the standard says.",
    (Habit.ADDRESSES, STRAIGHT): "The recipient is the destination, as in the submit.",
    (Habit.MISSING, NOTHING): "No field of the standard's form is missing.",
    (Habit.DATE, DateForm.MISSING): "There is no date.",
    (Habit.DATE, DateForm.ZEROS): "Dates are zeros.",
    (Habit.DATE, DateForm.OTHER): "Dates have a form nobody knows.",
    (Habit.DATE, DateForm.EPOCH): "Dates are seconds since 1970.",
    (Habit.ZONE, "+00:00"): "Dates are in UTC.",
    (Habit.CLOCK, "0"): "The clock is right to the minute.",
    (Habit.PARTS, Parts.ONE): "One receipt comes for all parts of a long text.",
    (Habit.PARTS, Parts.EACH): "Each part of a long text has its receipt.",
}
_PATTERNS: Final[Mapping[str, str]] = {
    Habit.SHAPE: "Ids have {}.",
    Habit.MISSING: "These fields are missing: {}.",
    Habit.DATE: "Dates are written as {}.",
    Habit.ZONE: "Dates are in UTC{}.",
    Habit.CLOCK: "The clock is ahead by {} minutes.",
}


def _sentence(habit: str, value: str) -> str:
    if habit == Habit.CLOCK and value.startswith("-"):
        return f"The clock is behind by {value[1:]} minutes."
    known = _SENTENCES.get((habit, value))
    return known if known is not None else _PATTERNS.get(habit, "{}").format(value)
