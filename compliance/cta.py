"""Links, call-back numbers and addresses in a text: where they stand, and whether they are those registered.

Everything is found in time linear in the text, by splitting and by patterns without nested repetition. What is
compared, and how: docs/rules.md#links-and-numbers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from phonenumbers import SUPPORTED_REGIONS

# Besides the two letters of countries. Words that nobody writes behind a full stop without a blank.
_GENERIC_WORDS: Final = (
    "com net org info biz edu gov mil int mobi name pro app dev web site online store shop club live life link click "
    "page top xyz vip win icu work world today news media blog cloud tech digital agency solutions services email "
    "chat social video games bet casino loan loans money cash credit finance financial bank insurance travel health "
    "care clinic hospital academy school education institute university india asia tel jobs fun space website host "
    "press party men date download stream trade cfd sbs lol quest buzz monster cyou rest bond group global center "
    "zone support help tips guru ink fit run"
)
_GENERIC: Final = frozenset(_GENERIC_WORDS.split())
_TOP: Final = _GENERIC | {region.lower() for region in SUPPORTED_REGIONS} | {"uk", "eu", "su"}
# International domain names take these for full stops.
_STOPS: Final = str.maketrans(dict.fromkeys("。．｡", "."))
_TOKEN: Final = re.compile(r"\S+")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]{0,15}://")
_PART: Final = re.compile(r"[^,;|<>()\[\]{}\"“”‘’'«»!*=।]+")
_HOST_END: Final = re.compile(r"[/?#\\]")
_LABEL: Final = re.compile(r"[^\W_]+(?:-+[^\W_]+)*")
_DIGITS: Final = re.compile(r"\+?[0-9][0-9\-]*")
_RUN: Final = re.compile(r"(?<![\w.,/\-])\+?[0-9][0-9\-]*(?: +[0-9][0-9\-]*)*(?![\w/])")
_TRAILING: Final = ".,;:!?)]}'\"”’»।"
# Chunks of digits that blanks may part within one number, "+91 98765 43210".
_CHUNKS: Final = 4
_MARKS: Final = (".", "@", "://", "+", "1800", "1860", "1-800", "1-860")
# Behind a full stop that makes a link come two characters, and digits alone only in an address of digits: amounts,
# dates and initials are none. Every alternative begins with one fixed character, for which the engine looks first.
_BEHIND_STOP: Final = r"(?:[^\s.,0-9][^\s.,]|[0-9]+(?:\.[0-9]+\.[0-9]|[^\s.,;)0-9]))"
_SIGNS: Final = (
    *(rf"{stop}{_BEHIND_STOP}" for stop in (r"\.", "\u3002", "\uff0e", "\uff61")),
    "@",
    "://",
    r"\+[0-9]",
    r"1(?<![0-9]1)-?8-?[06]-?0",
)
_TELLING: Final = re.compile("|".join(_SIGNS))
_TEN_DIGITS: Final = re.compile(r"[0-9](?<![0-9][0-9])(?:[ \-]*[0-9]){9}")
TEN: Final = 10

_SHORTENERS_WORDS: Final = (
    "bit.ly tinyurl.com t.co goo.gl ow.ly is.gd v.gd buff.ly rebrand.ly cutt.ly shorturl.at t.ly rb.gy tiny.cc bl.ink "
    "s.id lnkd.in bit.do adf.ly soo.gd shorte.st tiny.one short.io dub.sh u.to clck.ru qr.ae"
)
SHORTENERS: Final = frozenset(_SHORTENERS_WORDS.split())


class CallKind(StrEnum):
    URL = "url"
    NUMBER = "number"
    EMAIL = "email"
    # Ten digits where a phone's number is as likely as that of an order.
    DIGITS = "digits"


class Call(NamedTuple):
    """What a text asks its reader to open, write to or call.

    Args:
        start, end: its place in the text.
        text: as it stands there.
        key: what is compared: `https://host/path?query`, the digits, the address in small letters.
        trouble: why nobody may register such a thing; empty where it can be read.
    """

    kind: CallKind
    start: int
    end: int
    text: str
    key: str
    trouble: str = ""

    @property
    def host(self) -> str:
        return _HOST_END.split(self.key.partition("://")[2], maxsplit=1)[0]


def may_hold(text: str) -> bool:
    """Whether anything can be found without bare numbers in a text or in many joined; a few searches for constants."""
    return any(mark in text for mark in _MARKS) or (not text.isascii() and any(stop in text for stop in "。．｡"))


def is_telling(text: str) -> bool:
    """The same with a closer look, at one text or at many joined by line breaks."""
    return _TELLING.search(text) is not None


def may_hold_digits(text: str) -> bool:
    """Whether a text, or any of many joined by line breaks, has ten digits in a row."""
    return len(text) >= TEN and _TEN_DIGITS.search(text) is not None


def calls_in(text: str, *, bare: CallKind | None = CallKind.NUMBER) -> list[Call]:
    """Everything a text calls its reader to, in order of place.

    Args:
        bare: what ten digits are taken for; None leaves only numbers with + or of the toll-free series.
    """
    folded = text.translate(_STOPS)
    found: list[Call] = []
    if "." in folded or "@" in folded or "://" in folded:
        for token in _TOKEN.finditer(folded):
            found += _in_token(token[0], token.start())
    taken = [(call.start, call.end) for call in found]
    found += [c for c in _numbers(folded, bare) if not any(a <= c.start < b for a, b in taken)]
    return sorted(found, key=lambda call: call.start)


def _in_token(token: str, offset: int) -> Iterator[Call]:
    scheme = _SCHEME.search(token)
    if scheme is not None:
        text = token[scheme.start() :].rstrip(_TRAILING)
        yield _url(text, offset + scheme.start())
        token = token[: scheme.start()]
    for part in _PART.finditer(token):
        call = _bare(part[0], offset + part.start())
        if call is not None:
            yield call


def _bare(part: str, start: int) -> Call | None:
    """An address or a link without a scheme, if a stretch without blanks and brackets is one."""
    skipped = len(part) - len(part.lstrip(".-:_~/"))
    part, start = part[skipped:].rstrip(_TRAILING), start + skipped
    name, at, domain = part.partition("@")
    if at:
        host = _HOST_END.split(domain, maxsplit=1)[0]
        return Call(CallKind.EMAIL, start, start + len(part), part, part.lower()) if name and _is_host(host) else None
    # A word before a colon is no host: "Web:acme.in".
    word, colon, rest = part.partition(":")
    if colon and "." not in word:
        return _bare(rest, start + len(word) + 1) if rest else None
    host = _HOST_END.split(part, maxsplit=1)[0].partition(":")[0]
    return _url(part, start) if _is_host(host) else None


def _is_host(written: str) -> bool:
    """Whether phones would make a link of it: a known ending, or www. before a name."""
    host = _visible(written).lower().rstrip(".")
    head, dot, top = host.rpartition(".")
    return bool(dot and head) and (top in _TOP or host.startswith("www.") or _is_ip(host) or top.startswith("xn--"))


def _is_ip(host: str) -> bool:
    parts = host.split(".")
    return len(parts) == 4 and all(part.isascii() and part.isdigit() and len(part) <= 3 for part in parts)


def _visible(text: str) -> str:
    return text if text.isascii() else "".join(char for char in text if unicodedata.category(char) != "Cf")


def _url(text: str, start: int) -> Call:
    key, trouble = normalise_url(text)
    return Call(CallKind.URL, start, start + len(text), text, key, trouble)


def normalise_url(text: str) -> tuple[str, str]:
    """What links are compared by, and why nobody may register this one ("" if one may)."""
    scheme, mark, rest = text.partition("://")
    if not mark:
        scheme, rest = "https", text
    end = _HOST_END.search(rest)
    authority, path = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    path = path.partition("#")[0]
    host, _, port = authority.partition(":")
    host = host.lower().rstrip(".")
    if port not in ("", "80", "443"):
        host = f"{host}:{port}"
    key = f"{scheme.lower()}://{host}{'' if path == '/' else path}"
    return key, _trouble_of(scheme.lower(), authority, host)


def _trouble_of(scheme: str, authority: str, host: str) -> str:
    if scheme not in ("http", "https"):
        return f"links of the kind “{scheme}” cannot be registered"
    if "@" in authority:
        return "it hides its host behind a name and an @"
    if _is_ip(host) or authority.startswith("["):
        return "its host is an address of digits instead of a name"
    labels = host.split(".")
    if len(labels) == 1 or not all(_LABEL.fullmatch(label) for label in labels):
        return "its host cannot be read as a name"
    if len({_script(char) for label in labels[:-1] for char in label if char.isalpha()}) > 1:
        return "its host mixes letters of several scripts"
    return ""


def _script(char: str) -> str:
    return "LATIN" if char.isascii() else unicodedata.name(char, "?").partition(" ")[0]


def normalise_number(text: str) -> str:
    """Digits without +91, 91 or 0 before a national number of ten digits."""
    digits = "".join(char for char in text if char.isascii() and char.isdigit())
    if len(digits) == 12 and digits.startswith("91"):
        return digits[2:]
    return digits[1:] if len(digits) == 11 and digits.startswith("0") else digits


def _numbers(text: str, bare: CallKind | None) -> Iterator[Call]:
    for run in _RUN.finditer(text):
        chunks = list(_DIGITS.finditer(text, run.start(), run.end()))
        index = 0
        while index < len(chunks):
            for after in range(min(len(chunks), index + _CHUNKS), index, -1):
                start, end = chunks[index].start(), chunks[after - 1].end()
                kind = _kind_of(text[start:end], bare)
                if kind is not None:
                    written = text[start:end]
                    yield Call(kind, start, end, written, normalise_number(written))
                    index = after - 1
                    break
            index += 1


def _kind_of(written: str, bare: CallKind | None) -> CallKind | None:
    """What a run of digits is taken for; None for an amount, a date or an order."""
    digits = "".join(char for char in written if char.isdigit())
    if digits.startswith(("1800", "1860")):
        return CallKind.NUMBER if 8 <= len(digits) <= 11 else None
    if written.startswith("+"):
        return CallKind.NUMBER if 8 <= len(digits) <= 15 else None
    national = normalise_number(written)
    if bare is None or len(national) != TEN:
        return None
    is_prefixed = len(digits) != len(national)
    return bare if is_prefixed or national[0] in "6789" or national.startswith(("140", "160")) else None


class Standing(StrEnum):
    """How a call stands with the register."""

    LISTED = "listed"
    ELSEWHERE = "elsewhere"
    INACTIVE = "inactive"
    BLACKLISTED = "blacklisted"
    UNKNOWN = "unknown"


class Registered(NamedTuple):
    """One whitelisted thing, as the register's rows have it; `state` is a portal state."""

    kind: str
    value: str
    header: str
    state: str


_WEIGHT: Final = {"active": 1, "blacklisted": 2}
_NUMBERS: Final = frozenset(("mobile", "landline", "tollfree", "series"))


@dataclass(frozen=True)
class Whitelist:
    """What one entity has registered, ready for comparison."""

    exact: Mapping[str, Registered]
    dynamic: Mapping[str, Registered]
    short: Mapping[str, Registered]

    @classmethod
    def of(cls, rows: Iterable[Registered]) -> Whitelist:
        exact: dict[str, Registered] = {}
        dynamic: dict[str, Registered] = {}
        short: dict[str, Registered] = {}
        # Where a thing was registered twice, the active one counts, unless one of them is blacklisted.
        for row in sorted(rows, key=lambda row: _WEIGHT.get(row.state, 0)):
            if row.kind in _NUMBERS:
                exact[normalise_number(row.value)] = row
            elif row.kind == "email":
                exact[row.value.strip().lower()] = row
            elif row.kind == "dynamic":
                dynamic[normalise_url(row.value.strip())[0].partition("?")[0]] = row
            elif row.kind == "short":
                short[normalise_url(row.value.strip())[0].rstrip("/")] = row
            else:
                exact[normalise_url(row.value.strip())[0]] = row
        return cls(exact, dynamic, short)

    def standing(self, call: Call, header: str) -> Standing:
        """How a call in a text of this header stands."""
        row = self._row(call)
        if row is None or call.trouble:
            return Standing.UNKNOWN
        if row.state == "blacklisted":
            return Standing.BLACKLISTED
        if row.state != "active":
            return Standing.INACTIVE
        return Standing.ELSEWHERE if row.header and row.header != header else Standing.LISTED

    def _row(self, call: Call) -> Registered | None:
        row = self.exact.get(call.key)
        if row is not None or call.kind is not CallKind.URL:
            return row
        base, mark, _ = call.key.partition("?")
        row = self.dynamic.get(base) if mark else None
        return row or self._short(base)

    def _short(self, base: str) -> Registered | None:
        """The path of a short link goes on behind what was registered."""
        place = base.find("/", len("https://"))
        while place >= 0 and self.short:
            row = self.short.get(base[:place])
            if row is not None:
                return row
            place = base.find("/", place + 1)
        return self.short.get(base)


NOTHING: Final = Whitelist({}, {}, {})
