"""What stands in the cells of an export, understood or refused; nothing is guessed."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from compliance.importing.fields import fold, latin
from compliance.statuses import Category, LinkKind, PortalCategory, PortalState, Tenure
from kernel.tables.cells import plain_text


@dataclass(frozen=True, slots=True)
class Finding:
    """A remark on a row; with `is_refusal` the row is not taken."""

    code: str
    sentence: str
    remedy: str
    is_refusal: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


_STATES: Final = {
    PortalState.ACTIVE: ("registered", "approved", "active", "verified", "whitelisted"),
    PortalState.PENDING: ("pending", "submitted", "inprogress", "underreview", "inprocess"),
    PortalState.REJECTED: ("rejected",),
    PortalState.SUSPENDED: ("suspended", "inactive", "deactivated", "expired"),
    PortalState.BLACKLISTED: ("blacklisted", "blocked"),
    PortalState.RETIRED: ("surrendered", "freepool", "deleted", "retired"),
    PortalState.REVOKED: ("revoked",),
    PortalState.CLOSED: ("closed",),
    PortalState.DRAFT: ("draft",),
    PortalState.ADDED: ("added",),
    PortalState.DECLINED: ("declined",),
    PortalState.AWAITING_TM: ("awaitingtelemarketers", "pendingwithtm"),
    PortalState.AWAITING_PE: ("awaitingtheentity", "pendingwithpe"),
}
STATE_OF: Final = {word: state for state, words in _STATES.items() for word in words}
CATEGORY_OF: Final = {
    "transactional": (PortalCategory.TRANSACTIONAL, Category.TRANSACTIONAL),
    "service": (PortalCategory.SERVICE, Category.SERVICE),
    "serviceimplicit": (PortalCategory.SERVICE_IMPLICIT, Category.SERVICE),
    "implicit": (PortalCategory.SERVICE_IMPLICIT, Category.SERVICE),
    # Dropped in 2025: what was explicit counts as promotional since.
    "serviceexplicit": (PortalCategory.SERVICE_EXPLICIT, Category.PROMOTIONAL),
    "explicit": (PortalCategory.SERVICE_EXPLICIT, Category.PROMOTIONAL),
    "promotional": (PortalCategory.PROMOTIONAL, Category.PROMOTIONAL),
    "government": (PortalCategory.GOVERNMENT, Category.GOVERNMENT),
    "govt": (PortalCategory.GOVERNMENT, Category.GOVERNMENT),
}
_KINDS: Final = {
    LinkKind.STATIC: ("static", "staticurl", "staticlink", "url"),
    LinkKind.DYNAMIC: ("dynamic", "dynamicurl", "dynamiclink"),
    LinkKind.SHORT: ("short", "shorturl", "shortlinkwithheader"),
    LinkKind.APK: ("apk", "ipa", "appfileapkipa", "app"),
    LinkKind.OTT: ("ott", "ottlink", "apporottlink", "urlott"),
    LinkKind.WHATSAPP: ("whatsapp",),
    LinkKind.MOBILE: ("mobile", "mobilenumber"),
    LinkKind.LANDLINE: ("landline", "landlinenumber"),
    LinkKind.TOLLFREE: ("tollfree", "tollfreenumber"),
    LinkKind.SERIES: ("series", "140or160seriesnumber", "140series", "160series"),
    LinkKind.EMAIL: ("email", "emailaddress", "emailid"),
}
KIND_OF: Final = {word: kind for kind, words in _KINDS.items() for word in words}
TENURE_OF: Final = {"permanent": Tenure.PERMANENT, "temporary": Tenure.TEMPORARY}

_SAID_BY: Final = re.compile(r"\b(?:via|by|on)\b", re.IGNORECASE)
_BREAK: Final = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ENTITY: Final = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_SMART: Final = re.compile("[\u2018\u2019\u201c\u201d\u2013\u2014\u2026]")
_INDIAN_FIRST: Final = re.compile(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:\D.*)?$", re.DOTALL)
_ISO: Final = re.compile(r"^(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?$", re.DOTALL)
# Joiners shape the letters of Indian scripts: there they are spelling, elsewhere they are dirt.
_JOINERS: Final = "\u200c\u200d"


def cell_text(raw: str) -> str:
    """A cell without what surrounds it: blanks, and the apostrophe that keeps a spreadsheet from calculating."""
    return plain_text(raw.replace("\0", "").strip()).strip()


def read_date(text: str) -> date | None:
    """A day in India in one of three notations: 31-12-2026, 31/12/2026, 2026-12-31; a time behind it is ignored.

    Raises:
        ValueError: no such day.
    """
    if not text:
        return None
    if found := _ISO.match(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := _INDIAN_FIRST.match(text):
        return date(int(found[3]), int(found[2]), int(found[1]))
    raise ValueError(text)


def read_body(raw: str) -> tuple[str, list[Finding]]:
    """A template's text: line breaks and escapes of the web undone, everything else letter by letter."""
    text = plain_text(raw.replace("\0", "")).replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    plain = html.unescape(_BREAK.sub("\n", text)) if _BREAK.search(text) or _ENTITY.search(text) else text
    findings = []
    if plain != text:
        findings.append(
            Finding(
                "escapes_undone",
                "The text was escaped for a web page (as in &amp; or <br>); that was undone.",
                "Compare it with the portal, letter by letter.",
            )
        )
    findings += _oddities(plain)
    return plain, findings


def _oddities(text: str) -> Iterator[Finding]:
    hidden = next(hidden_characters(text), None)
    if hidden is not None:
        name = unicodedata.name(text[hidden], f"U+{ord(text[hidden]):04X}").lower()
        yield Finding(
            "hidden_character",
            f"Character {hidden + 1} is invisible ({name}); it was kept.",
            "If the portal's text does not have it, remove it in the file: messages would not match.",
        )
    if smart := _SMART.search(text):
        yield Finding(
            "smart_quote",
            f"Character {smart.start() + 1} is “{smart[0]}”, as word processors write it; it was kept.",
            "Messages have to contain the same character, and are sent as Unicode, 70 characters a part.",
        )


def hidden_characters(text: str) -> Iterator[int]:
    """Places of characters that nobody sees; joiners between letters of Indian scripts are none."""
    for place, char in enumerate(text):
        if unicodedata.category(char) != "Cf":
            continue
        before = text[place - 1] if place else ""
        if char in _JOINERS and before >= "\u0900":
            continue
        yield place


def read_header(text: str) -> tuple[str, Finding | None]:
    """A header as it is seen, and what is odd about it.

    Letters of other scripts that only look like Latin ones refuse it; what nobody sees cannot be part of a header.
    """
    visible = "".join(char for char in text if unicodedata.category(char) != "Cf")
    if visible.isascii() and visible == text:
        return visible, None
    if visible.isascii():
        return visible, Finding(
            "hidden_character",
            f"The header “{visible}” was written with invisible characters; they were left out.",
            "Nothing, if it is so on the portal; headers have letters and digits only.",
        )
    wanted = latin(visible)
    return visible, Finding(
        "lookalike_letters",
        f"The header “{visible}” has letters that look like Latin ones and are not, or other signs.",
        f"Compare it with the portal: did it mean {wanted}?" if wanted.isascii() else "Copy it from the portal.",
        is_refusal=True,
    )


def read_state(text: str) -> PortalState | None:
    """A portal's word for a state; some add who said so, as in REGISTERED VIA AIRTEL."""
    return STATE_OF.get(word(text)) or STATE_OF.get(word(_SAID_BY.split(text)[0]))


def word(text: str) -> str:
    """A word of a portal, folded for the tables above."""
    return fold(text)
