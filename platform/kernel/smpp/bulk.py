"""The hot path: messages and answers packed by the thousand, everything that does not change joined once.

Measured as the reason for this module: a PDU object and `encode` cost several times the packing itself.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final

from kernel.smpp.constants import HEADER_SIZE, MAX_SHORT_MESSAGE, CommandId
from kernel.smpp.errors import LocalProtocolError
from kernel.smpp.fields import pack_octet, pack_text
from kernel.smpp.tlv import Tlv, pack_tlvs

_HEADER: Final = struct.Struct(">IIII")
_SUBMIT_SM: Final = int(CommandId.SUBMIT_SM)
_DELIVER_SM: Final = int(CommandId.DELIVER_SM)
_SUBMIT_SM_RESP: Final = int(CommandId.SUBMIT_SM_RESP)
_DELIVER_SM_RESP: Final = int(CommandId.DELIVER_SM_RESP)
OCTET: Final = tuple(bytes((n,)) for n in range(MAX_SHORT_MESSAGE + 1))
_MAX_ADDRESS: Final = 20


class SubmitTemplate:
    """The constant parts of submit_sm for one route, sender and registration: make one per stride or keep it.

    `validity_period` is an SMPP time (`times.format_relative`). `tlvs` follow every message, in front of those of the
    message. Raises LocalProtocolError for values their fields cannot hold.
    """

    __slots__ = ("_fixed", "_middles", "head", "tail")

    def __init__(
        self,
        *,
        source_addr: str,
        source_ton: int,
        source_npi: int,
        dest_ton: int = 1,
        dest_npi: int = 1,
        service_type: str = "",
        protocol_id: int = 0,
        priority_flag: int = 0,
        validity_period: str = "",
        registered_delivery: int = 1,
        tlvs: Iterable[Tlv] = (),
    ) -> None:
        octets = {"source_ton": source_ton, "source_npi": source_npi, "dest_ton": dest_ton, "dest_npi": dest_npi}
        ton = bytes([pack_octet(value, name) for name, value in octets.items()])
        source = pack_text(source_addr, 21, "source_addr")
        self.head = pack_text(service_type, 6, "service_type") + ton[:2] + source + ton[2:]
        # protocol_id, priority_flag, empty schedule_delivery_time, validity_period, registered_delivery, and a
        # replace_if_present_flag of 0: replacing goes by sender and recipient and would eat a passcode.
        self._fixed = (
            bytes((pack_octet(protocol_id, "protocol_id"), pack_octet(priority_flag, "priority_flag"), 0))
            + pack_text(validity_period, 17, "validity_period")
            + bytes((pack_octet(registered_delivery, "registered_delivery"), 0))
        )
        self._middles: dict[tuple[int, int], bytes] = {}
        self.tail = pack_tlvs(tlvs)

    def middle(self, esm_class: int, data_coding: int) -> bytes:
        """Everything from the NUL of destination_addr to sm_default_msg_id."""
        key = esm_class, data_coding
        found = self._middles.get(key)
        if found is None:
            esm, coding = pack_octet(esm_class, "esm_class"), pack_octet(data_coding, "data_coding")
            found = self._middles[key] = b"\0" + bytes((esm,)) + self._fixed + bytes((coding, 0))
        return found


def submit_body(
    template: SubmitTemplate,
    recipient: bytes,
    short_message: bytes,
    *,
    esm_class: int = 0,
    data_coding: int = 0,
    tlvs: bytes = b"",
) -> bytes:
    """A submit_sm behind its header. `recipient` is ASCII digits without a plus, `tlvs` already packed.

    Raises LocalProtocolError when the recipient is not 1 to 20 digits (anything else could smuggle in fields) or
    short_message is over 254 octets.
    """
    length = len(short_message)
    if not recipient.isdigit() or len(recipient) > _MAX_ADDRESS or length > MAX_SHORT_MESSAGE:
        raise LocalProtocolError(f"recipient of {len(recipient)} octets or short_message of {length} octets refused")
    middle = template.middle(esm_class, data_coding)
    return b"".join((template.head, recipient, middle, OCTET[length], short_message, template.tail, tlvs))


def pack_submits(sequences: Iterable[int], bodies: Iterable[bytes]) -> bytes:
    """submit_sm of each body, joined."""
    return _packed(_SUBMIT_SM, sequences, bodies)


def _packed(command_id: int, sequences: Iterable[int], bodies: Iterable[bytes]) -> bytes:
    pack = _HEADER.pack
    return b"".join(
        [
            pack(HEADER_SIZE + len(body), command_id, 0, sequence) + body
            for sequence, body in zip(sequences, bodies, strict=True)
        ]
    )


def deliver_body(
    source: bytes,
    destination: bytes,
    short_message: bytes,
    *,
    esm_class: int = 0,
    data_coding: int = 0,
    source_ton_npi: bytes = b"\1\1",
    dest_ton_npi: bytes = b"\5\0",
    tlvs: bytes = b"",
) -> bytes:
    """A deliver_sm behind its header, with empty service type and times, as centres send receipts and inbound texts;
    `tlvs` already packed.

    Raises LocalProtocolError for an address over 20 octets or with a NUL, and a short_message over 254.
    """
    length = len(short_message)
    if max(len(source), len(destination)) > _MAX_ADDRESS or b"\0" in source + destination or length > MAX_SHORT_MESSAGE:
        raise LocalProtocolError("an address or short_message of this deliver_sm does not fit")
    return b"\0%b%b\0%b%b\0%c\0\0\0\0\0\0%c\0%c%b%b" % (
        source_ton_npi, source, dest_ton_npi, destination, esm_class, data_coding, length, short_message, tlvs,
    )  # fmt: skip


def pack_delivers(sequences: Iterable[int], bodies: Iterable[bytes]) -> bytes:
    """deliver_sm of each body, joined."""
    return _packed(_DELIVER_SM, sequences, bodies)


def pack_deliver_resps(sequences: Iterable[int], status: int = 0) -> bytes:
    """deliver_sm_resp for each, joined: the acknowledgement of a committed stride."""
    pack = _HEADER.pack
    return b"".join([pack(17, _DELIVER_SM_RESP, status, sequence) + b"\0" for sequence in sequences])


def pack_submit_resps(answers: Iterable[tuple[int, int, bytes]]) -> bytes:
    """submit_sm_resp for each (sequence, status, message_id), joined. The id is at most 64 octets without NUL."""
    pack = _HEADER.pack
    return b"".join(
        [
            pack(17 + len(message_id), _SUBMIT_SM_RESP, status, sequence) + message_id + b"\0"
            for sequence, status, message_id in answers
        ]
    )
