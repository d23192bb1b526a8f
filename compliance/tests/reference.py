"""Template matching by the definition, as plainly as it can be written: slow, and used to check the fast one."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from compliance.tags import Variable, VariableType

_TAG: Final = re.compile(r"\{#(?:var|numeric|number|alphanumeric|url|urlott|cbn|email)#\}")
_FORMS: Final = {
    VariableType.URL: r"(?:https?://)?[^\s./?#@:]{1,63}\.[^\s./?#@:]\S*",
    VariableType.CBN: r"\+?[0-9][0-9 -]{3,}",
    VariableType.EMAIL: r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+",
}
FIXED: Final = ("", "", "a", "b", " ", ", ", "ab", ".", "a.b", "@", "\n", "1", "क", "'", "aa")
CHARACTERS: Final = "aab1 .,@क#-\n"
TAGS: Final = (VariableType.VAR, VariableType.VAR, *VariableType)
SAMPLES: Final = ("", "a", "b", "12", "1", "a.b", "x.in/a", "a@b.in", "1800", "a b", "ab", "aab", "क", "1 1-1")


def allows(variable: Variable, value: str) -> bool:
    """Whether the value may stand for the variable."""
    if len(value) > variable.max or "\n" in value:
        return False
    match variable.type:
        case VariableType.VAR:
            return True
        case VariableType.NUMERIC:
            return value != "" and all(char in "0123456789" for char in value)
        case VariableType.ALPHANUMERIC:
            return value != "" and all(unicodedata.category(char)[0] in "LMN" or char in " _/." for char in value)
        case VariableType.URLOTT:
            return re.fullmatch(_FORMS[VariableType.URL], value, re.IGNORECASE) is not None
        case kind:
            return re.fullmatch(_FORMS[kind], value, re.IGNORECASE) is not None


def split_of(body: str, variables: Sequence[Variable], text: str) -> list[str] | None:
    """The leftmost-shortest split of a text, one value per variable; None when there is none."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").rstrip(" \n\t")
    pieces = _TAG.split(body.rstrip(" \n\t"))
    hopeless: set[tuple[int, int]] = set()

    def rest(number: int, start: int) -> list[str] | None:
        if number == len(variables):
            return [] if start == len(text) else None
        if (number, start) in hopeless:
            return None
        piece = pieces[number + 1]
        for end in range(start, len(text) + 1):
            if text.startswith(piece, end) and allows(variables[number], text[start:end]):
                values = rest(number + 1, end + len(piece))
                if values is not None:
                    return [text[start:end], *values]
        hopeless.add((number, start))
        return None

    return rest(0, len(pieces[0])) if text.startswith(pieces[0]) else None


def pairs(seed: int, count: int) -> Iterator[tuple[str, list[Variable], list[str]]]:
    """Templates with twenty texts each: rendered, spoilt in a character, and random; `count` pairs in all."""
    chance = random.Random(seed)
    for _ in range(count // 20):
        kinds = chance.choices(TAGS, k=chance.randrange(4))
        variables = [Variable(str(n), kind, chance.choice((2, 4, 9, 40))) for n, kind in enumerate(kinds)]
        pieces = chance.choices(FIXED, k=len(kinds) + 1)
        body = pieces[0] + "".join(f"{{#{v.type}#}}{p}" for v, p in zip(variables, pieces[1:], strict=True))
        yield body, variables, [_text(chance, pieces) for _ in range(20)]


def _text(chance: random.Random, pieces: Sequence[str]) -> str:
    text = pieces[0] + "".join(chance.choice(SAMPLES) + piece for piece in pieces[1:])
    dice = chance.random()
    if dice < 0.4:
        return text
    if dice < 0.8 and text:
        place = chance.randrange(len(text))
        return text[:place] + chance.choice(CHARACTERS) + text[place + chance.randrange(2) :]
    return "".join(chance.choices(CHARACTERS, k=chance.randrange(12)))
