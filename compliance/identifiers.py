"""Ids and headers as registration portals give them: what is refused, what is only worth a second look.

The rules: docs/rules.md#dlt-identifiers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

from compliance.errors import InvalidDltId, InvalidHeader
from compliance.statuses import Portal, SenderKind

INDIA: Final = "IN"


class IdKind(StrEnum):
    """The third and fourth digit say what an id belongs to; a hint only, portals break their own rule."""

    ENTITY = "entity"
    HEADER = "header"
    TEMPLATE = "template"
    TELEMARKETER = "telemarketer"
    CONSENT = "consent template"
    LINK = "link"


_DIGITS_OF_KIND: Final = {
    IdKind.ENTITY: "01",
    IdKind.TELEMARKETER: "02",
    IdKind.CONSENT: "04",
    IdKind.LINK: "04",
    IdKind.HEADER: "05",
    IdKind.TEMPLATE: "07",
}
_PORTALS: Final = {
    "10": Portal.AIRTEL,
    "11": Portal.VI,
    "12": Portal.JIO,
    "13": Portal.TATA,
    "14": Portal.BSNL,
    "15": Portal.MTNL,
    "16": Portal.QTL,
    "17": Portal.SMARTPING,
}
# What the first digit of a promotional header says of its content.
HEADER_CATEGORIES: Final = {
    "1": "Banking, insurance, finance, cards",
    "2": "Real estate",
    "3": "Education",
    "4": "Health",
    "5": "Consumer goods and cars",
    "6": "Communication, broadcast, entertainment, IT",
    "7": "Tourism and leisure",
    "8": "Food and drink",
    "0": "Others",
}
_STRICT: Final = re.compile(r"1[0-7]0[1-9][0-9]{15}").fullmatch
_LENIENT: Final = re.compile(r"[0-9]{12,19}").fullmatch
_ROUNDED: Final = re.compile(r"[0-9.,]+\s*[eE]\s*\+?[0-9]+").fullmatch
_SEPARATORS: Final = re.compile(r"[\s'\u200b-\u200f\ufeff]+")

# The operator's and the circle's letter, the header, and since May 2025 the template's category.
_DELIVERED: Final = re.compile(r"(?:[A-Za-z]{2}-)?(?P<header>[A-Za-z0-9]{3,11})(?:-[PSTGpstg])?").fullmatch

_SHAPES: Final = {
    SenderKind.ALPHA: (re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9]{3,11}").fullmatch, "3 to 11 letters or digits"),
    SenderKind.NUMERIC: (re.compile(r"[0-9]{3,6}").fullmatch, "3 to 6 digits"),
    SenderKind.SHORT: (re.compile(r"[0-9]{3,8}").fullmatch, "3 to 8 digits"),
    SenderKind.GOVERNMENT: (re.compile(r"[A-Za-z0-9]{3,6}").fullmatch, "3 to 6 letters or digits"),
    SenderKind.LONG: (re.compile(r"[1-9][0-9]{6,14}").fullmatch, "7 to 15 digits with the country code, without +"),
}
_INDIAN: Final = (SenderKind.ALPHA, SenderKind.NUMERIC, SenderKind.GOVERNMENT)


@dataclass(frozen=True, slots=True)
class DltId:
    """A usable id and what is odd about it, in sentences."""

    value: str
    warnings: tuple[str, ...]


def parse_dlt_id(text: str, kind: IdKind) -> DltId:
    """Read an id that a person or a file gave.

    Raises:
        InvalidDltId: `invalid_dlt_id`; rounded by a spreadsheet, or not 12 to 19 digits.
    """
    value = _SEPARATORS.sub("", text)
    if _ROUNDED(value):
        raise InvalidDltId(
            "invalid_dlt_id",
            f"“{value}” is an id that a spreadsheet has rounded; its last digits are lost.",
            "Copy the id from the portal itself, or format the column as text before exporting.",
        )
    if not _LENIENT(value):
        raise InvalidDltId(
            "invalid_dlt_id",
            f"“{value[:32]}” is no {kind} id: it has 19 digits, and never less than 12.",
            f"Copy the {kind} id from the registration portal.",
        )
    return DltId(value, tuple(_oddities(value, kind)))


def _oddities(value: str, kind: IdKind) -> list[str]:
    odd = []
    if not _STRICT(value):
        odd.append("Ids usually have 19 digits, beginning with 10 to 17: compare it with the portal.")
    elif value[2:4] != _DIGITS_OF_KIND[kind]:
        odd.append(f"The ids of {kind} records usually read {_DIGITS_OF_KIND[kind]} in third and fourth place.")
    if value.endswith("0000"):
        odd.append("The id ends in 0000: a spreadsheet may have replaced its last digits. Compare it with the portal.")
    return odd


def portal_of(dlt_id: str) -> Portal:
    """The portal that an id's first two digits usually stand for; a hint for people, never a ground to refuse."""
    return _PORTALS.get(dlt_id[:2], Portal.UNKNOWN) if _LENIENT(dlt_id) else Portal.UNKNOWN


def chain_hash(entity_id: str, telemarketer_ids: Sequence[str]) -> str:
    """What operators know a chain by: SHA-256 over the ids, entity first and delivery function last, in hexadecimal."""
    return sha256(",".join((entity_id, *telemarketer_ids)).encode("ascii")).hexdigest()


def bare_header(text: str) -> str:
    """A header as it is registered, from one as handsets and receipts show it: `VM-ACMEIN-S` is `ACMEIN`."""
    shown = _DELIVERED(text.strip())
    return shown["header"] if shown else text.strip()


def header_category(header: str, kind: str) -> str:
    """What a promotional header's first digit says of its content; empty for other kinds, and for a 9."""
    return HEADER_CATEGORIES.get(header[:1], "") if kind == SenderKind.NUMERIC else ""


def suffixes(kind: str) -> str:
    """The endings that operators may write behind a header of this kind, by its templates' category."""
    return {SenderKind.NUMERIC: "-P", SenderKind.ALPHA: "-S, -T or -P", SenderKind.GOVERNMENT: "-G"}.get(
        SenderKind(kind), ""
    )


def parse_header(text: str, kind: SenderKind, country: str) -> tuple[str, tuple[str, ...]]:
    """Header and warnings. Capitals are kept: operators look headers up exactly as registered.

    In India what operators add, as in `VM-ACMEIN-S`, is taken away.

    Raises:
        InvalidHeader: `invalid_header`, the shape does not fit its kind and country.
    """
    typed = text.strip()
    header = typed.removeprefix("+") if kind is SenderKind.LONG else typed
    if country == INDIA and kind in _INDIAN:
        header = bare_header(header)
    fits, wanted = _SHAPES[kind]
    most = 6 if kind is SenderKind.ALPHA and country == INDIA else 15
    if not fits(header) or len(header) > most:
        wanted = "3 to 6 letters or digits in India" if most == 6 else wanted
        raise InvalidHeader(
            "invalid_header",
            f"“{header[:32]}” cannot be a sender of this kind: it has {wanted}.",
            "Enter it exactly as registered, without the operator's prefix (as in VM-) and ending (as in -S).",
        )
    if country != INDIA or kind not in _INDIAN:
        return header, ()
    return header, tuple(_header_oddities(typed, header, kind))


def _header_oddities(typed: str, header: str, kind: SenderKind) -> list[str]:
    odd = []
    if typed != header:
        odd.append(f"Operators add the prefix and the ending of “{typed}” themselves; the header is {header}.")
    if kind is SenderKind.ALPHA and not (len(header) == 6 and header.isalpha()):
        odd.append("Headers in India usually have six letters: compare it with the portal.")
    if kind is SenderKind.NUMERIC and (len(header) != 6 or header[0] == "9"):
        odd.append("Numeric headers usually have six digits, the first from 0 to 8: compare it with the portal.")
    return odd
