"""Octets to PDUs and back. submit_sm, deliver_sm, binds, their responses and every TLV by struct; the rare PDUs in
`rare`.

Layouts are those of SMPP 3.4 section 4; a header is command_length, command_id, command_status, sequence_number, each
of four octets, big-endian (section 3.2).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final, TypeVar

from kernel.smpp import rare
from kernel.smpp.constants import (
    HEADER_SIZE,
    MAX_SHORT_MESSAGE,
    RESPONSE,
    BindKind,
    CommandId,
    CommandStatus,
    command_name,
)
from kernel.smpp.errors import LocalProtocolError, RemoteProtocolError
from kernel.smpp.fields import Cursor, pack_octet, pack_text
from kernel.smpp.pdu import (
    Bind,
    BindResp,
    CancelSmResp,
    DataSmResp,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Other,
    Pdu,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
)
from kernel.smpp.tlv import Tlv, pack_tlvs, walk_tlvs

HEADER: Final = struct.Struct(">IIII")

# registered_delivery, replace_if_present_flag, data_coding, sm_default_msg_id, sm_length (5.2.17 to 5.2.21).
_FIXED: Final = struct.Struct(">BBBBB")

_MessageT = TypeVar("_MessageT", SubmitSm, DeliverSm)
_IdRespT = TypeVar("_IdRespT", SubmitSmResp, DeliverSmResp, DataSmResp)


def decode(frame: bytes | memoryview) -> Pdu:
    """One whole PDU, header included, as its class; `Other` for commands without one.

    Raises RemoteProtocolError when command_length is not the frame's length or the mandatory part is cut off. Oddities
    that leave the mandatory part readable are tolerated and named in `faults`.
    """
    data = frame if isinstance(frame, bytes) else bytes(frame)
    if len(data) < HEADER_SIZE:
        raise RemoteProtocolError(CommandStatus.RINVCMDLEN, "invalid_length", f"a frame of {len(data)} octets")
    length, command_id, status, sequence = HEADER.unpack_from(data)
    if length != len(data):
        raise RemoteProtocolError(CommandStatus.RINVCMDLEN, "invalid_length", f"{length} is not {len(data)} octets")
    decoder = _DECODERS.get(command_id)
    if decoder is None:
        return Other(command_id, sequence, status, data[HEADER_SIZE:])
    return decoder(data, status, sequence)


def encode(pdu: Pdu) -> bytes:
    """The PDU's octets. Raises LocalProtocolError for a value its field cannot hold and for a class that is no PDU."""
    encoder = _ENCODERS.get(type(pdu))
    if encoder is None:
        raise LocalProtocolError(f"{type(pdu).__name__} is not a PDU")
    octets: bytes = encoder(pdu)
    return octets


def header_only(command_id: int, status: int, sequence: int) -> bytes:
    """A PDU without a body. Raises LocalProtocolError when a number does not fit four octets."""
    return _frame(command_id, status, sequence, b"")


def _frame(command_id: int, status: int, sequence: int, body: bytes) -> bytes:
    try:
        return HEADER.pack(HEADER_SIZE + len(body), command_id, status, sequence) + body
    except struct.error as error:
        raise LocalProtocolError(f"{command_name(command_id)}: {status} or {sequence} does not fit") from error


# -- submit_sm and deliver_sm, sections 4.4.1 and 4.6.1 ----------------------------------------------------------------


def _message_decoder(cls: type[_MessageT]) -> Callable[[bytes, int, int], _MessageT]:
    def read(frame: bytes, status: int, sequence: int) -> _MessageT:
        del status  # section 5.1.3: unused in requests, and some peers leave rubbish in it
        try:
            # Offsets of the five NULs; between them lie octets of fixed width.
            service = frame.index(0, HEADER_SIZE)
            source = frame.index(0, service + 3)
            dest = frame.index(0, source + 3)
            schedule = frame.index(0, dest + 4)
            validity = frame.index(0, schedule + 1)
            registered, replace, coding, canned, length = _FIXED.unpack_from(frame, validity + 1)
        except (ValueError, struct.error) as error:
            # RINVMSGLEN rather than RINVCMDLEN: centres take it as a fault of this message and go on with the next.
            raise RemoteProtocolError(CommandStatus.RINVMSGLEN, "truncated", f"{cls.__name__} ends early") from error
        start = validity + 6
        stop = start + length
        tlvs, faults = _NOTHING if stop == len(frame) else walk_tlvs(frame, stop)
        if stop > len(frame):
            faults = ("sm_length",)
        return cls(
            tlvs,
            faults,
            sequence,
            frame[HEADER_SIZE:service].decode("latin-1"),
            frame[service + 1],
            frame[service + 2],
            frame[service + 3 : source].decode("latin-1"),
            frame[source + 1],
            frame[source + 2],
            frame[source + 3 : dest].decode("latin-1"),
            frame[dest + 1],
            frame[dest + 2],
            frame[dest + 3],
            frame[dest + 4 : schedule].decode("latin-1"),
            frame[schedule + 1 : validity].decode("latin-1"),
            registered,
            replace,
            coding,
            canned,
            frame[start:stop],
        )

    return read


_NOTHING: Final[tuple[tuple[Tlv, ...], tuple[str, ...]]] = ((), ())


def _encode_message(pdu: SubmitSm | DeliverSm) -> bytes:
    length = len(pdu.short_message)
    if length > MAX_SHORT_MESSAGE:
        raise LocalProtocolError(f"short_message has {length} octets, at most {MAX_SHORT_MESSAGE}: use message_payload")
    body = b"".join(
        (
            pack_text(pdu.service_type, 6, "service_type"),
            _octets(pdu, "source_ton", "source_npi"),
            pack_text(pdu.source_addr, 21, "source_addr"),
            _octets(pdu, "dest_ton", "dest_npi"),
            pack_text(pdu.destination_addr, 21, "destination_addr"),
            _octets(pdu, "esm_class", "protocol_id", "priority_flag"),
            pack_text(pdu.schedule_delivery_time, 17, "schedule_delivery_time"),
            pack_text(pdu.validity_period, 17, "validity_period"),
            _octets(pdu, "registered_delivery", "replace_if_present_flag", "data_coding", "sm_default_msg_id"),
            bytes((length,)),
            pdu.short_message,
            pack_tlvs(pdu.tlvs),
        )
    )
    return _frame(pdu.command_id, 0, pdu.sequence, body)


def _octets(pdu: object, *names: str) -> bytes:
    return bytes([pack_octet(getattr(pdu, name), name) for name in names])


# -- responses with a message_id, sections 4.4.2, 4.6.2 and 4.7.2 ------------------------------------------------------


def read_message_id(frame: bytes) -> tuple[str, tuple[Tlv, ...], tuple[str, ...]]:
    """message_id, TLVs and faults of a response. Nothing after the header, one NUL, and text without NUL are all
    accepted: links have been dropped for less, and the id is the last thing that may be lost."""
    end = frame.find(b"\0", HEADER_SIZE)
    if end < 0:
        return frame[HEADER_SIZE:].decode("latin-1"), (), ()
    message_id = frame[HEADER_SIZE:end].decode("latin-1")
    if end + 1 == len(frame):
        return message_id, (), ()
    return message_id, *walk_tlvs(frame, end + 1)


def _id_resp_decoder(cls: type[_IdRespT]) -> Callable[[bytes, int, int], _IdRespT]:
    def read(frame: bytes, status: int, sequence: int) -> _IdRespT:
        message_id, tlvs, faults = read_message_id(frame)
        return cls(tlvs, faults, sequence, status, message_id)

    return read


def _encode_id_resp(pdu: SubmitSmResp | DeliverSmResp | DataSmResp) -> bytes:
    # With an error the body is optional; an empty id as one NUL is what every client reads.
    body = pack_text(pdu.message_id, 65, "message_id") + pack_tlvs(pdu.tlvs)
    return _frame(pdu.command_id, pdu.status, pdu.sequence, body)


# -- binds, section 4.1 ------------------------------------------------------------------------------------------------


def _decode_bind(frame: bytes, status: int, sequence: int) -> Bind:
    del status
    kind = BindKind(frame[7])
    cursor = Cursor(frame, HEADER_SIZE)
    system_id, password, system_type = cursor.text(), cursor.text(), cursor.text()
    version, ton, npi = cursor.octet(), cursor.octet(), cursor.octet()
    address_range = cursor.text()
    tlvs, faults = walk_tlvs(frame, cursor.at)
    return Bind(tlvs, faults, sequence, kind, system_id, password, system_type, version, ton, npi, address_range)


def _encode_bind(pdu: Bind) -> bytes:
    body = b"".join(
        (
            pack_text(pdu.system_id, 16, "system_id"),
            pack_text(pdu.password, 9, "password"),
            pack_text(pdu.system_type, 13, "system_type"),
            _octets(pdu, "interface_version", "addr_ton", "addr_npi"),
            pack_text(pdu.address_range, 41, "address_range"),
            pack_tlvs(pdu.tlvs),
        )
    )
    return _frame(pdu.command_id, 0, pdu.sequence, body)


def _decode_bind_resp(frame: bytes, status: int, sequence: int) -> BindResp:
    # A system_id without NUL and a missing body are as common here as in submit_sm_resp.
    system_id, tlvs, faults = read_message_id(frame)
    return BindResp(tlvs, faults, sequence, status, BindKind(frame[7]), system_id)


def _encode_bind_resp(pdu: BindResp) -> bytes:
    body = pack_text(pdu.system_id, 16, "system_id") + pack_tlvs(pdu.tlvs)
    return _frame(pdu.command_id, pdu.status, pdu.sequence, body)


# -- header only, sections 4.2, 4.3, 4.9.2 and 4.11; octets behind the header are ignored ------------------------------

_BareResp = EnquireLinkResp | UnbindResp | GenericNack | CancelSmResp


def _encode_bare(pdu: EnquireLink | Unbind) -> bytes:
    return _frame(pdu.command_id, 0, pdu.sequence, b"")


def _encode_bare_resp(pdu: _BareResp) -> bytes:
    return _frame(pdu.command_id, pdu.status, pdu.sequence, b"")


def _encode_other(pdu: Other) -> bytes:
    return _frame(pdu.command_id, pdu.status, pdu.sequence, pdu.body)


_DECODERS: Final[dict[int, Callable[[bytes, int, int], Pdu]]] = {
    CommandId.SUBMIT_SM: _message_decoder(SubmitSm),
    CommandId.DELIVER_SM: _message_decoder(DeliverSm),
    CommandId.SUBMIT_SM_RESP: _id_resp_decoder(SubmitSmResp),
    CommandId.DELIVER_SM_RESP: _id_resp_decoder(DeliverSmResp),
    CommandId.DATA_SM_RESP: _id_resp_decoder(DataSmResp),
    **dict.fromkeys(BindKind, _decode_bind),
    **{kind | RESPONSE: _decode_bind_resp for kind in BindKind},
    CommandId.ENQUIRE_LINK: lambda _frame, _status, sequence: EnquireLink(sequence),
    CommandId.ENQUIRE_LINK_RESP: lambda _frame, status, sequence: EnquireLinkResp(sequence, status),
    CommandId.UNBIND: lambda _frame, _status, sequence: Unbind(sequence),
    CommandId.UNBIND_RESP: lambda _frame, status, sequence: UnbindResp(sequence, status),
    CommandId.GENERIC_NACK: lambda _frame, status, sequence: GenericNack(sequence, status),
    CommandId.CANCEL_SM_RESP: lambda _frame, status, sequence: CancelSmResp(sequence, status),
    **rare.DECODERS,
}

# Any: the key is the class whose instances its function takes, which a dict's type cannot say.
_ENCODERS: Final[dict[type, Callable[[Any], bytes]]] = {
    SubmitSm: _encode_message,
    DeliverSm: _encode_message,
    SubmitSmResp: _encode_id_resp,
    DeliverSmResp: _encode_id_resp,
    DataSmResp: _encode_id_resp,
    Bind: _encode_bind,
    BindResp: _encode_bind_resp,
    EnquireLink: _encode_bare,
    Unbind: _encode_bare,
    EnquireLinkResp: _encode_bare_resp,
    UnbindResp: _encode_bare_resp,
    GenericNack: _encode_bare_resp,
    CancelSmResp: _encode_bare_resp,
    Other: _encode_other,
    **rare.ENCODERS,
}
