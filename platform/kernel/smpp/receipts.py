"""Delivery receipts: what a deliver_sm or data_sm says about a message sent before.

The form of SMPP 3.4 appendix B is a suggestion, and every centre has its own; the deviations this reads are the
fixtures of `tests/test_receipts.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from kernel.smpp.constants import EsmClass, MessageState, Tag
from kernel.smpp.pdu import DataSm, DeliverSm
from kernel.smpp.tlv import tlv_int, tlv_text


class ReceiptState(StrEnum):
    """What the receipt means for the message; `other` is a word nobody knows, shown raw and alerted."""

    DELIVERED = "delivered"
    EXPIRED = "expired"
    UNDELIVERED = "undelivered"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    ENROUTE = "enroute"
    OTHER = "other"

    @property
    def is_final(self) -> bool:
        """Nothing follows. `unknown` is not counted: a later final state may replace it."""
        return self in FINAL


FINAL: Final = frozenset(
    {ReceiptState.DELIVERED, ReceiptState.EXPIRED, ReceiptState.UNDELIVERED, ReceiptState.REJECTED},
)

# 3.4 appendix B, the words seen besides, and the spelled-out forms.
STAT_WORDS: Final[Mapping[str, ReceiptState]] = {
    "DELIVRD": ReceiptState.DELIVERED,
    "DELIVERED": ReceiptState.DELIVERED,
    "EXPIRED": ReceiptState.EXPIRED,
    "UNDELIV": ReceiptState.UNDELIVERED,
    "UNDELIVERABLE": ReceiptState.UNDELIVERED,
    "FAILED": ReceiptState.UNDELIVERED,
    "DELETED": ReceiptState.UNDELIVERED,
    "SKIPPED": ReceiptState.UNDELIVERED,
    "SYSERR": ReceiptState.UNDELIVERED,
    "REJECTD": ReceiptState.REJECTED,
    "REJECTED": ReceiptState.REJECTED,
    "NOCRED": ReceiptState.REJECTED,
    "UNKNOWN": ReceiptState.UNKNOWN,
    "ACCEPTD": ReceiptState.ACCEPTED,
    "ACCEPTED": ReceiptState.ACCEPTED,
    "ENROUTE": ReceiptState.ENROUTE,
    "BUFFRED": ReceiptState.ENROUTE,
    "SCHEDLD": ReceiptState.ENROUTE,
}

# message_state, 3.4 section 5.2.28.
MESSAGE_STATES: Final[Mapping[int, ReceiptState]] = {
    MessageState.SCHEDULED: ReceiptState.ENROUTE,
    MessageState.ENROUTE: ReceiptState.ENROUTE,
    MessageState.DELIVERED: ReceiptState.DELIVERED,
    MessageState.EXPIRED: ReceiptState.EXPIRED,
    MessageState.DELETED: ReceiptState.UNDELIVERED,
    MessageState.UNDELIVERABLE: ReceiptState.UNDELIVERED,
    MessageState.ACCEPTED: ReceiptState.ACCEPTED,
    MessageState.UNKNOWN: ReceiptState.UNKNOWN,
    MessageState.REJECTED: ReceiptState.REJECTED,
    MessageState.SKIPPED: ReceiptState.UNDELIVERED,
}

# Plain integers: `&` with a member of an IntFlag costs more than the rest of parse_receipt.
_DEFAULT: Final = int(EsmClass.DEFAULT)
_INTERMEDIATE: Final = int(EsmClass.INTERMEDIATE)
_KNOWN_TYPES: Final = frozenset(
    int(kind)
    for kind in (
        EsmClass.DEFAULT,
        EsmClass.RECEIPT,
        EsmClass.DELIVERY_ACK,
        EsmClass.USER_ACK,
        EsmClass.INTERMEDIATE,
    )
)
_TYPE_MASK: Final = int(EsmClass.TYPE_MASK)
_UDHI: Final = int(EsmClass.UDHI)
_BODY_CAP: Final = 1024
_UCS2: Final = 0x08

_KEY: Final = re.compile(
    r"(?:^|[\s,;])(id|sub|dlvrd|submit[ _]?date|done[ _]?date|stat|err|text)\s*[:=]",
    re.IGNORECASE | re.ASCII,
)
_GAP: Final = re.compile(r"[ _]")
# The letter-perfect appendix form, which most centres send: one match instead of a walk over keys. It stops in front of
# `text:` and lets nothing in its values that the walk would read differently.
_APPENDIX: Final = re.compile(
    r"id:([\w-]+) sub:(\d+) dlvrd:(\d+) submit date:(\d+) done date:(\d+) stat:([A-Za-z]+) err:(\w+)(?: text:|$)",
    re.ASCII,
)
_APPENDIX_KEYS: Final = ("id", "sub", "dlvrd", "submitdate", "donedate", "stat", "err")
_WORD: Final = re.compile(r"[A-Za-z]+")
_PADDING: Final = " \t\r\n\"'"


class Receipt(NamedTuple):
    """One receipt, values as the operator wrote them.

    `ids`: the operator's id from TLV 0x001E, then from the text where that differs; empty when it has none. `stat` is
    the word of the text or the number of the TLV. `disagree`: text and TLV told different states. `intermediate`: a
    notification under way (esm_class 0x20), not a receipt. `unmarked`: esm_class did not say that it is one. Dates are
    as written: `receipt_dates.read_date` reads them.
    """

    ids: tuple[str, ...]
    state: ReceiptState
    stat: str = ""
    err: str = ""
    submit_at_raw: str = ""
    done_at_raw: str = ""
    network_error: str = ""
    sub: str = ""
    dlvrd: str = ""
    disagree: bool = False
    intermediate: bool = False
    unmarked: bool = False


def parse_receipt(pdu: DeliverSm | DataSm) -> Receipt | None:
    """The receipt in this PDU, or None when it is an inbound message.

    esm_class decides (3.4 section 5.2.12). Where it says "default", the PDU is a receipt only with both keys `id:` and
    `stat:`, or both TLVs 0x001E and 0x0427: people do write "my id: is fine".
    """
    kind = pdu.esm_class & _TYPE_MASK
    if kind not in _KNOWN_TYPES:
        return None
    fields = read_receipt_text(receipt_text(pdu))
    id_tlv = state_tlv = error_tlv = None
    if pdu.tlvs:
        id_tlv = pdu.tlv(Tag.RECEIPTED_MESSAGE_ID)
        state_tlv = pdu.tlv(Tag.MESSAGE_STATE)
        error_tlv = pdu.tlv(Tag.NETWORK_ERROR_CODE)
    if kind == _DEFAULT:
        said = "id" in fields and "stat" in fields
        if not said and (id_tlv is None or state_tlv is None):
            return None
    state, stat, disagree = _state(fields.get("stat", ""), state_tlv)
    return Receipt(
        _ids(fields.get("id", ""), id_tlv),
        state,
        stat,
        fields.get("err", ""),
        fields.get("submitdate", ""),
        fields.get("donedate", ""),
        _network_error(error_tlv) if error_tlv else "",
        fields.get("sub", ""),
        fields.get("dlvrd", ""),
        disagree,
        kind == _INTERMEDIATE,
        kind == _DEFAULT,
    )


def receipt_text(pdu: DeliverSm | DataSm) -> str:
    """The text of a receipt: payload or short_message without UDH, up to the first NUL, at most 1 KB."""
    body = pdu.body
    if pdu.esm_class & _UDHI and body and body[0] < len(body):
        body = body[body[0] + 1 :]
    if pdu.data_coding == _UCS2:
        # Undecodable halves become U+FFFD; an odd last octet is dropped. Cut at the NUL only once decoded: every second
        # octet of a Latin text is zero in UTF-16.
        text = body[: 2 * _BODY_CAP // 2 * 2].decode("utf-16-be", "replace")
    else:
        text = body[:_BODY_CAP].decode("latin-1")
    return text.partition("\0")[0]


def read_receipt_text(text: str) -> dict[str, str]:
    """Keys of a receipt text, lower case without gaps (`submitdate`), to their values; the first of each key wins.

    Nothing behind `text:` is read, for that is the sender's: it may say `stat:DELIVRD` itself.
    """
    match = _APPENDIX.match(text)
    if match is not None:
        return dict(zip(_APPENDIX_KEYS, match.groups(), strict=True))
    return walk_receipt_text(text)


def walk_receipt_text(text: str) -> dict[str, str]:
    """`read_receipt_text` for any order, spacing and set of keys."""
    fields: dict[str, str] = {}
    name, start = "", 0
    for match in _KEY.finditer(text):
        _keep(fields, name, text[start : match.start()])
        name, start = _GAP.sub("", match[1].lower()), match.end()
        if name == "text":
            break
    else:
        _keep(fields, name, text[start:])
    if "stat" not in fields:
        # "… done date:2611231530 DELIVRD err:000": some leave the key out and keep the word.
        word = _word_behind_date(fields)
        if word:
            fields["stat"] = word
    return fields


def _keep(fields: dict[str, str], name: str, value: str) -> None:
    if name and name not in fields:
        fields[name] = value.strip(_PADDING)


def _word_behind_date(fields: dict[str, str]) -> str:
    for name in ("donedate", "submitdate"):
        for word in _WORD.findall(fields.get(name, "")):
            if word.upper() in STAT_WORDS:
                fields[name] = fields[name].partition(word)[0].strip(_PADDING)
                return str(word)
    return ""


def _ids(text_id: str, tlv: bytes | None) -> tuple[str, ...]:
    if tlv is None:
        return (text_id,) if text_id else ()
    # Padded with NULs, blanks or nothing: all are seen.
    tlv_id = tlv_text(tlv).strip(_PADDING)
    return tuple(dict.fromkeys(value for value in (tlv_id, text_id) if value))


def _state(stat: str, tlv: bytes | None) -> tuple[ReceiptState, str, bool]:
    """State, raw word, and whether text and TLV disagree. The text's final word wins: centres fill the TLV from a
    default."""
    word = _WORD.match(stat)
    said = STAT_WORDS.get(word[0].upper(), ReceiptState.OTHER) if word else ReceiptState.OTHER
    if not tlv:
        return said, stat, False
    told = MESSAGE_STATES.get(tlv_int(tlv), ReceiptState.OTHER)
    if not stat:
        return told, str(tlv_int(tlv)), False
    if said is ReceiptState.OTHER or (told.is_final and not said.is_final):
        return told, stat, said is not told
    return said, stat, said is not told


def _network_error(value: bytes) -> str:
    """`type:code` of network_error_code (3.4 section 5.3.2.31), or the digits of those who send text instead."""
    if value.isdigit():
        return value.decode("ascii")
    return f"{value[0]}:{int.from_bytes(value[1:3], 'big')}"
