"""Why a text does not match a template: the first place where they part, and the smallest forgiveness that would help.

Never decides anything: what is only tolerable is refused (docs/rules.md#template-matching, step 7).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from compliance.tags import MEANING, Slot

if TYPE_CHECKING:
    from compliance.matching import CompiledTemplate

_SHOWN: Final = 24
# Fewer characters in common are chance, and the end of the text is compared from behind instead.
_TELLING: Final = 3
_QUOTES: Final = str.maketrans(dict.fromkeys("‘’‚‛′ʼ`´", "'") | dict.fromkeys("“”„‟″", '"'))
_DASHES: Final = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))
_SPACES: Final = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u2060\u202a-\u202e]")
_RUNS: Final = re.compile(r"[ \t\n]+")


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Where a text departs from its template.

    Args:
        position: offset into the text with line ends as LF, in characters.
        expected: what is missing of the fixed text (its beginning), or the kind of value that was expected there.
        hint: one sentence for a person.
        code: `text`, `variable_too_long`, `variable_type` or `line_break`.
        difference: the first forgiveness that would make it match (`quotes`, `dashes`, `spaces`, `blanks`,
            `composition`, `punctuation`, `capitals`); empty when none does.
    """

    position: int
    expected: str
    hint: str
    code: str = "text"
    difference: str = ""


def _words_alone(text: str) -> str:
    return "".join(char for char in text if unicodedata.category(char)[0] in "LMN")


# Each step is taken on top of those before it.
_STEPS: Final[tuple[tuple[str, str, Callable[[str], str]], ...]] = (
    ("quotes", "Only the quotes or apostrophes differ.", lambda text: text.translate(_QUOTES)),
    ("dashes", "Only the kind of dash differs.", lambda text: text.translate(_DASHES)),
    (
        "spaces",
        "Only a special or invisible blank differs (a no-break space, for example).",
        lambda text: _INVISIBLE.sub("", _SPACES.sub(" ", text)),
    ),
    ("blanks", "Only the number of blanks or line breaks differs.", lambda text: _RUNS.sub(" ", text)),
    (
        "composition",
        "Only the way accents are stored differs; the letters look the same.",
        lambda text: unicodedata.normalize("NFC", text),
    ),
    ("punctuation", "Only punctuation or blanks differ; full stops and commas count.", _words_alone),
    ("capitals", "Capital and small letters differ, perhaps punctuation too.", str.casefold),
)


def explain(template: CompiledTemplate, text: str) -> Mismatch:
    """What to tell the writer of `text`, which does not match. `text` has had its ends normalised."""
    difference, hint = _difference(template, text)
    found = _departure(template, text)
    if not hint:
        return found
    hint = hint if found.code == "text" else f"{found.hint} {hint}"
    return Mismatch(found.position, found.expected, hint, found.code, difference)


def _difference(template: CompiledTemplate, text: str) -> tuple[str, str]:
    for name, hint, fold in _STEPS:
        template, text = template.with_literals(fold), fold(text)
        if template.match(text):
            return name, hint
    return "", ""


def _departure(template: CompiledTemplate, text: str) -> Mismatch:
    first, ending = template.literals[0], template.literals[-1]
    if not text.startswith(first):
        return _text(0, _common(text, first), first)
    if not template.slots:
        return Mismatch(len(first), "the end of the text", "The text goes on where the template ends.")
    # A text with another ending is judged up to the part that it shares with the template's.
    shared = min(_common(text[::-1], ending[::-1]), len(text) - len(first))
    last = len(text) - shared
    reached = template.inner_stages(text, last, is_certain=False)
    index, start = len(reached) - 1, reached[-1][0]
    literal = template.literals[index + 1]
    is_last = index == len(template.slots) - 1
    if is_last and shared < len(ending):
        place, length = _most_alike(text, ending, start)
        return _text(place, length, ending) if length >= _TELLING else _text(last, 0, ending)
    end = last if is_last else text.find(literal, start, last)
    if end < 0:
        return _text(*_most_alike(text, literal, start), literal)
    return _value(template.slots[index], text, start, end)


def _most_alike(text: str, literal: str, start: int) -> tuple[int, int]:
    """Where a fixed text that is nowhere comes closest, and how many of its characters are there."""
    # Where a beginning of the literal stands, every shorter one stands as well: the longest is found by halving.
    length = bisect_left(range(1, len(literal) + 1), True, key=lambda size: text.find(literal[:size], start) < 0)
    return text.find(literal[:length], start), length


def _value(slot: Slot, text: str, start: int, end: int) -> Mismatch:
    value = text[start:end]
    if "\n" in value:
        hint = "A variable's value stays on one line."
        return Mismatch(start + value.index("\n"), "a value on one line", hint, "line_break")
    expected = MEANING[slot.type]
    if len(value) > slot.most and slot.fits(text, start, end, len(value)):
        hint = f"The value has {len(value)} characters; {slot.most} are allowed here."
        return Mismatch(start + slot.most, f"at most {slot.most} characters", hint, "variable_too_long")
    span = slot.ends(text, start, len(text), slot.most)
    position = min(span[1], end) if span else start
    hint = f"The value “{value[:_SHOWN]}” does not fit: {expected} may stand here."
    return Mismatch(position, expected, hint, "variable_type")


def _text(place: int, shared: int, literal: str) -> Mismatch:
    """A fixed text that begins at `place` and is left after so many characters; what is missing is shown."""
    # A blank alone says nothing to a reader.
    missing = literal[shared:] if literal[shared:].strip() else literal
    shown = missing[:_SHOWN] + ("…" if len(missing) > _SHOWN else "")
    return Mismatch(place + shared, shown, f"The template has “{shown}” here; the fixed text must be the same.")


def _common(left: str, right: str) -> int:
    length = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        length += 1
    return length
