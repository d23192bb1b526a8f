"""Does a text come from a registered template? The strict answer, in time linear in the text.

Sources disagree on what operators forgive, so nothing is forgiven here; `compliance.mismatches` explains a refusal.
The steps have the numbers of docs/rules.md#template-matching.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from compliance import mismatches
from compliance.mismatches import Mismatch
from compliance.tags import CERTAIN, MEANING, TAG, Slot, Variable, VariableType, tag_type, variables_of

__all__ = ["CompiledTemplate", "Match", "Mismatch", "ValueProblem", "normalise_ends"]

_TRAILING: Final = " \t\n"
# In the order in which they count.
VALUE_PROBLEMS: Final = ("variable_missing", "variable_too_long", "variable_invalid")
_SPECIALS: Final = frozenset("_/.")


@dataclass(frozen=True, slots=True)
class Match:
    """A text that the template allows.

    Args:
        values: what stands in each slot; untyped variables without text between them share one.
        warnings: `variable_empty`, `variable_over_30`, `variable_special_character`.
    """

    values: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ValueProblem:
    """A value that its variable does not take; `code` is public."""

    code: str
    detail: str
    remedy: str
    variable: str


def normalise_ends(text: str) -> str:
    """Step 1: line ends to LF, byte order marks dropped, blanks and LF stripped at the very end. Nothing else."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\ufeff" in text:
        text = text.replace("\ufeff", "")
    return text.rstrip(_TRAILING)


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """A body ready for matching and rendering: `literals[0] slots[0] literals[1] … slots[-1] literals[-1]`.

    Args:
        pieces: the body's fixed texts around every single variable, for rendering.
        fixed: characters of fixed text; of several templates that match a text, the one with most wins.
    """

    literals: tuple[str, ...]
    slots: tuple[Slot, ...]
    variables: tuple[Variable, ...]
    pieces: tuple[str, ...]
    fixed: int
    _format: str = field(repr=False)
    _checks: tuple[tuple[int, Callable[[str], object]], ...] = field(repr=False)

    @classmethod
    def compile(cls, body: str, variables: Sequence[Variable] | None = None) -> CompiledTemplate:
        """Split a body at its tags (steps 2 and 4); anything else that begins with `{#` is fixed text.

        Args:
            variables: name, type and maximum per tag, in order; a type here goes before an untyped tag's. Left out,
                or of another number than the tags, the tags speak for themselves.
        """
        body = normalise_ends(body)
        pieces = tuple(TAG.split(body)[::2])
        declared = variables_of(body)
        if variables is not None and len(variables) == len(declared):
            declared = tuple(
                given if tag_type(tag) is VariableType.VAR else Variable(given.name, tag_type(tag), given.max)
                for tag, given in zip(TAG.findall(body), variables, strict=True)
            )
        literals, slots = _slots(pieces, declared)
        checks = tuple((variable.max, Slot.of((variable,), 0).whole.fullmatch) for variable in declared)
        template = "%s".join(piece.replace("%", "%%") for piece in pieces)
        return cls(literals, slots, declared, pieces, sum(map(len, pieces)), template, checks)

    def with_literals(self, change: Callable[[str], str]) -> CompiledTemplate:
        """The same variables between changed fixed texts: how a tolerant comparison is made."""
        literals = tuple(change(literal) for literal in self.literals)
        return CompiledTemplate(
            literals, self.slots, self.variables, self.pieces, self.fixed, self._format, self._checks
        )

    # --- matching ---------------------------------------------------------------------------------------------------

    def matches(self, text: str) -> Match | Mismatch:
        """The match, or where and why the text departs from the template."""
        return self.match(text) or self.mismatch(text)

    def mismatch(self, text: str) -> Mismatch:
        """Where and why a text that does not match departs from the template."""
        return mismatches.explain(self, normalise_ends(text))

    def match(self, text: str) -> Match | None:
        """The match or None; for searching through many templates, where nobody reads an explanation."""
        return self.match_normalised(normalise_ends(text))

    def match_normalised(self, text: str) -> Match | None:
        """`match` for a text whose ends were normalised before."""
        literals = self.literals
        if not text.startswith(literals[0]) or not text.endswith(literals[-1]):
            return None
        if not self.slots:
            return Match(()) if len(text) == len(literals[0]) else None
        ends = self._greedy(text)
        if ends is None:
            return None
        return self._match(text, ends, is_certain=True) if ends else self._split(text)

    def _greedy(self, text: str) -> list[int] | None:
        """Each fixed text at its first place: the leftmost-shortest split if its values are good, which is the rule.

        Returns the ends of the values; None when no split can exist; an empty list when another split may.
        """
        position, last = len(self.literals[0]), len(text) - len(self.literals[-1])
        ends: list[int] = []
        is_good = True
        for slot, literal in zip(self.slots[:-1], self.literals[1:-1], strict=True):
            # Places only move right from here, so what is not found now is found by no other split.
            end = text.find(literal, position + slot.shortest, last)
            if end < 0:
                return None
            is_good = is_good and slot.fits(text, position, end, slot.certain)
            ends.append(end)
            position = end + len(literal)
        if position + self.slots[-1].shortest > last:
            return None
        ends.append(last)
        slot = self.slots[-1]
        return ends if is_good and slot.fits(text, position, last, slot.certain) else []

    def _split(self, text: str) -> Match | None:
        for is_certain in (True, False):
            stages = self.stages(text, is_certain=is_certain)
            if len(stages) > len(self.slots):
                return self._match(text, self._shortest(text, stages, is_certain=is_certain), is_certain=is_certain)
        return None

    def stages(self, text: str, *, is_certain: bool) -> list[list[int]]:
        """Where each slot's value can begin, ascending; one list more, the end of the last, exactly when it matches.

        `text` begins with the first fixed text and ends with the last.
        """
        last = len(text) - len(self.literals[-1])
        if len(self.literals[0]) > last:
            return []
        stages = self.inner_stages(text, last, is_certain=is_certain)
        if len(stages) == len(self.slots):
            slot = self.slots[-1]
            ends = _reachable(slot, text, stages[-1], [last], last, _limit(slot, is_certain=is_certain))
            return [*stages, ends] if ends else stages
        return stages

    def inner_stages(self, text: str, last: int, *, is_certain: bool) -> list[list[int]]:
        """Where the values of as many slots as can be reached from the left may begin, never behind `last`."""
        stages = [[len(self.literals[0])]]
        for slot, literal in zip(self.slots[:-1], self.literals[1:-1], strict=True):
            places = list(_places(text, literal, stages[-1][0], last))
            ends = _reachable(slot, text, stages[-1], places, last, _limit(slot, is_certain=is_certain))
            if not ends:
                break
            stages.append([end + len(literal) for end in ends])
        return stages

    def _shortest(self, text: str, stages: list[list[int]], *, is_certain: bool) -> list[int]:
        """Of all splits the one whose first value is shortest, then the second, and so on: ends of the values."""
        last = stages[-1][0]
        # Ends from which the rest can be completed, found from behind; `stages` holds all that is reachable.
        good: list[list[int]] = [[last]]
        for index in range(len(self.slots) - 1, 0, -1):
            slot, limit = self.slots[index], _limit(self.slots[index], is_certain=is_certain)
            width = len(self.literals[index])
            starts = [s for s in stages[index] if _first_end(slot, text, s, last, limit, good[0]) is not None]
            good.insert(0, [start - width for start in starts])
        ends: list[int] = []
        start = stages[0][0]
        for index, slot in enumerate(self.slots):
            end = _first_end(slot, text, start, last, _limit(slot, is_certain=is_certain), good[index])
            if end is None:
                raise AssertionError("a split that exists was lost")
            ends.append(end)
            start = end + len(self.literals[index + 1])
        return ends

    def _match(self, text: str, ends: list[int], *, is_certain: bool) -> Match:
        values: list[str] = []
        start = len(self.literals[0])
        for literal, end in zip(self.literals[1:], ends, strict=True):
            values.append(text[start:end])
            start = end + len(literal)
        warnings = [] if is_certain else ["variable_over_30"]
        if "" in values:
            warnings.append("variable_empty")
        for slot, value in zip(self.slots, values, strict=True):
            if slot.type is VariableType.ALPHANUMERIC and not _SPECIALS.isdisjoint(value):
                warnings.append("variable_special_character")
        return Match(tuple(values), tuple(warnings))

    # --- rendering --------------------------------------------------------------------------------------------------

    def render(self, values: Sequence[str]) -> str:
        """The text with these values, one per variable; `check_values` says first whether they may stand there."""
        return self._format % tuple(values)

    def check_values(self, values: Sequence[str]) -> ValueProblem | None:
        """A value that is missing, else one too long, else one of the wrong kind; None when the text will match."""
        if len(values) != len(self._checks):
            return self._wrong_number(len(values))
        found: ValueProblem | None = None
        for index, (most, fullmatch) in enumerate(self._checks):
            value = values[index]
            if len(value) > most or not fullmatch(value) or "\r" in value:
                problem = _problem(self.variables[index], value)
                if found is None or VALUE_PROBLEMS.index(problem.code) < VALUE_PROBLEMS.index(found.code):
                    found = problem
        return found

    def render_column(self, columns: Sequence[Sequence[str]], count: int) -> list[str]:
        """`count` texts at once; the values by columns, one per variable, each `count` long."""
        if not columns:
            return [self.render(())] * count
        form = self._format
        return [form % row for row in zip(*columns, strict=True)]

    def check_columns(self, columns: Sequence[Sequence[str]]) -> dict[int, ValueProblem]:
        """What `check_values` says against some of the rows, by their number; columns as for `render_column`.

        Raises:
            ValueError: not one column per variable.
        """
        suspects: set[int] = set()
        for variable, (most, fullmatch), column in zip(self.variables, self._checks, columns, strict=True):
            if not _fits(variable.type, most, fullmatch, column):
                suspects.update(n for n, v in enumerate(column) if len(v) > most or not fullmatch(v) or "\r" in v)
        return {n: problem for n in suspects if (problem := self.check_values([column[n] for column in columns]))}

    def _wrong_number(self, given: int) -> ValueProblem:
        wanted = len(self.variables)
        missing = self.variables[given].name if given < wanted else ""
        code = "variable_missing" if given < wanted else "variable_invalid"
        detail = f"The template has {wanted} variables, but {given} values were given."
        return ValueProblem(code, detail, "Give exactly one value for every variable.", missing)


def _fits(kind: VariableType, most: int, fullmatch: Callable[[str], object], column: Sequence[str]) -> bool:
    """Whether all of a column are values, looked at whole where that is possible."""
    whole = "".join(column)
    if max(map(len, column), default=0) > most or "\r" in whole:
        return False
    return "\n" not in whole if kind is VariableType.VAR else all(map(fullmatch, column))


def _limit(slot: Slot, *, is_certain: bool) -> int:
    return slot.certain if is_certain else slot.most


def _slots(pieces: tuple[str, ...], variables: tuple[Variable, ...]) -> tuple[tuple[str, ...], tuple[Slot, ...]]:
    """Step 4: untyped variables without text between them become one slot."""
    literals, slots = [pieces[0]], []
    index = 0
    while index < len(variables):
        after = index + 1
        while after < len(variables) and pieces[after] == "" and _are_untyped(variables[after - 1 : after + 1]):
            after += 1
        slots.append(Slot.of(variables[index:after], index))
        literals.append(pieces[after])
        index = after
    return tuple(literals), tuple(slots)


def _are_untyped(variables: Sequence[Variable]) -> bool:
    return all(variable.type is VariableType.VAR for variable in variables)


def _places(text: str, literal: str, start: int, last: int) -> Iterator[int]:
    """Every place of a fixed text within text[start:last], ascending; overlapping ones too."""
    place = text.find(literal, start, last)
    while place >= 0:
        yield place
        place = text.find(literal, place + 1, last) if place < last else -1


def _reachable(slot: Slot, text: str, starts: list[int], places: list[int], stop: int, limit: int) -> list[int]:
    """The places at which a value that begins at one of `starts` can end."""
    # Every start reaches one stretch of the places: count stretches that open and close, and keep what is covered.
    edges = [0] * (len(places) + 1)
    for start in starts:
        span = slot.ends(text, start, stop, limit)
        if span is not None:
            edges[bisect_left(places, span[0])] += 1
            edges[bisect_right(places, span[1])] -= 1
    return [place for place, covers in zip(places, accumulate(edges), strict=False) if covers > 0]


def _first_end(slot: Slot, text: str, start: int, stop: int, limit: int, ends: list[int]) -> int | None:
    span = slot.ends(text, start, stop, limit)
    if span is None:
        return None
    index = bisect_left(ends, span[0])
    return ends[index] if index < len(ends) and ends[index] <= span[1] else None


def _problem(variable: Variable, value: str) -> ValueProblem:
    name = variable.name
    if len(value) > variable.max:
        detail = f"The value of variable {name} has {len(value)} characters; {variable.max} are allowed."
        remedy = f"Shorten the value; up to {CERTAIN} characters pass everywhere."
        return ValueProblem("variable_too_long", detail, remedy, name)
    if "\n" in value or "\r" in value:
        detail = f"The value of variable {name} has a line break, which no variable may hold."
        return ValueProblem("variable_invalid", detail, "Write the value on one line.", name)
    if not value:
        detail = f"Variable {name} has no value, and takes {MEANING[variable.type]}."
        return ValueProblem("variable_missing", detail, "Give a value for every variable.", name)
    detail = f"The value of variable {name} does not fit: it takes {MEANING[variable.type]}."
    return ValueProblem("variable_invalid", detail, "Change the value, or use a template with another variable.", name)
