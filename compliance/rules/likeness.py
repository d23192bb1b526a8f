"""Which template the writer of a text probably meant: the one with most of its words, in order.

Only for explanations, so a bound on the time matters more than the last bit of judgement.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from compliance.matching import CompiledTemplate

# Not \w: the vowel signs of Indian scripts belong to their words.
_WORD: Final = re.compile(r"[^\s.,;:!?()\"'‘’“”…–—-]+")
# Entries of the index that are looked at, rarest words first, and templates that are compared word by word.
_BUDGET: Final = 2_000
_COMPARED: Final = 24


class LikenessIndex:
    """Ranks templates by the words they share with a text."""

    def __init__(self, templates: Sequence[CompiledTemplate]) -> None:
        self._templates = templates
        self._by_word: dict[str, array[int]] = {}
        for number, template in enumerate(templates):
            for word in dict.fromkeys(_words(template.literals)):
                self._by_word.setdefault(word, array("I")).append(number)

    def nearest(self, text: str) -> int:
        """Number of the template most like the text; the first where nothing is alike."""
        words = _words((text,))
        shortlist = self._shortlist(words)
        places = _places(words)
        return max(shortlist, key=lambda number: (self._likeness(number, places, len(words)), -number), default=0)

    def _shortlist(self, words: Sequence[str]) -> list[int]:
        entries = [found for word in dict.fromkeys(words) if (found := self._by_word.get(word)) is not None]
        entries.sort(key=len)
        votes: Counter[int] = Counter()
        left = _BUDGET
        for entry in entries:
            votes.update(entry[:left])
            left -= len(entry)
            if left <= 0:
                break
        return [number for number, _ in votes.most_common(_COMPARED)]

    def _likeness(self, number: int, places: dict[str, int], count: int) -> int:
        """Twice the words in common and in order, less those the template has beyond: the one left out counts."""
        own = _words(self._templates[number].literals)
        return 2 * _common_in_order(own, places, count) - len(own)


def _words(texts: Iterable[str]) -> list[str]:
    return [word for text in texts for word in _WORD.findall(text.casefold())]


def _places(words: Sequence[str]) -> dict[str, int]:
    """Each word's places as bits."""
    found: dict[str, int] = {}
    for place, word in enumerate(words):
        found[word] = found.get(word, 0) | 1 << place
    return found


def _common_in_order(words: Iterable[str], places: dict[str, int], count: int) -> int:
    """Length of the longest common subsequence, a row of the table in one number (Crochemore and others, 2001)."""
    every = (1 << count) - 1
    row = every
    for word in words:
        at = places.get(word, 0)
        row = (row + (row & at) | row & ~at) & every
    return count - row.bit_count()
