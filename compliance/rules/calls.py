"""What a template's texts call their readers to: its fixed text judged once, values only where they may hold a call.

Whatever stands without a blank between value and fixed text is looked at as one: `acme.in` before a variable and
`.evil.com` in it are a link to `acme.in.evil.com`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from compliance.cta import Call, Whitelist, calls_in, is_telling, may_hold
from compliance.matching import CompiledTemplate
from compliance.rules.contract import Pair, Refusal
from compliance.rules.rule import Level, LinkRule
from compliance.tags import Variable, VariableType

# Stands for a value; of no alphabet, and taken out of the fixed text first.
_MARK: Final = "\x00"
_GLUED: Final = re.compile(rf"\S*{_MARK}\S*")
_HARMLESS_END: Final = ".,;:!?)"
_DIGITS_ONLY: Final = (VariableType.NUMERIC,)


class Objection(NamedTuple):
    """What the link rules say about some calls: the first refusal, and the codes of warnings before it."""

    refusal: Refusal | None
    warnings: tuple[str, ...] = ()


Judge = Callable[[Sequence[Call]], Objection]
PASSES: Final = Objection(None)


def judge_with(rules: Sequence[tuple[LinkRule, Level]], pair: Pair, whitelist: Whitelist) -> Judge:
    """The link rules of a destination as one question."""

    def judge(calls: Sequence[Call]) -> Objection:
        warnings: list[str] = []
        for call in calls:
            for rule, level in rules:
                refusal = rule.judge(call, pair, whitelist) if level is not Level.OBSERVE else None
                if refusal is not None and level is Level.REFUSE:
                    return Objection(refusal, tuple(warnings))
                if refusal is not None and refusal.code not in warnings:
                    warnings.append(refusal.code)
        return Objection(None, tuple(warnings))

    return judge


@dataclass(frozen=True, slots=True)
class Glued:
    """Values and the fixed text that touches them: `parts[0] value parts[1] … value parts[-1]`.

    Args:
        first: number of its first value among the template's.
        is_plain: the fixed text has no character of a call, so that values without one are passed over.
        has_scheme: the fixed text makes a link of any value, addresses of digits included.
        bare_numbers: a value is a call-back number by its type.
    """

    first: int
    parts: tuple[str, ...]
    is_plain: bool
    has_scheme: bool
    bare_numbers: bool

    def text(self, values: Sequence[str]) -> str:
        filled = [value + part for value, part in zip(values, self.parts[1:], strict=True)]
        return self.parts[0] + "".join(filled)

    def needs_look(self, values: Sequence[str]) -> bool:
        return self.bare_numbers or is_telling(self.text(values))

    def columns_need_look(self, columns: Sequence[Sequence[str]]) -> bool:
        """Whether any row may; whole columns at once."""
        if self.bare_numbers:
            return True
        if self.is_plain:
            return any(may_hold("\n".join(column)) for column in columns)
        # Behind "Rs." stand amounts; digits alone make no link with anything.
        return self.has_scheme or not all("".join(column).replace(".", "").isdigit() for column in columns)


@dataclass(frozen=True)
class CallPlan:
    """Where a template's texts can call their reader to something."""

    fixed: tuple[Call, ...]
    glued: tuple[Glued, ...]

    @classmethod
    def of(cls, pieces: Sequence[str], variables: Sequence[Variable]) -> CallPlan:
        """Args: pieces: fixed texts around the values, one more than these; variables: the first one in each value."""
        body = _MARK.join(piece.replace(_MARK, " ") for piece in pieces)
        glued, number = [], 0
        for token in _GLUED.finditer(body):
            parts = tuple(token[0].split(_MARK))
            kinds = [variables[number + index].type for index in range(len(parts) - 1)]
            tail = parts[-1].rstrip(_HARMLESS_END)
            is_plain = not any(map(may_hold, (*parts[:-1], tail)))
            if not (is_plain and all(kind in _DIGITS_ONLY for kind in kinds)):
                has_scheme = "/" in token[0] or "@" in token[0]
                glued.append(Glued(number, parts, is_plain, has_scheme, VariableType.CBN in kinds))
            number += len(parts) - 1
        return cls(tuple(calls_in(_GLUED.sub("\n", body))), tuple(glued))

    def calls(self, values: Sequence[str]) -> list[Call]:
        """What one text's values add to the fixed calls; places are those within the words concerned."""
        found: list[Call] = []
        for each in self.glued:
            own = values[each.first : each.first + len(each.parts) - 1]
            if each.needs_look(own):
                found += calls_in(each.text(own), bare_numbers=each.bare_numbers)
        return found

    def judge_values(self, values: Sequence[str], judge: Judge) -> Objection:
        calls = self.calls(values)
        return judge(calls) if calls else PASSES

    def judge_columns(self, columns: Sequence[Sequence[str]], judge: Judge) -> Mapping[int, Objection]:
        """Objections by row, none for most."""
        found: dict[int, Objection] = {}
        for each in self.glued:
            own = columns[each.first : each.first + len(each.parts) - 1]
            if not each.columns_need_look(own):
                continue
            for row, objection in _rows(each, own, judge):
                before = found.get(row, PASSES)
                warnings = tuple(dict.fromkeys((*before.warnings, *objection.warnings)))
                found[row] = Objection(before.refusal or objection.refusal, warnings)
        return found


def _rows(glued: Glued, columns: Sequence[Sequence[str]], judge: Judge) -> Iterator[tuple[int, Objection]]:
    known: dict[tuple[str, ...], Objection] = {}
    for row, values in enumerate(zip(*columns, strict=True)):
        if not glued.needs_look(values):
            continue
        objection = known.get(values)
        if objection is None:
            calls = calls_in(glued.text(values), bare_numbers=glued.bare_numbers)
            objection = known[values] = judge(calls) if calls else PASSES
        if objection is not PASSES and (objection.refusal or objection.warnings):
            yield row, objection


@dataclass(frozen=True)
class TemplateCalls:
    """One template's plans: values come one per variable when it is rendered, one per slot when a text matched it."""

    compiled: CompiledTemplate

    @cached_property
    def by_variables(self) -> CallPlan:
        return CallPlan.of(self.compiled.pieces, self.compiled.variables)

    @cached_property
    def by_slots(self) -> CallPlan:
        variables = self.compiled.variables
        return CallPlan.of(self.compiled.literals, [variables[slot.first] for slot in self.compiled.slots])

    @property
    def fixed(self) -> tuple[Call, ...]:
        return self.by_slots.fixed
