"""Received messages for people: decoded text, parts joined by their header, TLVs by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kernel.smpp.constants import Tag, status_name
from kernel.smpp.pdu import SubmitSm
from kernel.smpp.texts import PartHeader, read_text
from kernel.smpp.tlv import Tlv
from routing.smsc.centre import Received


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


def decode_body(pdu: SubmitSm) -> tuple[PartHeader | None, str]:
    """Concatenation header, if there is one, and the text; undecodable octets come as hex."""
    return read_text(pdu.body, esm_class=pdu.esm_class, data_coding=pdu.data_coding)


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
