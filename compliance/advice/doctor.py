"""The template doctor: from a text that was refused, or several like it, to a template that would let it pass.

Pure. What varies becomes a variable of the strictest kind that takes every value seen; what is new stays fixed text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from compliance.matching import CompiledTemplate, Mismatch, normalise_ends
from compliance.tags import MAXIMUM, TAG, VariableType, patterns

# The vowel signs of Indian scripts are no \w, and belong to their words.
_TOKEN: Final = re.compile(
    r"\{#[a-z]+#\}|(?:https?://|www\.)[^\s]*[^\s.,;!?)]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|[\w\u0300-\u036f\u0900-\u0dff]+|\s|."
)
_STRICTEST: Final = (
    VariableType.NUMERIC,
    VariableType.EMAIL,
    VariableType.URL,
    VariableType.CBN,
    VariableType.ALPHANUMERIC,
)
_SLOT: Final = "{#var#}"
# Between two values these join rather than separate: 1,200 and Asha Rao are one value each.
_JOINTS: Final = frozenset(" ,./-:")
_AROUND: Final = 60


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong with a text, and a template that would take it.

    Args:
        mismatch: from the nearest template; None when it matches, or when there is none.
        before, after: the text around the first difference.
        proposed: body of a template to be registered; it matches every text that was given when `is_exact`.
    """

    mismatch: Mismatch | None
    before: str
    after: str
    proposed: str
    is_exact: bool


def diagnose(text: str, *, samples: Sequence[str] = (), nearest: CompiledTemplate | None = None) -> Diagnosis:
    """Compare a text with the nearest template, and propose one that takes it and the samples.

    Args:
        samples: more texts of the same kind; where they differ from the text stands a variable.
    """
    text = normalise_ends(text)
    others = [sample for each in samples if (sample := normalise_ends(each))]
    mismatch = nearest.mismatch(text) if nearest is not None and nearest.match(text) is None else None
    proposed = _typed(_body(text, others, nearest), [text, *others])
    compiled = CompiledTemplate.compile(proposed)
    before = after = ""
    if mismatch is not None:
        start = max(0, mismatch.position - _AROUND)
        before = ("…" if start else "") + text[start : mismatch.position]
        after = text[mismatch.position : mismatch.position + _AROUND]
    is_exact = all(compiled.match(each) is not None for each in (text, *others))
    return Diagnosis(mismatch, before, after, proposed, is_exact)


def _body(text: str, others: Sequence[str], nearest: CompiledTemplate | None) -> str:
    """The text with `{#var#}` for what varies, or for what looks like a value."""
    tokens = _tokens(text)
    if others:
        for sample in others:
            tokens = _common(tokens, _tokens(sample))
        return _joined(tokens)
    if nearest is not None:
        body = _joined(_filled_in(_tokens(_SLOT.join(nearest.pieces)), tokens))
        if CompiledTemplate.compile(body).match(text) is not None:
            return body
    return _joined(_guessed(tokens))


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text)


def _common(skeleton: Sequence[str], sample: Sequence[str]) -> list[str]:
    """What both have; a variable where they part or where there was one."""
    found: list[str] = []
    for step, a, b, _, _ in SequenceMatcher(None, skeleton, sample, autojunk=False).get_opcodes():
        found += skeleton[a:b] if step == "equal" else [_SLOT]
    return found


def _filled_in(template: Sequence[str], text: Sequence[str]) -> list[str]:
    """The text's words, with a variable wherever the template has one."""
    found: list[str] = []
    for step, a, b, c, d in SequenceMatcher(None, template, text, autojunk=False).get_opcodes():
        if step == "equal":
            found += text[c:d]
        elif _SLOT in template[a:b]:
            found += _around_slots(template[a:b], text[c:d])
        else:
            found += _guessed(text[c:d])
    return found


def _around_slots(template: Sequence[str], text: Sequence[str]) -> list[str]:
    """A stretch with variables: as many words before the first and after the last of them as the template has."""
    head = template.index(_SLOT)
    tail = len(template) - 1 - max(place for place, token in enumerate(template) if token == _SLOT)
    if head + tail > len(text):
        return [_SLOT]
    return [*_guessed(text[:head]), _SLOT, *_guessed(text[len(text) - tail :])]


def _guessed(tokens: Sequence[str]) -> list[str]:
    """A variable for whatever looks like a value: anything with a digit, links and addresses."""
    return [_SLOT if _is_value(token) else token for token in tokens]


def _is_value(token: str) -> bool:
    return any(char.isdigit() for char in token) or (len(token) > 1 and ("://" in token or "@" in token))


def _joined(tokens: Sequence[str]) -> str:
    """One body; variables with nothing but a joint between them become one."""
    kept: list[str] = []
    for token in tokens:
        if token == _SLOT and kept and kept[-1] == _SLOT:
            continue
        if token == _SLOT and len(kept) > 1 and kept[-1] in _JOINTS and kept[-2] == _SLOT:
            kept.pop()
            continue
        kept.append(token)
    return "".join(kept)


def _typed(body: str, texts: Sequence[str]) -> str:
    """The body with the strictest kind for each variable that takes the values of all texts."""
    matches = [match for text in texts if (match := CompiledTemplate.compile(body).match(text)) is not None]
    if len(matches) < len(texts):
        return body
    kinds = iter([_strictest([match.values[place] for match in matches]) for place in range(len(matches[0].values))])
    typed = TAG.sub(lambda _: f"{{#{next(kinds)}#}}", body)
    # A stricter kind may leave no split where the untyped one had several.
    return typed if all(CompiledTemplate.compile(typed).match(text) for text in texts) else body


def _strictest(values: Sequence[str]) -> VariableType:
    for kind in _STRICTEST:
        whole = patterns(kind)[1]
        if all(len(value) <= MAXIMUM[kind] and whole.fullmatch(value) and _is_plain(kind, value) for value in values):
            return kind
    return VariableType.VAR


def _is_plain(kind: VariableType, value: str) -> bool:
    """Not a value that one portal alone takes, nor a number with a point that only looks like a host."""
    if kind is VariableType.ALPHANUMERIC:
        return not any(char in "_/." for char in value)
    if kind is VariableType.URL:
        return re.search(r"\.[A-Za-z]{2,}", value) is not None
    return kind is not VariableType.CBN or sum(char.isdigit() for char in value) >= 10
