"""Which of many templates are worth trying for a text: found by their fixed text, not by trying all.

A text that matches has the template's first fixed text at its beginning, the last one at its end and all the others
between. Templates are grouped by how they begin and end; within a large group each is filed under one short piece of
its fixed text, the one that fewest others have. A text has few ends and few pieces, so few templates are looked at.
The rule is docs/rules.md#template-matching; what is left out here could never match.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from compliance.matching import CompiledTemplate

# Beginnings and ends are compared in as many characters as there are, up to the next of these lengths below.
_ENDS: Final = (0, 1, 2, 4, 8, 16)
# A piece must lie within one fixed text; templates that have none of a length are filed under a shorter one.
_PIECES: Final = (6, 3, 1)
# So few are tried faster than a text's pieces are looked up.
_SMALL: Final = 6
# Pieces are counted by their hashes, in so many counters for a template: strings would take a hundred times the memory.
_COUNTERS: Final = 32

_Ends = tuple[int, int]


class LiteralIndex:
    """Finds the templates, by their number in `templates`, that a text may come from."""

    def __init__(self, templates: Sequence[CompiledTemplate]) -> None:
        groups: dict[_Ends, dict[tuple[str, str], list[int]]] = defaultdict(lambda: defaultdict(list))
        for number, template in enumerate(templates):
            first, last = template.literals[0], template.literals[-1]
            ends = _length(first), _length(last)
            groups[ends][first[: ends[0]], last[len(last) - ends[1] :]].append(number)
        self._groups: dict[_Ends, dict[tuple[str, str], _Group]] = {
            ends: {key: _Group(numbers, templates) for key, numbers in members.items()}
            for ends, members in groups.items()
        }

    def candidates(self, text: str) -> list[int]:
        """Ascending numbers; every template that matches is among them. `text` has had its ends normalised."""
        pieces = _Pieces(text)
        found: list[int] = []
        for (begin, end), groups in self._groups.items():
            group = groups.get((text[:begin], text[len(text) - end :] if end else ""))
            if group is not None:
                group.collect(pieces, found)
        found.sort()
        return found


class _Pieces:
    """The pieces of a text by length, cut when somebody asks."""

    __slots__ = ("_sets", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._sets: dict[int, set[str]] = {}

    def of(self, length: int) -> set[str]:
        found = self._sets.get(length)
        if found is None:
            text = self._text
            found = self._sets[length] = {text[place : place + length] for place in range(len(text) - length + 1)}
        return found


class _Group:
    """Templates that begin and end alike."""

    __slots__ = ("_always", "_filed", "_keys")

    def __init__(self, numbers: list[int], templates: Sequence[CompiledTemplate]) -> None:
        self._always = numbers
        self._filed: dict[int, dict[str, list[int]]] = {}
        if len(numbers) > _SMALL:
            self._file(numbers, templates)
        # Of two sets the smaller is walked through; with the keys of a dict it would always be the text's.
        self._keys = [(length, frozenset(filed), filed) for length, filed in self._filed.items()]

    def _file(self, numbers: list[int], templates: Sequence[CompiledTemplate]) -> None:
        self._always = []
        counts = [0] * (_COUNTERS * len(numbers))
        for number in numbers:
            for piece in _pieces_of(templates[number]):
                counts[hash(piece) % len(counts)] += 1
        for number in numbers:
            pieces = _pieces_of(templates[number])
            rarest = min(pieces, key=lambda piece: counts[hash(piece) % len(counts)], default=None)
            if rarest is None:
                self._always.append(number)
            else:
                self._filed.setdefault(len(rarest), {}).setdefault(rarest, []).append(number)

    def collect(self, pieces: _Pieces, found: list[int]) -> None:
        found += self._always
        for length, keys, filed in self._keys:
            for piece in pieces.of(length) & keys:
                found += filed[piece]


def _length(literal: str) -> int:
    return _ENDS[bisect_right(_ENDS, len(literal)) - 1]


def _pieces_of(template: CompiledTemplate) -> list[str]:
    """Pieces of the greatest length that the fixed texts have; each of their characters is in one of them."""
    for length in _PIECES:
        pieces = [piece for literal in template.literals for piece in _cut(literal, length)]
        if pieces:
            return pieces
    return []


def _cut(literal: str, length: int) -> Iterator[str]:
    last = len(literal) - length
    if last < 0:
        return
    # Overlapping by half: whatever tells two templates apart lies in some piece together with what is beside it.
    for place in range(0, last, max(1, length // 2)):
        yield literal[place : place + length]
    yield literal[last:]
