"""From what people and spreadsheets put into a cell to bare digits.

The order of the steps matters: compatibility folding turns a superscript into a digit, so those are refused before
it; a decimal point must go before grouping commas are judged. All of it: docs/rules.md#numbers.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from kernel.telecom.number_refusals import NumberReason

# Longer cells are not read at all: a pasted page must not cost time.
LONGEST_CELL: Final = 100

_WRAPPING: Final = " '\"`´’‘“”"
_LABEL: Final = re.compile(
    r"[^\W\d_][^\d+:]{0,29}: *"
    r"|(?:(?:mobile|mob|telephone|tel|phone|ph|cell|contact|whatsapp|number|no)(?![a-z])[ .#-]*)+",
    re.IGNORECASE,
)
_SCIENTIFIC: Final = re.compile(r"\+?([0-9]+)(?:[.,]([0-9]*))?E\+?([0-9]{1,3})", re.IGNORECASE)
_ZERO_FRACTION: Final = re.compile(r"(\+?[0-9][0-9, -]*)\.0+")
_GROUPED: Final = re.compile(r"\+?[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}")
_EXTENSION: Final = re.compile(r"[0-9)][ .,;-]*(?:x|ext(?:n|ension)?|#|;ext=)[ .:]*[0-9]{1,7}", re.IGNORECASE)
_SEVERAL: Final = re.compile(r"[0-9][ )-]*(?:[/,;|&\\+]|\b(?:or|and)\b)[ (+-]*[0-9]", re.IGNORECASE)
_SEPARATORS: Final = str.maketrans("", "", " ().[]-")
_DIGITS: Final = re.compile(r"\+?[0-9]+")


def bare_digits(cell: str) -> str | NumberReason:
    """The digits of the one number in the cell, with a leading plus where there is one; else why there is none.

    Whether such a number exists is not judged here.
    """
    if len(cell) > LONGEST_CELL:
        return NumberReason.TOO_LONG
    plain = cell if cell.isascii() else _folded(cell)
    if plain is None:
        return NumberReason.MALFORMED
    plain = _unwrapped(" ".join(plain.split()))
    exact = _without_exponent(plain)
    if isinstance(exact, NumberReason):
        return exact
    exact = _without_grouping(exact)
    return _flaw(exact) or _compact(exact)


def _folded(cell: str) -> str | None:
    # None if a digit is raised, circled or a fraction: it is not part of the number, yet folding would make it one.
    if any(unicodedata.category(character) == "No" for character in cell):
        return None
    return "".join(map(_plain, unicodedata.normalize("NFKC", cell)))


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf":
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    return "-" if category == "Pd" or character == "−" else character


def _unwrapped(plain: str) -> str:
    plain = plain.strip(_WRAPPING).removeprefix("=").strip(_WRAPPING)
    label = _LABEL.match(plain)
    return plain[label.end() :] if label else plain


def _without_exponent(plain: str) -> str | NumberReason:
    scientific = _SCIENTIFIC.fullmatch(plain.replace(" ", ""))
    if scientific is None:
        return plain
    whole, fraction, exponent = scientific[1], scientific[2] or "", int(scientific[3])
    if exponent > len(fraction):
        return NumberReason.PRECISION_LOST
    digits, rest = whole + fraction[:exponent], fraction[exponent:]
    return NumberReason.MALFORMED if rest.strip("0") else digits


def _without_grouping(plain: str) -> str:
    fraction = _ZERO_FRACTION.fullmatch(plain)
    whole = fraction[1] if fraction else plain
    return whole.replace(",", "") if _GROUPED.fullmatch(whole) else whole


def _flaw(plain: str) -> NumberReason | None:
    if _EXTENSION.search(plain):
        return NumberReason.HAS_EXTENSION
    if _SEVERAL.search(plain):
        return NumberReason.SEVERAL_NUMBERS
    if any(map(str.isalpha, plain)):
        return NumberReason.HAS_LETTERS
    return None


def _compact(plain: str) -> str | NumberReason:
    compact = plain.translate(_SEPARATORS)
    if not compact:
        return NumberReason.EMPTY
    return compact if _DIGITS.fullmatch(compact) else NumberReason.MALFORMED
