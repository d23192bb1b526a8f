"""How a text is cut into the parts that are sent, counted and charged.

One function counts for the price, the editor and the dispatcher, so they cannot disagree. Source: 3GPP TS 23.040
section 9.2.3.24, and docs/rules.md#encoding-and-parts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from kernel.domain.errors import DomainError
from kernel.telecom.alphabet import ESCAPE, ascii_septets, decode_gsm, encode_gsm, is_gsm

# One octet of the header numbers the parts (TS 23.040, 9.2.3.24.1).
MAX_PARTS: Final = 255

_UNSENDABLE: Final = re.compile("[\x00\ud800-\udfff]")


class Encoding(StrEnum):
    """The two encodings of a text; all its parts have the same one."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


class TextRefused(DomainError):
    """The text cannot be sent as it is."""


@dataclass(frozen=True, slots=True)
class Segmentation:
    """A text in parts. A unit is a septet in GSM-7 and a 16-bit code unit in UCS-2."""

    encoding: Encoding
    units: int
    parts: tuple[str, ...]
    units_per_part: tuple[int, ...]


# 140 octets hold 160 septets or 70 code units; a header of 6 octets leaves 153 and 67, one of 7 leaves 152 and 66.
_SINGLE: Final = {Encoding.GSM7: 160, Encoding.UCS2: 70}
_PART: Final = {
    8: {Encoding.GSM7: 153, Encoding.UCS2: 67},
    16: {Encoding.GSM7: 152, Encoding.UCS2: 66},
}


def limits() -> dict[str, dict[str, int]]:
    """Units that fit, by encoding: alone, and per part with an 8 or 16 bit reference; ready for JSON."""
    return {
        encoding.value: {"single": single, "part8": _PART[8][encoding], "part16": _PART[16][encoding]}
        for encoding, single in _SINGLE.items()
    }


def normalise_text(text: str) -> str:
    """The text as it is counted, stored and sent: composed (NFC), lines ended by LF alone.

    Raises:
        TextRefused: `invalid_text`, it holds U+0000 or half of a surrogate pair; context has the `position`.
    """
    unsendable = None if text.isascii() and "\x00" not in text else _UNSENDABLE.search(text)
    if unsendable:
        position = unsendable.start()
        raise TextRefused(
            "invalid_text",
            f"Character {position + 1} of the text, U+{ord(unsendable[0]):04X}, cannot be sent.",
            "Remove it, or save the source file as UTF-8 and try again.",
            position=position,
        )
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def count_segments(text: str) -> tuple[Encoding, int]:
    """Encoding and number of parts, with an 8 bit reference; the same as `segment`, without making the parts.

    Args:
        text: as `normalise_text` returns it.
    """
    septets = ascii_septets(text)
    if septets is not None:
        units = len(septets)
        return Encoding.GSM7, 1 if units <= 160 else -(-units // 153)
    encoding, octets = _encoded(text)
    units = _units(encoding, octets)
    return encoding, 1 if units <= _SINGLE[encoding] else sum(1 for _ in _cuts(encoding, octets, 8))


def count_column(texts: Sequence[str]) -> tuple[list[int], list[bool]]:
    """Parts and whether Unicode is needed, of each text as `count_segments` says; a usual column is looked at whole."""
    septets = ascii_septets("".join(texts))
    if septets is not None and max(map(len, texts), default=0) <= _SINGLE[Encoding.GSM7]:
        return [1] * len(texts), [False] * len(texts)
    counted = [count_segments(text) for text in texts]
    return [parts for _, parts in counted], [encoding is Encoding.UCS2 for encoding, _ in counted]


def segment(text: str, *, reference_bits: int = 8) -> Segmentation:
    """Cut a text into parts; an escape pair or a surrogate pair is never cut in two.

    Args:
        text: as `normalise_text` returns it; the empty text is one part of no units.
        reference_bits: 8 or 16, the width of the reference in the header, which takes room from the text.

    Raises:
        TextRefused: `text_too_long`, it takes more than 255 parts.
    """
    if reference_bits not in _PART:
        raise ValueError(f"a reference has 8 or 16 bits, not {reference_bits}")
    encoding, octets = _encoded(text)
    units = _units(encoding, octets)
    if units <= _SINGLE[encoding]:
        return Segmentation(encoding, units, (text,), (units,))
    cuts = [0, *_cuts(encoding, octets, reference_bits)]
    if len(cuts) - 1 > MAX_PARTS:
        raise TextRefused(
            "text_too_long",
            f"The text takes {len(cuts) - 1} parts; a message has at most {MAX_PARTS}.",
            "Shorten the text or split it into several messages.",
            parts=len(cuts) - 1,
        )
    width, decode = (1, decode_gsm) if encoding is Encoding.GSM7 else (2, _decode_utf16)
    parts = tuple(decode(octets[start * width : end * width]) for start, end in pairwise(cuts))
    return Segmentation(encoding, units, parts, tuple(end - start for start, end in pairwise(cuts)))


def encode_part(text: str, encoding: Encoding) -> bytes:
    """The octets of one part, without its header: unpacked septets, or UTF-16 big-endian without a mark.

    Raises:
        UnicodeEncodeError: the encoding is GSM-7 and the text is not.
    """
    return encode_gsm(text) if encoding is Encoding.GSM7 else text.encode("utf-16-be")


def udh(reference: int, total: int, number: int, *, bits: int = 8) -> bytes:
    """The user data header that lets the phone join the parts (TS 23.040, 9.2.3.24.1 and 9.2.3.24.8).

    Args:
        reference: the same in all parts of a message; a running counter may be passed, its low bits are taken.
        total: 1 to 255 parts.
        number: of this part, 1 to total.
        bits: 8 or 16, the width of the reference.
    """
    if not 1 <= number <= total <= MAX_PARTS:
        raise ValueError(f"part {number} of {total} cannot be numbered")
    if bits == 8:
        return bytes((5, 0x00, 3, reference & 0xFF, total, number))
    if bits == 16:
        return bytes((6, 0x08, 4, reference >> 8 & 0xFF, reference & 0xFF, total, number))
    raise ValueError(f"a reference has 8 or 16 bits, not {bits}")


def _encoded(text: str) -> tuple[Encoding, bytes]:
    septets = ascii_septets(text)
    if septets is not None:
        return Encoding.GSM7, septets
    if is_gsm(text):
        return Encoding.GSM7, encode_gsm(text)
    return Encoding.UCS2, text.encode("utf-16-be")


def _units(encoding: Encoding, octets: bytes) -> int:
    return len(octets) if encoding is Encoding.GSM7 else len(octets) // 2


def _cuts(encoding: Encoding, octets: bytes, reference_bits: int) -> Iterator[int]:
    # Where each part ends, in units. A pair that straddles a border goes to the next part whole and leaves a hole of
    # one, so the number of parts is not simply the length divided by the limit.
    limit = _PART[reference_bits][encoding]
    units = _units(encoding, octets)
    end = limit
    while end < units:
        if _opens_pair(encoding, octets, end - 1):
            end -= 1
        yield end
        end += limit
    yield units


def _opens_pair(encoding: Encoding, octets: bytes, unit: int) -> bool:
    if encoding is Encoding.GSM7:
        return octets[unit] == ESCAPE
    return octets[2 * unit] & 0xFC == 0xD8


def _decode_utf16(octets: bytes) -> str:
    return octets.decode("utf-16-be")
