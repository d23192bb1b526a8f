"""Receipts as nearly all centres send them, read from the frame in one match: no PDU is made for them.

Everything else is for `codec.decode` and `receipts.parse_receipt`, which read what is read here in the same way; a test
compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from kernel.smpp.receipts import MESSAGE_STATES, STAT_WORDS, Receipt, ReceiptState

# Header, service_type, the addresses with their TON and NPI, esm_class 4, the fields up to sm_length (3.4 section
# 4.6.1; data_coding is anything but UCS-2), then the text of appendix B.
_PLAIN: Final = re.compile(
    r".{16}[^\0]*\0..([^\0]*)\0..([^\0]*)\0\x04..[^\0]*\0[^\0]*\0..[^\x08].(.)"
    r"id:([\w-]+) sub:(\d+) dlvrd:(\d+) submit date:(\d+) done date:(\d+) stat:([A-Za-z]+) err:(\w+)( text:)?",
    re.ASCII | re.DOTALL,
)
_ID_TLV: Final = "\0\x1e\0"
_STATE_TLV: Final = "\x04\x27\0\1"
_NEW: Final = tuple.__new__
# An octet as text: the state that TLV 0x0427 tells by it.
_TOLD: Final[Mapping[str, ReceiptState]] = {chr(number): state for number, state in MESSAGE_STATES.items()}


class PlainReceipt(NamedTuple):
    """A deliver_sm that is a receipt."""

    sequence: int
    source_addr: str
    destination_addr: str
    receipt: Receipt


def read_plain_receipt(frame: bytes, sequence: int) -> PlainReceipt | None:
    """The receipt in this deliver_sm of esm_class 4, None when it has to be read the long way."""
    octets = frame.decode("latin-1")
    match = _PLAIN.match(octets)
    if match is None:
        return None
    source, destination, length, ident, sub, dlvrd, submitted, done, stat, err, text = match.groups()
    state = STAT_WORDS.get(stat)
    stop, end = match.end(3) + ord(length), match.end()
    if state is None or not (end <= stop if text else end == stop) or stop > len(octets):
        return None
    if stop < len(octets) and not _agrees(octets[stop:], ident, state):
        return None
    receipt = _NEW(Receipt, ((ident,), state, stat, err, submitted, done, "", sub, dlvrd, False, False, False))
    return _NEW(PlainReceipt, (sequence, source, destination, receipt))


def _agrees(tlvs: str, ident: str, state: ReceiptState) -> bool:
    """Whether the TLVs are those of id and state, with the values of the text."""
    if _TOLD.get(tlvs[-1]) is not state:
        return False
    size = len(ident)
    return tlvs[:-1] in (
        f"{_ID_TLV}{chr(size + 1)}{ident}\0{_STATE_TLV}",
        f"{_ID_TLV}{chr(size)}{ident}{_STATE_TLV}",
    )
