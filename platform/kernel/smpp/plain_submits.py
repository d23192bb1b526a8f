"""submit_sm for a centre that takes them by the thousand: addresses and text from the frame, no PDU made."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

# Header, service_type, the addresses with their TON and NPI, then esm_class to sm_length (3.4 section 4.4.1).
_PLAIN: Final = re.compile(
    rb".{16}[^\0]*\0..([^\0]*)\0..([^\0]*)\0(.)..[^\0]*\0[^\0]*\0(.)...(.)",
    re.DOTALL,
)
_NEW: Final = tuple.__new__


class PlainSubmit(NamedTuple):
    """The fields a centre decides by; the others are in `frame`, for `codec.decode`."""

    sequence: int
    source_addr: bytes
    destination_addr: bytes
    esm_class: int
    registered_delivery: int
    short_message: bytes
    frame: bytes


def read_plain_submit(frame: bytes, sequence: int) -> PlainSubmit | None:
    """None for a frame that `codec.decode` refuses, too: one that ends before its mandatory part does."""
    match = _PLAIN.match(frame)
    if match is None:
        return None
    source, destination, esm_class, registered, length = match.groups()
    text = frame[match.end() : match.end() + length[0]]
    return _NEW(PlainSubmit, (sequence, source, destination, esm_class[0], registered[0], text, frame))
