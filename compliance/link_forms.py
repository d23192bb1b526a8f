"""The forms in which portals register links and numbers, kind by kind (docs/rules.md#links-and-numbers)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import SplitResult, urlsplit

from compliance.errors import InvalidLink
from compliance.statuses import LinkKind
from compliance.tags import VariableType, patterns

_LINK: Final = re.compile(r"(?:https?://|www\.)[^\s<>\"]+", re.IGNORECASE).fullmatch
_HOST: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]").fullmatch
_WHATSAPP: Final = re.compile(r"(?:https?://)?wa\.me/91[6-9][0-9]{9}", re.IGNORECASE).fullmatch
_FILLERS: Final = re.compile(r"[\s()\-]+")
# Digits as they are compared: without +91, 91 and a leading 0.
_NUMBERS: Final[Mapping[LinkKind, tuple[re.Pattern[str], str]]] = {
    LinkKind.MOBILE: (
        re.compile(r"(?:\+?91)?([6-9][0-9]{9})"),
        "ten digits that begin with 6 to 9; 91 may stand before",
    ),
    LinkKind.LANDLINE: (
        re.compile(r"(?:\+?91|0)?([1-9][0-9]{9})"),
        "ten digits with the area code; 0 may stand before",
    ),
    LinkKind.TOLLFREE: (re.compile(r"(?:\+?91)?(18[06]0[0-9]{4,7})"), "8 to 11 digits that begin with 1800 or 1860"),
    LinkKind.SERIES: (re.compile(r"(?:\+?91)?(1[46]0[0-9]{7})"), "ten digits that begin with 140 or 160"),
}


def parse_link(kind: LinkKind, text: str, header: str = "") -> str:
    """A link, number or address as it is registered under this kind; numbers come out as bare digits.

    Args:
        header: the one that a short link carries in its path and is bound to.

    Raises:
        InvalidLink: `invalid_link`, it has not the form of its kind.
    """
    value = text.strip()
    if kind in _NUMBERS:
        return _number(kind, value)
    fault = _FAULTS[kind](value, header)
    if fault:
        raise InvalidLink(
            "invalid_link",
            f"“{value[:60]}” cannot be registered as {LinkKind(kind).label}: {fault}.",
            "Enter it letter by letter as on the portal, or choose another kind.",
            field="value",
        )
    return value


def _number(kind: LinkKind, value: str) -> str:
    pattern, wanted = _NUMBERS[kind]
    found = pattern.fullmatch(_FILLERS.sub("", value))
    if found is None:
        raise InvalidLink(
            "invalid_link",
            f"“{value[:60]}” cannot be registered as {LinkKind(kind).label}: it has {wanted}.",
            "Enter it as on the portal, or choose another kind.",
            field="value",
        )
    return found[1]


def split_link(value: str) -> SplitResult | None:
    """The parts of a link, which may begin with www. instead of a scheme; None where it is none.

    Not a link to register: one with a user's name, to an address of numbers, or to a host of other letters than Latin.
    """
    if not _LINK(value):
        return None
    try:
        parts = urlsplit(value if "://" in value else f"https://{value}")
        host = parts.hostname
        parts.port  # noqa: B018 - reading it raises ValueError where it is no number
    except ValueError:
        return None
    is_plain = host is not None and _HOST(host) and "@" not in parts.netloc
    return parts if is_plain else None


def _link_fault(value: str) -> str:
    return "" if split_link(value) else "it is no link that begins with http://, https:// or www. and has a plain host"


def _static(value: str, header: str) -> str:
    return _link_fault(value) or ("it must not have a “?”; with one it is a dynamic link" if "?" in value else "")


def _dynamic(value: str, header: str) -> str:
    is_open = value.endswith("?") and value.count("?") == 1
    return _link_fault(value) or ("" if is_open else "it is the fixed part only, and ends in “?”")


def _short(value: str, header: str) -> str:
    parts = split_link(value)
    if parts is None:
        return _link_fault(value)
    if not header:
        return "it needs the header that stands in its path"
    # Capitals count as they do in headers.
    return "" if header in parts.path.split("/") else f"“{header}” is not a part of its path"


def _file(value: str, header: str) -> str:
    parts = split_link(value)
    if parts is None:
        return _link_fault(value)
    return "" if parts.path.lower().endswith((".apk", ".ipa")) else "it does not end in .apk or .ipa"


def _ott(value: str, header: str) -> str:
    return _link_fault(value)


def _whatsapp(value: str, header: str) -> str:
    return "" if _WHATSAPP(value) else "it reads wa.me/91 and a mobile number"


def _email(value: str, header: str) -> str:
    return "" if patterns(VariableType.EMAIL)[1].fullmatch(value) else "it is no e-mail address"


_FAULTS: Final[Mapping[LinkKind, Callable[[str, str], str]]] = {
    LinkKind.STATIC: _static,
    LinkKind.DYNAMIC: _dynamic,
    LinkKind.SHORT: _short,
    LinkKind.APK: _file,
    LinkKind.OTT: _ott,
    LinkKind.WHATSAPP: _whatsapp,
    LinkKind.EMAIL: _email,
}
