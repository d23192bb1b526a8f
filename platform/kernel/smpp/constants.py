"""Numbers of the SMPP 3.4 and 5.0 specifications under their own names."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Final

HEADER_SIZE: Final = 16
RESPONSE: Final = 0x80000000
"""Bit 31 of a command_id marks a response (3.4 section 5.1.2.1)."""
MAX_SEQUENCE: Final = 0x7FFFFFFF
"""Sequence numbers run from 1 to this (3.4 section 5.1.4)."""
MAX_SHORT_MESSAGE: Final = 254
"""Longest short_message in octets (3.4 section 5.2.22); longer texts travel as message_payload."""
VERSION_33: Final = 0x33
VERSION_34: Final = 0x34
VERSION_50: Final = 0x50


class CommandId(IntEnum):
    """3.4 section 5.1.2.1; the broadcast commands are 5.0."""

    GENERIC_NACK = 0x80000000
    BIND_RECEIVER = 0x01
    BIND_RECEIVER_RESP = 0x80000001
    BIND_TRANSMITTER = 0x02
    BIND_TRANSMITTER_RESP = 0x80000002
    QUERY_SM = 0x03
    QUERY_SM_RESP = 0x80000003
    SUBMIT_SM = 0x04
    SUBMIT_SM_RESP = 0x80000004
    DELIVER_SM = 0x05
    DELIVER_SM_RESP = 0x80000005
    UNBIND = 0x06
    UNBIND_RESP = 0x80000006
    REPLACE_SM = 0x07
    REPLACE_SM_RESP = 0x80000007
    CANCEL_SM = 0x08
    CANCEL_SM_RESP = 0x80000008
    BIND_TRANSCEIVER = 0x09
    BIND_TRANSCEIVER_RESP = 0x80000009
    OUTBIND = 0x0B
    ENQUIRE_LINK = 0x15
    ENQUIRE_LINK_RESP = 0x80000015
    SUBMIT_MULTI = 0x21
    SUBMIT_MULTI_RESP = 0x80000021
    ALERT_NOTIFICATION = 0x0102
    DATA_SM = 0x0103
    DATA_SM_RESP = 0x80000103
    BROADCAST_SM = 0x0111
    BROADCAST_SM_RESP = 0x80000111
    QUERY_BROADCAST_SM = 0x0112
    QUERY_BROADCAST_SM_RESP = 0x80000112
    CANCEL_BROADCAST_SM = 0x0113
    CANCEL_BROADCAST_SM_RESP = 0x80000113


class BindKind(IntEnum):
    """What a bind may do; the value is the command_id of its request (3.4 section 2.2)."""

    RECEIVER = 0x01
    TRANSMITTER = 0x02
    TRANSCEIVER = 0x09


class CommandStatus(IntEnum):
    """3.4 section 5.1.3 and, from RSERTYPUNAUTH on, 5.0 section 4.7.6. Peers send other numbers too: never parse
    into this."""

    ROK = 0x00
    RINVMSGLEN = 0x01
    RINVCMDLEN = 0x02
    RINVCMDID = 0x03
    RINVBNDSTS = 0x04
    RALYBND = 0x05
    RINVPRTFLG = 0x06
    RINVREGDLVFLG = 0x07
    RSYSERR = 0x08
    RINVSRCADR = 0x0A
    RINVDSTADR = 0x0B
    RINVMSGID = 0x0C
    RBINDFAIL = 0x0D
    RINVPASWD = 0x0E
    RINVSYSID = 0x0F
    RCANCELFAIL = 0x11
    RREPLACEFAIL = 0x13
    RMSGQFUL = 0x14
    RINVSERTYP = 0x15
    RINVNUMDESTS = 0x33
    RINVDLNAME = 0x34
    RINVDESTFLAG = 0x40
    RINVSUBREP = 0x42
    RINVESMCLASS = 0x43
    RCNTSUBDL = 0x44
    RSUBMITFAIL = 0x45
    RINVSRCTON = 0x48
    RINVSRCNPI = 0x49
    RINVDSTTON = 0x50
    RINVDSTNPI = 0x51
    RINVSYSTYP = 0x53
    RINVREPFLAG = 0x54
    RINVNUMMSGS = 0x55
    RTHROTTLED = 0x58
    RINVSCHED = 0x61
    RINVEXPIRY = 0x62
    RINVDFTMSGID = 0x63
    RX_T_APPN = 0x64
    RX_P_APPN = 0x65
    RX_R_APPN = 0x66
    RQUERYFAIL = 0x67
    RINVOPTPARSTREAM = 0xC0
    ROPTPARNOTALLWD = 0xC1
    RINVPARLEN = 0xC2
    RMISSINGOPTPARAM = 0xC3
    RINVOPTPARAMVAL = 0xC4
    RDELIVERYFAILURE = 0xFE
    RUNKNOWNERR = 0xFF
    RSERTYPUNAUTH = 0x0100
    RPROHIBITED = 0x0101
    RSERTYPUNAVAIL = 0x0102
    RSERTYPDENIED = 0x0103
    RINVDCS = 0x0104
    RINVSRCADDRSUBUNIT = 0x0105
    RINVDSTADDRSUBUNIT = 0x0106
    RINVBCASTFREQINT = 0x0107
    RINVBCASTALIAS_NAME = 0x0108
    RINVBCASTAREAFMT = 0x0109
    RINVNUMBCAST_AREAS = 0x010A
    RINVBCASTCNTTYPE = 0x010B
    RINVBCASTMSGCLASS = 0x010C
    RBCASTFAIL = 0x010D
    RBCASTQUERYFAIL = 0x010E
    RBCASTCANCELFAIL = 0x010F
    RINVBCAST_REP = 0x0110
    RINVBCASTSRVGRP = 0x0111
    RINVBCASTCHANIND = 0x0112


class Tag(IntEnum):
    """Optional parameters (3.4 section 5.3.2) that somebody here reads or writes, and the three of Indian
    registration."""

    ADDITIONAL_STATUS_INFO_TEXT = 0x001D
    RECEIPTED_MESSAGE_ID = 0x001E
    USER_MESSAGE_REFERENCE = 0x0204
    SOURCE_PORT = 0x020A
    DESTINATION_PORT = 0x020B
    SAR_MSG_REF_NUM = 0x020C
    SAR_TOTAL_SEGMENTS = 0x020E
    SAR_SEGMENT_SEQNUM = 0x020F
    SC_INTERFACE_VERSION = 0x0210
    CALLBACK_NUM = 0x0381
    DPF_RESULT = 0x0420
    SET_DPF = 0x0421
    MS_AVAILABILITY_STATUS = 0x0422
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    DELIVERY_FAILURE_REASON = 0x0425
    MORE_MESSAGES_TO_SEND = 0x0426
    MESSAGE_STATE = 0x0427
    CONGESTION_STATE = 0x0428
    DLT_ENTITY_ID = 0x1400
    DLT_TEMPLATE_ID = 0x1401
    DLT_CHAIN_HASH = 0x1402


class MessageState(IntEnum):
    """3.4 section 5.2.28; SCHEDULED and SKIPPED are 5.0."""

    SCHEDULED = 0
    ENROUTE = 1
    DELIVERED = 2
    EXPIRED = 3
    DELETED = 4
    UNDELIVERABLE = 5
    ACCEPTED = 6
    UNKNOWN = 7
    REJECTED = 8
    SKIPPED = 9


class Ton(IntEnum):
    """Type of number, 3.4 section 5.2.5."""

    UNKNOWN = 0
    INTERNATIONAL = 1
    NATIONAL = 2
    NETWORK = 3
    SUBSCRIBER = 4
    ALPHANUMERIC = 5
    ABBREVIATED = 6


class Npi(IntEnum):
    """Numbering plan, 3.4 section 5.2.6."""

    UNKNOWN = 0
    ISDN = 1
    DATA = 3
    TELEX = 4
    LAND_MOBILE = 6
    NATIONAL = 8
    PRIVATE = 9
    ERMES = 10
    INTERNET = 14
    WAP = 18


class EsmClass(IntFlag):
    """3.4 section 5.2.12. The middle four bits (TYPE_MASK) say what a deliver_sm is."""

    DEFAULT = 0x00
    RECEIPT = 0x04
    DELIVERY_ACK = 0x08
    USER_ACK = 0x10
    CONVERSATION_ABORT = 0x18
    INTERMEDIATE = 0x20
    TYPE_MASK = 0x3C
    UDHI = 0x40
    REPLY_PATH = 0x80


class DataCoding(IntEnum):
    """3.4 section 5.2.19: the codings we send; others arrive."""

    DEFAULT = 0x00
    LATIN1 = 0x03
    BINARY = 0x04
    UCS2 = 0x08


def status_name(status: int) -> str:
    """Name for logs and people: `ESME_RTHROTTLED (0x58)`, or the bare number where the specification has none."""
    try:
        return f"ESME_{CommandStatus(status).name} (0x{status:02X})"
    except ValueError:
        return f"0x{status:08X}"


def command_name(command_id: int) -> str:
    """`submit_sm_resp` for 0x80000004; the bare number for an unknown command."""
    try:
        return CommandId(command_id).name.lower()
    except ValueError:
        return f"0x{command_id:08X}"
