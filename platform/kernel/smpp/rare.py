"""The rare PDUs: query_sm, data_sm and alert_notification over smpplib as a codec, cancel_sm by hand since smpplib has
none.

smpplib reads a body without its NULs as garbage and no error, cuts long strings silently, and loses TLVs it does not
know. So the mandatory part is walked here first, lengths are checked before it builds, and TLVs never pass through it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final

from kernel.smpp.constants import HEADER_SIZE, CommandId, CommandStatus
from kernel.smpp.errors import LocalProtocolError
from kernel.smpp.fields import Cursor, pack_octet, pack_text
from kernel.smpp.pdu import AlertNotification, CancelSm, DataSm, Pdu, QuerySm, QuerySmResp
from kernel.smpp.tlv import pack_tlvs, walk_tlvs

_LENGTH: Final = struct.Struct(">I")
_HEADER: Final = struct.Struct(">IIII")

# Our field, smpplib's name for it, and the size of a C-octet string with its NUL or 0 for one octet; in the order of
# the wire.
_Layout = tuple[tuple[str, str, int], ...]
_SOURCE: Final[_Layout] = (
    ("source_ton", "source_addr_ton", 0),
    ("source_npi", "source_addr_npi", 0),
    ("source_addr", "source_addr", 21),
)
_DEST: Final[_Layout] = (
    ("dest_ton", "dest_addr_ton", 0),
    ("dest_npi", "dest_addr_npi", 0),
    ("destination_addr", "destination_addr", 21),
)
_QUERY_SM: Final[_Layout] = (("message_id", "message_id", 65), *_SOURCE)
_QUERY_SM_RESP: Final[_Layout] = (
    ("message_id", "message_id", 65),
    ("final_date", "final_date", 17),
    ("message_state", "message_state", 0),
    ("error_code", "error_code", 0),
)
_DATA_SM: Final[_Layout] = (
    ("service_type", "service_type", 6),
    *_SOURCE,
    *_DEST,
    ("esm_class", "esm_class", 0),
    ("registered_delivery", "registered_delivery", 0),
    ("data_coding", "data_coding", 0),
)
_ALERT: Final[_Layout] = (
    *_SOURCE,
    ("esme_ton", "esme_addr_ton", 0),
    ("esme_npi", "esme_addr_npi", 0),
    ("esme_addr", "esme_addr", 21),
)
_CANCEL_SM: Final[_Layout] = (
    ("service_type", "service_type", 6),
    ("message_id", "message_id", 65),
    *_SOURCE,
    *_DEST,
)


class _Numbers:
    """smpplib asks its client for a sequence number even while it parses; the real one is set afterwards."""

    sequence = 0

    def next_sequence(self) -> int:
        return 0


def _build(name: str, layout: _Layout, pdu: Any, status: int = 0) -> bytes:
    """The PDU without TLVs, built by smpplib from values known to fit."""
    # Imported here because smpplib's package imports its client, and with it sockets, TLS and logging: only a process
    # that really meets a rare PDU pays for that.
    from smpplib import smpp

    _check(layout, pdu)
    values = {theirs: getattr(pdu, ours) for ours, theirs, _ in layout}
    built = smpp.make_pdu(name, client=_Numbers(), **values)
    built.sequence, built.status = pdu.sequence, status
    try:
        octets: bytes = built.generate()
    except struct.error as error:
        raise LocalProtocolError(f"{name}: {status} or {pdu.sequence} does not fit") from error
    return octets


def _check(layout: _Layout, pdu: object) -> bytes:
    """The mandatory part, packed by ourselves; raises LocalProtocolError where smpplib would cut or corrupt."""
    parts = []
    for ours, _, size in layout:
        value = getattr(pdu, ours)
        parts.append(pack_text(value, size, ours) if size else bytes((pack_octet(value, ours),)))
    return b"".join(parts)


def _parse(layout: _Layout, frame: bytes, status: int) -> tuple[dict[str, Any], int]:
    """Values of the mandatory part by our names, and the offset behind it. Raises RemoteProtocolError when it is cut
    off."""
    from smpplib import smpp  # see _build

    cursor = Cursor(frame, HEADER_SIZE, status)
    for _, _, size in layout:
        if size:
            cursor.text()
        else:
            cursor.octet()
    # Only the walked part goes in, under a length of its own, so smpplib sees neither TLVs nor trailing octets.
    parsed = smpp.parse_pdu(_LENGTH.pack(cursor.at) + frame[4 : cursor.at], client=_Numbers())
    values = {ours: getattr(parsed, theirs) for ours, theirs, _ in layout}
    return {
        key: value.decode("latin-1") if isinstance(value, bytes) else value for key, value in values.items()
    }, cursor.at


def _with_tlvs(octets: bytes, tlvs: bytes) -> bytes:
    return _LENGTH.pack(len(octets) + len(tlvs)) + octets[4:] + tlvs


def _decode_query_sm(frame: bytes, status: int, sequence: int) -> QuerySm:
    del status
    values, _ = _parse(_QUERY_SM, frame, CommandStatus.RINVCMDLEN)
    return QuerySm(sequence=sequence, **values)


def _decode_query_sm_resp(frame: bytes, status: int, sequence: int) -> QuerySmResp:
    if status and len(frame) == HEADER_SIZE:
        return QuerySmResp(sequence, status)  # an error needs no body
    values, _ = _parse(_QUERY_SM_RESP, frame, CommandStatus.RINVCMDLEN)
    return QuerySmResp(sequence=sequence, status=status, **values)


def _decode_data_sm(frame: bytes, status: int, sequence: int) -> DataSm:
    del status
    values, at = _parse(_DATA_SM, frame, CommandStatus.RINVMSGLEN)
    tlvs, faults = walk_tlvs(frame, at)
    return DataSm(tlvs, faults, sequence, **values)


def _decode_alert(frame: bytes, status: int, sequence: int) -> AlertNotification:
    del status
    values, at = _parse(_ALERT, frame, CommandStatus.RINVCMDLEN)
    tlvs, faults = walk_tlvs(frame, at)
    return AlertNotification(tlvs, faults, sequence, **values)


def _decode_cancel_sm(frame: bytes, status: int, sequence: int) -> CancelSm:
    del status
    cursor = Cursor(frame, HEADER_SIZE)
    values: dict[str, Any] = {ours: cursor.text() if size else cursor.octet() for ours, _, size in _CANCEL_SM}
    return CancelSm(sequence=sequence, **values)


def _encode_query_sm(pdu: QuerySm) -> bytes:
    if not pdu.message_id:
        raise LocalProtocolError("query_sm needs a message_id")
    return _build("query_sm", _QUERY_SM, pdu)


def _encode_cancel_sm(pdu: CancelSm) -> bytes:
    if not pdu.message_id:
        raise LocalProtocolError("cancel_sm without a message_id would cancel every message between two addresses")
    body = _check(_CANCEL_SM, pdu)
    try:
        return _HEADER.pack(HEADER_SIZE + len(body), CommandId.CANCEL_SM, 0, pdu.sequence) + body
    except struct.error as error:
        raise LocalProtocolError(f"cancel_sm: {pdu.sequence} does not fit") from error


DECODERS: Final[dict[int, Callable[[bytes, int, int], Pdu]]] = {
    CommandId.QUERY_SM: _decode_query_sm,
    CommandId.QUERY_SM_RESP: _decode_query_sm_resp,
    CommandId.DATA_SM: _decode_data_sm,
    CommandId.ALERT_NOTIFICATION: _decode_alert,
    CommandId.CANCEL_SM: _decode_cancel_sm,
}

# Any: see codec._ENCODERS.
ENCODERS: Final[dict[type, Callable[[Any], bytes]]] = {
    QuerySm: _encode_query_sm,
    QuerySmResp: lambda pdu: _build("query_sm_resp", _QUERY_SM_RESP, pdu, pdu.status),
    DataSm: lambda pdu: _with_tlvs(_build("data_sm", _DATA_SM, pdu), pack_tlvs(pdu.tlvs)),
    AlertNotification: lambda pdu: _with_tlvs(_build("alert_notification", _ALERT, pdu), pack_tlvs(pdu.tlvs)),
    CancelSm: _encode_cancel_sm,
}
