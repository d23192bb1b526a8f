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

from compliance.cta import TEN, Call, CallKind, Whitelist, calls_in, is_telling, may_hold, may_hold_digits
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
    """What rules about links and of style say.

    Args:
        refusal: that of the first rule, in their order, which refuses; `place` is this rule's place.
        warnings: codes of the rules that warn.
        noted: keys of the rules that object and let it pass, warnings among them.
    """

    refusal: Refusal | None
    warnings: tuple[str, ...] = ()
    noted: tuple[str, ...] = ()
    place: int = 0

    def joined(self, other: Objection) -> Objection:
        """Both about one message: the refusal of the rule that comes first counts."""
        first, second = (other, self) if other.place < self.place else (self, other)
        if first.refusal is None:
            first, second = second, first
        return first._replace(
            warnings=tuple(dict.fromkeys((*self.warnings, *other.warnings))),
            noted=tuple(dict.fromkeys((*self.noted, *other.noted))),
        )


Judge = Callable[[Sequence[Call]], Objection]
PASSES: Final = Objection(None)


def judge_with(rules: Sequence[tuple[LinkRule, Level]], pair: Pair, whitelist: Whitelist) -> Judge:
    """The link rules of a destination as one question."""

    def judge(calls: Sequence[Call]) -> Objection:
        warnings: list[str] = []
        noted: list[str] = []
        for place, (rule, level) in enumerate(rules):
            refusal = next((found for call in calls if (found := rule.judge(call, pair, whitelist))), None)
            if refusal is None:
                continue
            if level is Level.REFUSE:
                return Objection(refusal, tuple(warnings), tuple(noted), place)
            noted.append(rule.about.key)
            if level is Level.WARN and refusal.code not in warnings:
                warnings.append(refusal.code)
        return Objection(None, tuple(warnings), tuple(noted))

    return judge


@dataclass(frozen=True, slots=True)
class Glued:
    """Values and the fixed text that touches them: `parts[0] value parts[1] … value parts[-1]`.

    Args:
        first: number of its first value among the template's.
        is_plain: the fixed text has no character of a call, so that values without one are passed over.
        is_single: one value that nothing but a blank or the end of a sentence touches.
        has_scheme: the fixed text makes a link of any value, addresses of digits included.
        bare: what ten digits in a value are: a call-back number by its type, or perhaps one; None where they are none.
    """

    first: int
    parts: tuple[str, ...]
    is_plain: bool
    is_single: bool
    has_scheme: bool
    bare: CallKind | None

    def text(self, values: Sequence[str]) -> str:
        filled = [value + part for value, part in zip(values, self.parts[1:], strict=True)]
        return self.parts[0] + "".join(filled)

    def needs_look(self, text: str) -> bool:
        """Whether its words may hold a call once the values are in them."""
        if self.bare is CallKind.NUMBER or is_telling(text):
            return True
        return self.bare is CallKind.DIGITS and may_hold_digits(text)

    def rows_to_look_at(self, columns: Sequence[Sequence[str]]) -> Sequence[int]:
        """The rows that may hold a call; whole columns at once, as most have none."""
        if self.bare is CallKind.NUMBER:
            return range(len(columns[0]))
        joined = ["\n".join(column) for column in columns]
        may_have_digits = self.bare is CallKind.DIGITS and self._may_have_digits(columns, joined)
        if not may_have_digits and not self._may_tell(columns, joined):
            return ()
        texts = columns[0] if self.is_single else [self.text(values) for values in zip(*columns, strict=True)]
        whole = joined[0] if self.is_single else "\n".join(texts)
        if not may_have_digits and not is_telling(whole):
            return ()
        return [row for row, text in enumerate(texts) if self.needs_look(text)]

    def _may_have_digits(self, columns: Sequence[Sequence[str]], joined: Sequence[str]) -> bool:
        if len(columns) == 1 and not any(char.isdigit() for part in self.parts for char in part):
            return len(max(columns[0], key=len, default="")) >= TEN and may_hold_digits(joined[0])
        return any(may_hold_digits(self.text(values)) for values in zip(*columns, strict=True))

    def _may_tell(self, columns: Sequence[Sequence[str]], joined: Sequence[str]) -> bool:
        if self.is_plain:
            return any(map(may_hold, joined))
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
                is_single = len(kinds) == 1 and not parts[0] and not tail
                has_scheme = "/" in token[0] or "@" in token[0]
                glued.append(Glued(number, parts, is_plain, is_single, has_scheme, _bare(kinds)))
            number += len(parts) - 1
        return cls(tuple(calls_in(_GLUED.sub("\n", body))), tuple(glued))

    def calls(self, values: Sequence[str]) -> list[Call]:
        """What one text's values add to the fixed calls; places are those within the words concerned."""
        found: list[Call] = []
        for each in self.glued:
            own = values[each.first : each.first + len(each.parts) - 1]
            text = each.text(own)
            if each.needs_look(text):
                found += calls_in(text, bare=each.bare)
        return found

    def judge_values(self, values: Sequence[str], judge: Judge) -> Objection:
        calls = self.calls(values)
        return judge(calls) if calls else PASSES

    def judge_columns(self, columns: Sequence[Sequence[str]], judge: Judge) -> Mapping[int, Objection]:
        """Objections by row, none for most."""
        found: dict[int, Objection] = {}
        for each in self.glued:
            own = columns[each.first : each.first + len(each.parts) - 1]
            rows = each.rows_to_look_at(own)
            for row, objection in _objections(each, own, rows, judge):
                before = found.get(row)
                found[row] = objection if before is None else before.joined(objection)
        return found


def _bare(kinds: Sequence[VariableType]) -> CallKind | None:
    if VariableType.CBN in kinds:
        return CallKind.NUMBER
    return CallKind.DIGITS if VariableType.VAR in kinds else None


def _objections(
    glued: Glued, columns: Sequence[Sequence[str]], rows: Sequence[int], judge: Judge
) -> Iterator[tuple[int, Objection]]:
    known: dict[str, Objection] = {}
    for row in rows:
        text = glued.text([column[row] for column in columns])
        objection = known.get(text)
        if objection is None:
            calls = calls_in(text, bare=glued.bare)
            objection = known[text] = judge(calls) if calls else PASSES
        if objection != PASSES:
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
