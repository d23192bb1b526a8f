"""The operator's message id in all its notations.

Centres that grew out of SMPP 3.3 answer submit_sm with a hexadecimal id and write a decimal one into the receipt, or
the reverse; others add zeros, quotes or change the case. So an id is stored under one normalised key, and a receipt is
looked up by a few candidates of that key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

_DECIMAL: Final = re.compile(r"[0-9]+")
_HEXADECIMAL: Final = re.compile(r"[0-9a-f]+")
_PADDING: Final = " \t\r\n\0\"'"
# message_id is C65 (3.4 section 5.2.23); converting longer digit strings would only burn time on hostile input.
_MAX_DIGITS: Final = 64


def normalise_id(raw: str) -> str:
    """The key to store and index: without padding and quotes, lower case, no leading zeros; `0` for zeros alone.

    Empty when nothing is left: such a message can never be matched with a receipt.
    """
    if raw.isalnum() and raw[0] != "0" and raw.isascii():
        return raw.lower()  # as most centres count: nothing to take off
    text = raw.strip(_PADDING).lower()
    # Zeros and padding together: behind a stripped zero more padding may show, and the key of a key must be itself.
    return text.lstrip("0" + _PADDING) or ("0" if text else "")


def id_candidates(raw: str) -> tuple[str, ...]:
    """Normalised keys a message may be stored under when its receipt says `raw`, the likeliest first.

    The key itself, then decimal read as number and written in hexadecimal, then hexadecimal written in decimal.
    Integers have no bound: ids of 18 digits and more are common.
    """
    key = normalise_id(raw)
    if not key:
        return ()
    found = [key]
    if len(key) <= _MAX_DIGITS:
        if _DECIMAL.fullmatch(key):
            found.append(f"{int(key):x}")
        if _HEXADECIMAL.fullmatch(key):
            found.append(str(int(key, 16)))
    return tuple(dict.fromkeys(found))


class Notation(StrEnum):
    """How an id in a receipt is written, compared with the answer to the submit."""

    SAME = "same"
    DECIMAL = "decimal"  # where the answer had hexadecimal
    HEXADECIMAL = "hexadecimal"  # where the answer had decimal


def notation_of(told: str, stored: str) -> Notation | None:
    """What leads from the key of a receipt's id to the key it was stored under; None when nothing known does."""
    return next((notation for notation, read in READERS.items() if read(told) == stored), None)


def _to_hexadecimal(raw: str) -> str:
    key = normalise_id(raw)
    return f"{int(key):x}" if len(key) <= _MAX_DIGITS and _DECIMAL.fullmatch(key) else key


def _to_decimal(raw: str) -> str:
    key = normalise_id(raw)
    return str(int(key, 16)) if len(key) <= _MAX_DIGITS and _HEXADECIMAL.fullmatch(key) else key


READERS: Final[Mapping[Notation, Callable[[str], str]]] = {
    Notation.SAME: normalise_id,
    Notation.DECIMAL: _to_hexadecimal,
    Notation.HEXADECIMAL: _to_decimal,
}
"""From an id as a receipt has it to the key it was stored under, for an operator of this notation."""


class Spelling(StrEnum):
    """What else differs between the id of an answer and of its receipt."""

    SAME = "same"
    ZEROS_ADDED = "zeros added"
    ZEROS_REMOVED = "zeros removed"
    CAPITALS = "capitals"
    SMALL_LETTERS = "small letters"
    OTHER = "other"


def spelling_of(told: str, answered: str) -> Spelling:
    """Of two ids with one key, as they were written."""
    if told == answered:
        return Spelling.SAME
    if told.lower() == answered.lower():
        return Spelling.CAPITALS if told.upper() == told else Spelling.SMALL_LETTERS
    if told.lstrip("0").lower() == answered.lstrip("0").lower():
        return Spelling.ZEROS_ADDED if len(told) > len(answered) else Spelling.ZEROS_REMOVED
    return Spelling.OTHER


def shape_of(key: str) -> str:
    """What the key of an id looks like, in words: "10 digits"."""
    if _DECIMAL.fullmatch(key):
        return f"{len(key)} digits"
    if _HEXADECIMAL.fullmatch(key):
        return f"{len(key)} hexadecimal digits"
    return f"{len(key)} characters"
