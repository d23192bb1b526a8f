"""Octets of a short message to text and join marks, by decoders of PyPI that nobody here wrote."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

from aiosmpplib.codec import GSM7BitCodec
from smpp.pdu.gsm_encoding import UserDataHeaderEncoder

UDHI: Final = 0x40
UCS2: Final = 8
WAYS: Final = {"CONCATENATED_SM_8BIT_REF_NUM": "udh8", "CONCATENATED_SM_16BIT_REF_NUM": "udh16"}


def read_text(octets: bytes, coding: int) -> str:
    text: str = octets.decode("utf-16-be") if coding == UCS2 else GSM7BitCodec().decode(octets)[0]
    return text


def read_header(octets: bytes, esm_class: int) -> tuple[bytes, dict[str, Any] | None]:
    """The text behind a user data header, and what the header says of parts."""
    if not esm_class & UDHI:
        return octets, None
    end = octets[0] + 1
    (element,) = UserDataHeaderEncoder().decode(BytesIO(octets[:end]))
    mark = element.data
    way = WAYS[element.identifier.name]
    join = {"way": way, "ref": mark.referenceNum, "total": mark.maximumNum, "part": mark.sequenceNum}
    return octets[end:], join


def plain(payload: bytes | None) -> dict[str, Any]:
    return {"way": "one" if payload is None else "payload", "ref": 0, "total": 1, "part": 1}


def sar(ref: int, total: int, part: int) -> dict[str, Any]:
    return {"way": "sar", "ref": ref, "total": total, "part": part}
