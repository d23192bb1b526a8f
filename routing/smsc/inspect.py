"""Received messages for people: decoded text, parts joined by their header, TLVs by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from kernel.smpp.constants import DataCoding, EsmClass, Tag, status_name
from kernel.smpp.pdu import SubmitSm
from kernel.smpp.tlv import Tlv
from kernel.telecom.alphabet import decode_gsm
from routing.smsc.centre import Received

_CONCATENATION_8: Final = 0x00
_CONCATENATION_16: Final = 0x08
# reference, total, number
Header = tuple[int, int, int]


def messages(received: Iterable[Received], limit: int) -> list[dict[str, Any]]:
    """The last messages, newest first; parts of one message are one entry, in the place of its last part."""
    found: dict[object, list[tuple[int, Received, str]]] = {}
    for item in received:
        header, text = decode_body(item.pdu)
        pdu = item.pdu
        key: object = id(item)
        number = 1
        if header is not None:
            reference, total, number = header
            key = (pdu.source_addr, pdu.destination_addr, reference, total)
        parts = found.pop(key, [])
        if any(number == other for other, _, _ in parts):
            # The reference was used again, or the part was sent again: an entry of its own.
            found[id(item), "before"] = parts
            parts = []
        found[key] = [*parts, (number, item, text)]
    newest = list(found.values())[::-1][:limit]
    return [_entry(sorted(parts, key=lambda part: part[0])) for parts in newest]


def arrivals(received: Iterable[Received], prefix: str) -> list[tuple[float, str]]:
    """(Unix time, destination) of each submit, in the order they came."""
    found = ((item.at.timestamp(), item.pdu.destination_addr) for item in received)
    return [(at, destination) for at, destination in found if destination.startswith(prefix)]


def decode_body(pdu: SubmitSm) -> tuple[Header | None, str]:
    """Concatenation header, if there is one, and the text; undecodable octets come as hex."""
    body, header = pdu.body, None
    if pdu.esm_class & EsmClass.UDHI and body and body[0] < len(body):
        header = _concatenation(body[1 : body[0] + 1])
        body = body[body[0] + 1 :]
    return header, _text(body, pdu.data_coding)


def _concatenation(elements: bytes) -> Header | None:
    """The information element of joined messages (3GPP TS 23.040, 9.2.3.24.1 and 9.2.3.24.8)."""
    at = 0
    while at + 2 <= len(elements):
        kind, length = elements[at], elements[at + 1]
        value = elements[at + 2 : at + 2 + length]
        if kind == _CONCATENATION_8 and len(value) == 3:
            return value[0], value[1], value[2]
        if kind == _CONCATENATION_16 and len(value) == 4:
            return int.from_bytes(value[:2], "big"), value[2], value[3]
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


def _entry(parts: list[tuple[int, Received, str]]) -> dict[str, Any]:
    first, last = parts[0][1], parts[-1][1]
    pdu = first.pdu
    header, _ = decode_body(pdu)
    return {
        "at": max(item.at for _, item, _ in parts).isoformat(timespec="milliseconds"),
        "system_id": first.system_id,
        "source": pdu.source_addr,
        "destination": pdu.destination_addr,
        "text": "".join(text for _, _, text in parts),
        "data_coding": pdu.data_coding,
        "parts_total": header[1] if header else 1,
        "validity_period": pdu.validity_period,
        "registered_delivery": pdu.registered_delivery,
        "behaviour": last.summary,
        "tlvs": [_tlv(tlv) for tlv in pdu.tlvs],
        "parts": [
            {
                "number": number,
                "message_id": item.message_id,
                "status": status_name(item.status) if item.status else "ESME_ROK",
                "octets": len(item.pdu.body),
                "udh": header is not None,
                "text": text,
            }
            for number, item, text in parts
        ],
    }


def _tlv(tlv: Tlv) -> dict[str, str]:
    tag, value = tlv
    try:
        name = Tag(tag).name.lower()
    except ValueError:
        name = ""
    return {"tag": f"0x{tag:04X}", "name": name, "hex": value.hex(), "text": value.decode("latin-1")}
