"""PDUs as values: one frozen class per PDU that somebody here reads or writes.

C-octet strings are `str` decoded as Latin-1, so that every octet a peer sends survives a round trip; their length
limits are checked when a PDU is encoded, not when it is read. `faults` names the oddities the decoder tolerated
(`sm_length`, `tlv_truncated`, `trailing_octets`); encoding ignores it. A PDU built for sending may leave `sequence` at
0: the session numbers it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

from kernel.smpp.constants import RESPONSE, BindKind, CommandId, Tag
from kernel.smpp.tlv import Tlv, find_tlv, tlv_int


class Pdu(Protocol):
    """What every PDU has."""

    @property
    def command_id(self) -> int: ...
    @property
    def sequence(self) -> int: ...


@dataclass(frozen=True, slots=True)
class _WithTlvs:
    """The end of every PDU with a body."""

    tlvs: tuple[Tlv, ...] = ()
    faults: tuple[str, ...] = ()

    def tlv(self, tag: int) -> bytes | None:
        """Value of the first TLV with this tag, None when there is none."""
        return find_tlv(self.tlvs, tag)


@dataclass(frozen=True, slots=True)
class _Message(_WithTlvs):
    """submit_sm and deliver_sm have the same layout: 3.4 sections 4.4.1 and 4.6.1."""

    sequence: int = 0
    service_type: str = ""  # 5.2.11, C6
    source_ton: int = 0  # 5.2.5
    source_npi: int = 0  # 5.2.6
    source_addr: str = ""  # 5.2.8, C21
    dest_ton: int = 1  # 5.2.5
    dest_npi: int = 1  # 5.2.6
    destination_addr: str = ""  # 5.2.9, C21: digits without a plus
    esm_class: int = 0  # 5.2.12
    protocol_id: int = 0  # 5.2.13
    priority_flag: int = 0  # 5.2.14
    schedule_delivery_time: str = ""  # 5.2.15, C1 or C17
    validity_period: str = ""  # 5.2.16, C1 or C17
    registered_delivery: int = 0  # 5.2.17
    replace_if_present_flag: int = 0  # 5.2.18
    data_coding: int = 0  # 5.2.19
    sm_default_msg_id: int = 0  # 5.2.20
    short_message: bytes = b""  # 5.2.21 and 5.2.22, at most 254 octets

    @property
    def body(self) -> bytes:
        """The user data: message_payload when it is there (5.3.2.32), else short_message; a UDH is still in front."""
        payload = find_tlv(self.tlvs, Tag.MESSAGE_PAYLOAD) if self.tlvs else None
        return self.short_message if payload is None else payload


@dataclass(frozen=True, slots=True)
class SubmitSm(_Message):
    """A message from the ESME, 3.4 section 4.4.1."""

    command_id: ClassVar[int] = CommandId.SUBMIT_SM


@dataclass(frozen=True, slots=True)
class DeliverSm(_Message):
    """An inbound message, a receipt or a notification, 3.4 section 4.6.1; `receipts.parse_receipt` tells which."""

    command_id: ClassVar[int] = CommandId.DELIVER_SM


@dataclass(frozen=True, slots=True)
class _IdResp(_WithTlvs):
    """Responses whose body is a message_id; empty when the peer left it out."""

    sequence: int = 0
    status: int = 0
    message_id: str = ""  # 5.2.23, C65


@dataclass(frozen=True, slots=True)
class SubmitSmResp(_IdResp):
    """3.4 section 4.4.2. On an error the body may be absent, one NUL, or text: all are read."""

    command_id: ClassVar[int] = CommandId.SUBMIT_SM_RESP


@dataclass(frozen=True, slots=True)
class DeliverSmResp(_IdResp):
    """3.4 section 4.6.2: message_id is unused and sent as one NUL."""

    command_id: ClassVar[int] = CommandId.DELIVER_SM_RESP


@dataclass(frozen=True, slots=True)
class DataSmResp(_IdResp):
    """3.4 section 4.7.2."""

    command_id: ClassVar[int] = CommandId.DATA_SM_RESP


@dataclass(frozen=True, slots=True)
class Bind(_WithTlvs):
    """bind_receiver, bind_transmitter and bind_transceiver, 3.4 sections 4.1.1 to 4.1.5."""

    sequence: int = 0
    kind: BindKind = BindKind.TRANSCEIVER
    system_id: str = ""  # 5.2.1, C16
    password: str = ""  # 5.2.2, C9
    system_type: str = ""  # 5.2.3, C13
    interface_version: int = 0x34  # 5.2.4
    addr_ton: int = 0  # 5.2.5
    addr_npi: int = 0  # 5.2.6
    address_range: str = ""  # 5.2.7, C41

    @property
    def command_id(self) -> int:
        return int(self.kind)

    def __repr__(self) -> str:
        """Without the password: PDUs end up in logs and tracebacks."""
        return f"Bind(sequence={self.sequence}, kind={self.kind.name}, system_id={self.system_id!r})"


@dataclass(frozen=True, slots=True)
class BindResp(_WithTlvs):
    """3.4 sections 4.1.2 to 4.1.6. On an error the body may be absent."""

    sequence: int = 0
    status: int = 0
    kind: BindKind = BindKind.TRANSCEIVER
    system_id: str = ""  # 5.2.1, C16

    @property
    def command_id(self) -> int:
        return self.kind | RESPONSE

    @property
    def interface_version(self) -> int | None:
        """sc_interface_version (5.3.2.25). None where it is left out, which most 3.4 centres do: no proof of 3.3."""
        value = self.tlv(Tag.SC_INTERFACE_VERSION)
        return None if value is None else tlv_int(value)


@dataclass(frozen=True, slots=True)
class EnquireLink:
    """3.4 section 4.11.1."""

    sequence: int = 0
    command_id: ClassVar[int] = CommandId.ENQUIRE_LINK


@dataclass(frozen=True, slots=True)
class EnquireLinkResp:
    """3.4 section 4.11.2."""

    sequence: int = 0
    status: int = 0
    command_id: ClassVar[int] = CommandId.ENQUIRE_LINK_RESP


@dataclass(frozen=True, slots=True)
class Unbind:
    """3.4 section 4.2.1."""

    sequence: int = 0
    command_id: ClassVar[int] = CommandId.UNBIND


@dataclass(frozen=True, slots=True)
class UnbindResp:
    """3.4 section 4.2.2."""

    sequence: int = 0
    status: int = 0
    command_id: ClassVar[int] = CommandId.UNBIND_RESP


@dataclass(frozen=True, slots=True)
class GenericNack:
    """3.4 section 4.3.1. Sequence 0 when the refused PDU's own could not be read."""

    sequence: int = 0
    status: int = 0
    command_id: ClassVar[int] = CommandId.GENERIC_NACK


@dataclass(frozen=True, slots=True)
class QuerySm:
    """3.4 section 4.8.1."""

    sequence: int = 0
    message_id: str = ""  # 5.2.23, C65, never empty
    source_ton: int = 0
    source_npi: int = 0
    source_addr: str = ""  # C21, equal to that of the submit_sm
    command_id: ClassVar[int] = CommandId.QUERY_SM


@dataclass(frozen=True, slots=True)
class QuerySmResp:
    """3.4 section 4.8.2."""

    sequence: int = 0
    status: int = 0
    message_id: str = ""  # C65
    final_date: str = ""  # C1 or C17
    message_state: int = 0  # 5.2.28
    error_code: int = 0  # of the network, its own numbering
    command_id: ClassVar[int] = CommandId.QUERY_SM_RESP


@dataclass(frozen=True, slots=True)
class CancelSm:
    """3.4 section 4.9.1. An empty message_id would cancel many messages, so it is refused when encoded."""

    sequence: int = 0
    service_type: str = ""  # C6
    message_id: str = ""  # C65
    source_ton: int = 0
    source_npi: int = 0
    source_addr: str = ""  # C21
    dest_ton: int = 0
    dest_npi: int = 0
    destination_addr: str = ""  # C21
    command_id: ClassVar[int] = CommandId.CANCEL_SM


@dataclass(frozen=True, slots=True)
class CancelSmResp:
    """3.4 section 4.9.2."""

    sequence: int = 0
    status: int = 0
    command_id: ClassVar[int] = CommandId.CANCEL_SM_RESP


@dataclass(frozen=True, slots=True)
class DataSm(_WithTlvs):
    """3.4 section 4.7.1: the text is always message_payload; some centres send receipts so."""

    sequence: int = 0
    service_type: str = ""  # C6
    source_ton: int = 0
    source_npi: int = 0
    source_addr: str = ""  # C65 on paper; written as C21, read at any length
    dest_ton: int = 1
    dest_npi: int = 1
    destination_addr: str = ""  # as source_addr
    esm_class: int = 0
    registered_delivery: int = 0
    data_coding: int = 0
    command_id: ClassVar[int] = CommandId.DATA_SM

    @property
    def body(self) -> bytes:
        """The user data, empty without message_payload."""
        return self.tlv(Tag.MESSAGE_PAYLOAD) or b""


@dataclass(frozen=True, slots=True)
class AlertNotification(_WithTlvs):
    """3.4 section 4.12.1: the handset is reachable again. It has no response."""

    sequence: int = 0
    source_ton: int = 0
    source_npi: int = 0
    source_addr: str = ""
    esme_ton: int = 0
    esme_npi: int = 0
    esme_addr: str = ""
    command_id: ClassVar[int] = CommandId.ALERT_NOTIFICATION


@dataclass(frozen=True, slots=True)
class Other:
    """Any PDU without a class of its own, requests and responses alike, body untouched."""

    command_id: int
    sequence: int = 0
    status: int = 0
    body: bytes = b""


NO_RESPONSE: Final = frozenset({int(CommandId.OUTBIND), int(CommandId.ALERT_NOTIFICATION)})
"""Requests that are never answered (3.4 sections 4.1.7 and 4.12)."""
