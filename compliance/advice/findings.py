"""What an adviser answers; plain values, ready for pages, the API and rules of a tenant's own style."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """In rising order; only what no portal takes is an error."""

    INFO = "info"
    ADVICE = "advice"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark.

    Args:
        code: stable; the list is docs/rules.md#advice.
        span: first and last-plus-one character in the normalised text; None when it concerns all of it.
        weight: how much it adds to the spam score, 0 for most.
    """

    code: str
    severity: Severity
    sentence: str
    remedy: str
    span: tuple[int, int] | None = None
    weight: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "severity": self.severity.value,
            "sentence": self.sentence,
            "remedy": self.remedy,
            "start": self.span[0] if self.span else None,
            "end": self.span[1] if self.span else None,
        }


@dataclass(frozen=True, slots=True)
class Replacement:
    """A character that forces Unicode: every place of it, and what may stand there (None: nothing may)."""

    character: str
    places: tuple[int, ...]
    by: str | None
    is_accent: bool

    @property
    def code_point(self) -> str:
        return f"U+{ord(self.character):04X}"


@dataclass(frozen=True, slots=True)
class Better:
    """A text that says the same in the short alphabet.

    Args:
        saved_micros: for one message, at the price that was given; None without one.
        changes_names: accented letters were changed as well, which may be letters of a name.
    """

    text: str
    characters: int
    parts: int
    saved_parts: int
    saved_micros: int | None
    changes_names: bool


@dataclass(frozen=True, slots=True)
class Advice:
    """Everything about one text.

    Args:
        text: as it is counted and sent; spans point into it.
        units: septets or 16-bit code units.
        worst_parts: parts when every variable has its longest value; None for a text without variables.
        price_micros: of one message as it stands; None when no price was given.
        foreign: the characters that force Unicode, in order of appearance.
        better: replacements that keep every name, and those that change accents; None where nothing is gained.
        spam_score: sum of the weights of the findings.
    """

    text: str
    encoding: str
    units: int
    parts: int
    room: int
    worst_parts: int | None
    price_micros: int | None
    foreign: tuple[Replacement, ...]
    better: Better | None
    without_accents: Better | None
    spam_score: int
    findings: tuple[Finding, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "encoding": self.encoding,
            "units": self.units,
            "parts": self.parts,
            "room": self.room,
            "worst_parts": self.worst_parts,
            "price_micros": self.price_micros,
            "spam_score": self.spam_score,
            "foreign": [
                {"character": f.character, "code_point": f.code_point, "positions": list(f.places), "replacement": f.by}
                for f in self.foreign
            ],
            "better": _better_json(self.better),
            "without_accents": _better_json(self.without_accents),
            "findings": [finding.as_json() for finding in self.findings],
        }


def _better_json(better: Better | None) -> dict[str, Any] | None:
    if better is None:
        return None
    return {
        "text": better.text,
        "parts": better.parts,
        "saved_parts": better.saved_parts,
        "saved_micros": better.saved_micros,
    }
