"""The GSM 7-bit default alphabet and what to put in place of the characters it lacks.

Septets travel unpacked, one to an octet, as SMPP wants them. Source: 3GPP TS 23.038 section 6.2.1; for the
replacements, docs/rules.md#encoding-and-parts.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, TypedDict

ESCAPE: Final = 0x1B

# By septet, in rows of 16. The escape's own place is kept but must never be reached from a text: it would swallow
# the character after it.
BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
# These cost two septets: the escape and the one named here.
EXTENSION: Final[Mapping[str, int]] = MappingProxyType(
    {
        "\f": 0x0A,
        "^": 0x14,
        "{": 0x28,
        "}": 0x29,
        "\\": 0x2F,
        "[": 0x3C,
        "~": 0x3D,
        "]": 0x3E,
        "|": 0x40,
        "€": 0x65,
    }
)

_SINGLE: Final = "'‘’‚‛‹›′`´"
_DOUBLE: Final = '"“”„«»″'
_DASH: Final = "-–—‐‑‒−•·●"
_DROPPED: Final = "\u00ad\u200b\u200e\ufeff"
_BLANK: Final = "\u00a0\u2009\u202f\t"

REPLACEMENTS: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(_SINGLE[1:], "'")
    | dict.fromkeys(_DOUBLE[1:], '"')
    | dict.fromkeys(_DASH[1:], "-")
    | dict.fromkeys(_DROPPED, "")
    | dict.fromkeys(_BLANK, " ")
    | {"…": "...", "\u2028": "\n", "₹": "Rs ", "₨": "Rs ", "¢": "c", "™": "(TM)", "®": "(R)", "©": "(C)"}
    | {"°": " deg", "×": "x", "÷": "/", "±": "+/-", "½": "1/2", "¼": "1/4", "¾": "3/4", "²": "2", "№": "No."}
    | {"→": "->", "≤": "<=", "≥": ">=", "≠": "!=", "µ": "u", "‼": "!!", "✓": "v"}
)
# Apart, because they change people's names: only where the tenant asked for it.
ACCENTS: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys("áâã", "a")
    | dict.fromkeys("ÀÁ", "A")
    | dict.fromkeys("êë", "e")
    | dict.fromkeys("íîïı", "i")
    | dict.fromkeys("óôõ", "o")
    | dict.fromkeys("úû", "u")
    | dict.fromkeys("ýÿ", "y")
    | dict.fromkeys("šş", "s")
    | {"ç": "c", "È": "E", "œ": "oe", "Œ": "OE", "ł": "l", "ž": "z", "ğ": "g"}
)
_ALL_REPLACEMENTS: Final = {**REPLACEMENTS, **ACCENTS}

_BASIC_CHARACTERS: Final = BASIC.replace("\x1b", "")

_ENCODE: Final[dict[int, bytes]] = {
    ord(character): bytes((septet,)) for septet, character in enumerate(BASIC) if septet != ESCAPE
} | {ord(character): bytes((ESCAPE, septet)) for character, septet in EXTENSION.items()}

# For ASCII texts one table look-up in C does everything; what needs two septets or has none becomes an octet
# above 0x7F, which `isascii` finds as fast.
_ASCII_SEPTETS: Final = bytes(
    _ENCODE[octet][0] if octet in _ENCODE and len(_ENCODE[octet]) == 1 else 0xFF for octet in range(256)
)

# Octets above 0x7F are no septets; some peers send Latin-1 under data_coding 0, so they are read as that.
_DECODE: Final = BASIC + "".join(map(chr, range(0x80, 0x100)))
_ESCAPED: Final = {BASIC[septet]: character for character, septet in EXTENSION.items()} | {"\x1b": " "}

_FOREIGN: Final = re.compile(f"[^{re.escape(_BASIC_CHARACTERS + ''.join(EXTENSION))}]")
_ESCAPE_PAIR: Final = re.compile("\x1b(.?)", re.DOTALL)

# A link ends before the punctuation and the invisible marks that follow it in a sentence. It begins where no
# letter or dot stands before it, and takes its name in one piece, so that no text makes the search slow.
_LINK: Final = (
    r"(?i:(?<![a-z0-9+.-])(?:[a-z][a-z0-9+.-]*+://|www\.|(?:[a-z0-9-]++\.)++[a-z]{2,}+/))"
    r"\S*?(?=[.,;:!?)\]'\"’”»›…–—\u00ad\u200b\u200e\ufeff]*+(?:\s|\Z))"
)


def _replaceable(characters: Iterable[str]) -> re.Pattern[str]:
    # The rupee signs bring a blank of their own, so one that follows is taken with them.
    return re.compile(f"{_LINK}|(?P<character>[{re.escape(''.join(characters))}])(?:(?<=[₹₨])[ {_BLANK}])?")


_REPLACEABLE: Final = {False: _replaceable(REPLACEMENTS), True: _replaceable([*REPLACEMENTS, *ACCENTS])}


class BrowserTable(TypedDict):
    """What the segment counter in the browser needs; plain strings, numbers and dicts of them."""

    basic: str
    extension: str
    replacements: dict[str, str]
    accents: dict[str, str]


def is_gsm(text: str) -> bool:
    """Whether every character is in the basic table or its extension."""
    return _FOREIGN.search(text) is None


def ascii_septets(text: str) -> bytes | None:
    """The septets of an ASCII text that needs no escape, at the cost of two passes in C; None for any other text."""
    if not text.isascii():
        return None
    septets = text.encode("ascii").translate(_ASCII_SEPTETS)
    return septets if septets.isascii() else None


def encode_gsm(text: str) -> bytes:
    """The text in septets, one to an octet; the escape 0x1B occurs only before an extension septet.

    Raises:
        UnicodeEncodeError: a character is in neither table; ask `is_gsm` first.
    """
    septets = ascii_septets(text)
    if septets is not None:
        return septets
    return codecs.charmap_encode(text, "strict", _ENCODE)[0]  # type: ignore[arg-type]  # typeshed knows int values only


def decode_gsm(octets: bytes) -> str:
    """The text of unpacked septets; never fails, since it reads what phones and centres send.

    An escape before a septet without extension shows the basic character, two escapes are a blank, one at the
    end is dropped (TS 23.038, 6.2.1.1); octets above 0x7F are read as Latin-1.
    """
    text = codecs.charmap_decode(octets, "strict", _DECODE)[0]  # type: ignore[arg-type]  # typeshed knows dicts only
    if ESCAPE not in octets:
        return text
    return _ESCAPE_PAIR.sub(lambda pair: _ESCAPED.get(pair[1], pair[1]), text)


def foreign_characters(text: str) -> list[str]:
    """The characters that force the whole text into Unicode, each once, in order of appearance."""
    return list(dict.fromkeys(_FOREIGN.findall(text)))


def replacement_for(character: str) -> str | None:
    """What may stand for the character in GSM (the empty string: leave it out); None if nothing may."""
    return _ALL_REPLACEMENTS.get(character)


def smart_replace(text: str, *, accents: bool = False) -> tuple[str, list[tuple[str, str]]]:
    """Bring a text into GSM by harmless replacements, and say which: pairs (character, replacement), each once.

    All or nothing: a text that would still need Unicode comes back untouched, with no pairs, so that a Hindi
    message keeps its quotes. Links are never changed.

    Args:
        accents: also replace accented letters that GSM lacks; this changes names.
    """
    done: dict[str, str] = {}

    def replace(match: re.Match[str]) -> str:
        character = match["character"]
        return match[0] if character is None else done.setdefault(character, _ALL_REPLACEMENTS[character])

    replaced = _REPLACEABLE[accents].sub(replace, text)
    return (replaced, list(done.items())) if is_gsm(replaced) else (text, [])


def browser_table() -> BrowserTable:
    """The tables for the browser's segment counter, ready for JSON.

    `basic` holds the characters of one septet, `extension` those of two; everything else forces Unicode.
    """
    return {
        "basic": _BASIC_CHARACTERS,
        "extension": "".join(EXTENSION),
        "replacements": dict(REPLACEMENTS),
        "accents": dict(ACCENTS),
    }
