"""Optional parameters (TLVs), SMPP 3.4 section 5.3: walked here because libraries drop what they do not know."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final

from kernel.smpp.errors import LocalProtocolError

Tlv = tuple[int, bytes]
"""Tag and value. Repeats and unknown tags are kept in the order of the wire."""

_HEAD: Final = struct.Struct(">HH")
_MAX: Final = 0xFFFF


def walk_tlvs(data: bytes, at: int) -> tuple[tuple[Tlv, ...], tuple[str, ...]]:
    """Read the TLVs of `data` from offset `at` to its end.

    Returns the TLVs and the faults met: `tlv_truncated` when the last one claims more octets than there are (it is kept
    with what is left), `trailing_octets` when 1 to 3 octets remain that cannot be a TLV. Never raises: a peer's broken
    optional parameter must not cost the mandatory ones.
    """
    end = len(data)
    if at >= end:
        return (), ()
    found: list[Tlv] = []
    while at + 4 <= end:
        tag, length = _HEAD.unpack_from(data, at)
        at += 4
        found.append((tag, data[at : at + length]))
        at += length
    if at > end:
        return tuple(found), ("tlv_truncated",)
    return tuple(found), ("trailing_octets",) if at < end else ()


def pack_tlvs(tlvs: Iterable[Tlv]) -> bytes:
    """Wire form of all, in the order given. Raises LocalProtocolError for a tag or length beyond 16 bits."""
    parts: list[bytes] = []
    for tag, value in tlvs:
        if not 0 <= tag <= _MAX or len(value) > _MAX:
            raise LocalProtocolError(f"TLV 0x{tag:04X} of {len(value)} octets does not fit 16 bits")
        parts.append(_HEAD.pack(tag, len(value)))
        parts.append(value)
    return b"".join(parts)


def find_tlv(tlvs: Iterable[Tlv], tag: int) -> bytes | None:
    """Value of the first TLV with this tag. The first wins, as in receipts: a repeat never overrules."""
    for number, value in tlvs:
        if number == tag:
            return value
    return None


def tlv_text(value: bytes) -> str:
    """A C-octet string TLV as text: peers send it with NUL, without, or padded; Latin-1 keeps every octet."""
    return value.partition(b"\0")[0].decode("latin-1")


def tlv_int(value: bytes) -> int:
    """An integer TLV by its actual length, whatever the specification says its length should be; 0 when empty."""
    return int.from_bytes(value, "big")


def int_tlv(tag: int, value: int, size: int) -> Tlv:
    """Integer TLV of `size` octets, big-endian."""
    try:
        return tag, value.to_bytes(size, "big")
    except OverflowError as error:
        raise LocalProtocolError(f"{value} does not fit TLV 0x{tag:04X} of {size} octets") from error


def text_tlv(tag: int, text: str, *, terminated: bool = True) -> Tlv:
    """Text TLV. Whether a NUL ends it is a setting of the route: carriers differ for the registration tags."""
    return tag, text.encode("latin-1") + (b"\0" if terminated else b"")
