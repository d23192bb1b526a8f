"""What a portal or an operator will say about a template, before it is sent there. (docs/rules.md#template-bodies)"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from compliance.matching import CompiledTemplate, normalise_ends
from compliance.statuses import Category
from compliance.tags import MEANING, TAG, VariableType, variables_of

MOST_CHARACTERS: Final = 2000
MOST_VARIABLES: Final = 3
LEAST_FIXED: Final = 0.3
_BROKEN_TAG: Final = re.compile(r"\{#(?!(?:var|numeric|number|alphanumeric|url|urlott|cbn|email)#\})[^}]{0,20}\}?")
_DOUBLE_BLANK: Final = re.compile(r"  +")
WAY_OUT: Final = re.compile(r"\b(?:stop|opt[ -]?out|unsub\w*|dnd|1909)\b|बंद करें|रोकने|सदस्यता समाप्त", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hint:
    """One remark on a body.

    Args:
        is_error: it cannot be submitted with this; otherwise it is advice.
        position: offset into the body, or None when it concerns all of it.
    """

    code: str
    sentence: str
    is_error: bool = False
    position: int | None = None


@dataclass(frozen=True, slots=True)
class _Draft:
    body: str
    category: str
    compiled: CompiledTemplate


def lint(body: str, category: str) -> list[Hint]:
    """Every remark on a body, errors first, then in order of place."""
    draft = _Draft(body, category, CompiledTemplate.compile(body))
    hints = [hint for rule in _RULES for hint in rule(draft)]
    return sorted(hints, key=lambda hint: (not hint.is_error, hint.position or 0))


def _empty_or_long(draft: _Draft) -> Iterator[Hint]:
    if not normalise_ends(draft.body).strip():
        yield Hint("empty_text", "The template has no text.", is_error=True)
    if len(draft.body) > MOST_CHARACTERS:
        sentence = f"The text has {len(draft.body)} characters; portals take {MOST_CHARACTERS}."
        yield Hint("text_too_long", sentence, is_error=True, position=MOST_CHARACTERS)


def _broken_tags(draft: _Draft) -> Iterator[Hint]:
    for found in _BROKEN_TAG.finditer(draft.body):
        sentence = (
            f"“{found[0]}” is no variable: write {{#var#}} or one of {{#numeric#}}, {{#url#}} …, in small letters."
        )
        yield Hint("broken_tag", sentence, is_error=True, position=found.start())


def _only_variables(draft: _Draft) -> Iterator[Hint]:
    variables, fixed = len(draft.compiled.variables), draft.compiled.fixed
    if not variables:
        return
    if not "".join(draft.compiled.pieces).strip():
        yield Hint("no_fixed_text", "A template needs fixed text beside its variables.", is_error=True, position=0)
        return
    most = sum(min(variable.max, 30) for variable in draft.compiled.variables)
    if fixed / (fixed + most) < LEAST_FIXED:
        yield Hint("little_fixed_text", "Less than 30 % of the text is fixed; portals may ask why.")


def _number_of_variables(draft: _Draft) -> Iterator[Hint]:
    count = len(draft.compiled.variables)
    if count > MOST_VARIABLES:
        yield Hint("many_variables", f"{count} variables: more than {MOST_VARIABLES} need a reason on the portal.")
    if count == 0 and draft.category in (Category.SERVICE, Category.TRANSACTIONAL):
        yield Hint("no_variable", "Service and transactional templates are usually refused without a variable.")


def _neighbours(draft: _Draft) -> Iterator[Hint]:
    tags = list(TAG.finditer(draft.body))
    for left, right in pairwise(tags):
        if left.end() == right.start():
            sentence = "Two variables without text between them: some portals refuse that."
            yield Hint("adjacent_variables", sentence, position=right.start())
    body = normalise_ends(draft.body)
    if tags and body.endswith(tags[-1][0]):
        sentence = "The variable is last; end with fixed text, such as the name of your brand."
        yield Hint("variable_last", sentence, position=tags[-1].start())


def _untyped(draft: _Draft) -> Iterator[Hint]:
    if any(variable.type is VariableType.VAR for variable in variables_of(draft.body)):
        typed = ", ".join(f"{{#{kind}#}} ({MEANING[kind]})" for kind in VariableType if kind is not VariableType.VAR)
        yield Hint("variable_untagged", f"New registrations ask for typed variables: {typed}.")


def _characters(draft: _Draft) -> Iterator[Hint]:
    for found in _DOUBLE_BLANK.finditer(draft.body):
        yield Hint("double_blank", "Two blanks in a row are refused or lost on portals.", position=found.start())
    for char in "<>":
        if char in draft.body:
            yield Hint("angle_bracket", f"Portals do not take “{char}”.", position=draft.body.index(char))
    if unicodedata.normalize("NFC", draft.body) != draft.body:
        sentence = "Some accents are stored as separate marks; type them again, or messages may not match the template."
        yield Hint("not_composed", sentence)


def _promotion(draft: _Draft) -> Iterator[Hint]:
    if draft.category == Category.PROMOTIONAL and not WAY_OUT.search(draft.body):
        yield Hint("optout_text_missing", "A promotional text has to say how to opt out.")


_RULES: Final[tuple[Callable[[_Draft], Iterator[Hint]], ...]] = (
    _empty_or_long,
    _broken_tags,
    _only_variables,
    _number_of_variables,
    _neighbours,
    _untyped,
    _characters,
    _promotion,
)
