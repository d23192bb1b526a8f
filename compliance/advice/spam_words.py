"""Words and phrases that operators' and phones' filters distrust. (docs/rules.md#advice)"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

_LIST: Final = Path(__file__).with_name("spam_words.csv")
_NUKTA: Final = "\u093c"


class SpamWord(NamedTuple):
    """One row of the list; `weight` is 1 to 5."""

    phrase: str
    language: str
    category: str
    weight: int
    suggestion: str


class Hit(NamedTuple):
    word: SpamWord
    start: int
    end: int


@cache
def spam_words() -> dict[str, SpamWord]:
    """The list, by phrase as it is compared."""
    with _LIST.open(encoding="utf-8", newline="") as file:
        rows = [
            SpamWord(row["word_or_phrase"], row["language"], row["category"], int(row["weight"]), row["suggestion"])
            for row in csv.DictReader(file)
        ]
    found: dict[str, SpamWord] = {}
    for row in rows:
        found.setdefault(_folded(row.phrase)[0], row)
    return found


def hits(text: str) -> list[Hit]:
    """Phrases in a text, longest first where they overlap, each phrase once; in order of place.

    Small letters, no nukta, runs of blanks as one, at the borders of words; signs such as `!!!` anywhere.
    """
    folded, places = _folded(text)
    seen: set[str] = set()
    found = []
    for start, end in _matches(folded):
        word = spam_words()[folded[start:end]]
        if word.phrase not in seen:
            seen.add(word.phrase)
            found.append(Hit(word, places[start], places[end - 1] + 1))
    return found


def _matches(folded: str) -> Iterator[tuple[int, int]]:
    phrases = _phrases()
    place = 0
    while found := phrases.search(folded, place):
        start, end = found.span()
        if _is_whole(folded, start, end):
            yield start, end
            place = end
        else:
            # A shorter phrase may stand there whole.
            shorter = next((e for e in range(end - 1, start, -1) if folded[start:e] in spam_words()), None)
            whole = shorter if shorter is not None and _is_whole(folded, start, shorter) else None
            if whole is not None:
                yield start, whole
            place = whole or start + 1


@cache
def _phrases() -> re.Pattern[str]:
    ordered = sorted(spam_words(), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, ordered)))


def _is_whole(text: str, start: int, end: int) -> bool:
    begins = start == 0 or not (_is_letter(text[start]) and _is_letter(text[start - 1]))
    return begins and (end == len(text) or not (_is_letter(text[end - 1]) and _is_letter(text[end])))


def _is_letter(char: str) -> bool:
    # Vowel signs and the virama are marks, and belong to the word.
    return unicodedata.category(char)[0] in "LMN"


def _folded(text: str) -> tuple[str, list[int]]:
    """The text as it is compared, and for each of its characters the place it came from."""
    characters: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        for part in unicodedata.normalize("NFD", char) if "\u0900" <= char <= "\u097f" else char.lower():
            if part == _NUKTA:
                continue
            folded = " " if part.isspace() else part
            if folded == " " and characters and characters[-1] == " ":
                continue
            characters.append(folded)
            places.append(place)
    return "".join(characters), places
