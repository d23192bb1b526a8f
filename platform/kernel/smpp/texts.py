"""The text of a submit_sm, deliver_sm or data_sm, and the header that joins it to other parts."""

from __future__ import annotations

from typing import Final, NamedTuple

from kernel.smpp.constants import DataCoding, EsmClass
from kernel.telecom.alphabet import decode_gsm

_UDHI: Final = int(EsmClass.UDHI)
_CONCATENATION_8: Final = 0x00
_CONCATENATION_16: Final = 0x08


class PartHeader(NamedTuple):
    """`number` from 1."""

    reference: int
    total: int
    number: int


def read_text(body: bytes, *, esm_class: int, data_coding: int) -> tuple[PartHeader | None, str]:
    """The concatenation header, if there is one, and the text; octets that are no text come as `hex:…`."""
    header = None
    if esm_class & _UDHI and body and body[0] < len(body):
        header = _concatenation(body[1 : body[0] + 1])
        body = body[body[0] + 1 :]
    return header, _text(body, data_coding)


def _concatenation(elements: bytes) -> PartHeader | None:
    """The information element of joined messages (3GPP TS 23.040, 9.2.3.24.1 and 9.2.3.24.8)."""
    at = 0
    while at + 2 <= len(elements):
        kind, length = elements[at], elements[at + 1]
        value = elements[at + 2 : at + 2 + length]
        if kind == _CONCATENATION_8 and len(value) == 3:
            return PartHeader(*value)
        if kind == _CONCATENATION_16 and len(value) == 4:
            return PartHeader(int.from_bytes(value[:2], "big"), value[2], value[3])
        at += 2 + length
    return None


def _text(body: bytes, data_coding: int) -> str:
    try:
        if data_coding == DataCoding.UCS2:
            return body.decode("utf-16-be")
        if data_coding == DataCoding.DEFAULT:
            return decode_gsm(body)
        if data_coding in (1, DataCoding.LATIN1):
            return body.decode("latin-1")
    except (UnicodeDecodeError, ValueError, KeyError, IndexError):
        pass  # shown as hex below
    return f"hex:{body.hex()}"
