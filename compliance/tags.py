"""The variable tags of a DLT template: what each kind of value may hold, and for how many characters.

The rules: docs/rules.md#template-bodies and docs/rules.md#template-matching.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import groupby
from typing import Final

TAG: Final = re.compile(r"\{#(var|numeric|number|alphanumeric|url|urlott|cbn|email)#\}")
# One registered value holds 30 characters for certain; a newer reading of the rule lets 40 pass.
CERTAIN: Final = 30


class VariableType(StrEnum):
    VAR = "var"
    NUMERIC = "numeric"
    ALPHANUMERIC = "alphanumeric"
    URL = "url"
    URLOTT = "urlott"
    CBN = "cbn"
    EMAIL = "email"


MAXIMUM: Final[Mapping[VariableType, int]] = {
    VariableType.VAR: 40,
    VariableType.NUMERIC: 30,
    VariableType.ALPHANUMERIC: 40,
    VariableType.URL: 256,
    VariableType.URLOTT: 256,
    VariableType.CBN: 16,
    VariableType.EMAIL: 64,
}
MEANING: Final[Mapping[VariableType, str]] = {
    VariableType.VAR: "any text on one line",
    VariableType.NUMERIC: "digits only",
    VariableType.ALPHANUMERIC: "letters, digits and blanks",
    VariableType.URL: "a link",
    VariableType.URLOTT: "a link to an app",
    VariableType.CBN: "a call-back number",
    VariableType.EMAIL: "an e-mail address",
}


def tag_type(tag: str) -> VariableType:
    """The type a tag's word stands for; two words mean digits."""
    return VariableType.NUMERIC if tag == "number" else VariableType(tag)


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of a template, in the order of the tags.

    Args:
        name: what forms, columns and API call it.
        max: characters (code points) of its value.
    """

    name: str
    type: VariableType = VariableType.VAR
    max: int = MAXIMUM[VariableType.VAR]

    def as_json(self) -> dict[str, object]:
        return {"name": self.name, "type": self.type.value, "max": self.max}

    @classmethod
    def from_json(cls, row: Mapping[str, object]) -> Variable:
        kind = VariableType(str(row["type"]))
        return cls(str(row["name"]), kind, int(str(row.get("max") or MAXIMUM[kind])))


def variables_of(body: str) -> tuple[Variable, ...]:
    """The variables a body's own tags declare, named by their number from 1."""
    kinds = [tag_type(tag) for tag in TAG.findall(body)]
    return tuple(Variable(str(number), kind, MAXIMUM[kind]) for number, kind in enumerate(kinds, 1))


# A value of each type is a head, the least it must begin with, and then as much of its run as there is: every end
# between the two is a value as well. That property is what keeps matching linear.
_HEADS: Final[Mapping[VariableType, str]] = {
    VariableType.VAR: r"",
    VariableType.NUMERIC: r"[0-9]",
    VariableType.URL: r"(?:[hH][tT][tT][pP][sS]?://)?[^\s./?#@:]{1,63}\.[^\s./?#@:]",
    VariableType.CBN: r"\+?[0-9][0-9 \-]{3}",
    VariableType.EMAIL: r"[^@\s]{1,64}@[^@\s]+?\.[^@\s]",
}
_RUNS: Final[Mapping[VariableType, str]] = {
    VariableType.VAR: r"[^\n]",
    VariableType.NUMERIC: r"[0-9]",
    VariableType.URL: r"[^\s]",
    VariableType.CBN: r"[0-9 \-]",
    VariableType.EMAIL: r"[^@\s]",
}
SHORTEST: Final[Mapping[VariableType, int]] = {
    VariableType.VAR: 0,
    VariableType.NUMERIC: 1,
    VariableType.ALPHANUMERIC: 1,
    VariableType.URL: 3,
    VariableType.URLOTT: 3,
    VariableType.CBN: 4,
    VariableType.EMAIL: 5,
}


@cache
def _alphanumeric() -> str:
    """A class of letters, marks, digits of every script and blanks; one portal takes `_`, `/` and `.` besides."""
    # \w knows letters and numbers; the vowel signs of Indian scripts are marks, which it leaves out.
    marks = [number for number in range(sys.maxunicode + 1) if unicodedata.category(chr(number))[0] == "M"]
    ranges = [list(run) for _, run in groupby(enumerate(marks), key=lambda pair: pair[1] - pair[0])]
    spans = "".join(f"{chr(run[0][1])}-{chr(run[-1][1])}" for run in ranges)
    return rf"[\w ./{spans}]"


@cache
def patterns(kind: VariableType) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Compiled head and whole value (head and run) of a type."""
    if kind is VariableType.ALPHANUMERIC:
        head = run = _alphanumeric()
    else:
        base = VariableType.URL if kind is VariableType.URLOTT else kind
        head, run = _HEADS[base], _RUNS[base]
    return re.compile(head), re.compile(f"{head}{run}*")


@dataclass(frozen=True, slots=True)
class Slot:
    """Where values stand between two pieces of fixed text: one variable, or untyped ones without text between.

    Args:
        first: index of its first variable.
        count: how many variables it holds.
        certain: characters that pass everywhere.
        most: characters that may pass; equal to `certain` for typed variables.
    """

    type: VariableType
    first: int
    count: int
    certain: int
    most: int
    shortest: int
    head: re.Pattern[str]
    whole: re.Pattern[str]

    @classmethod
    def of(cls, variables: tuple[Variable, ...], first: int) -> Slot:
        kind = variables[0].type
        most = sum(variable.max for variable in variables)
        is_open = kind is VariableType.VAR
        certain = sum(min(variable.max, CERTAIN) for variable in variables) if is_open else most
        head, whole = patterns(kind)
        return cls(kind, first, len(variables), certain, most, SHORTEST[kind], head, whole)

    def fits(self, text: str, start: int, end: int, limit: int) -> bool:
        """Whether text[start:end] is a value of at most `limit` characters."""
        return end - start <= limit and self.whole.fullmatch(text, start, end) is not None

    def ends(self, text: str, start: int, stop: int, limit: int) -> tuple[int, int] | None:
        """Earliest and latest end of a value that begins at `start`; every end between is good too."""
        stop = min(stop, start + limit)
        head = self.head.match(text, start, stop)
        whole = self.whole.match(text, start, stop)
        return (head.end(), whole.end()) if head and whole else None
