"""Messages to submit_sm: everything that repeats is packed once and looked up."""

from __future__ import annotations

import os
from array import array
from collections.abc import Sequence
from typing import Final, NamedTuple
from zlib import crc32

from kernel.smpp.bulk import OCTET, SubmitTemplate, submit_body
from kernel.smpp.constants import DataCoding, EsmClass, Npi, Tag, Ton
from kernel.smpp.errors import LocalProtocolError
from kernel.smpp.session import Submission
from kernel.smpp.times import format_relative
from kernel.smpp.tlv import Tlv, pack_tlvs
from kernel.telecom.alphabet import decode_gsm
from kernel.telecom.segments import encode_part, segment, udh
from routing.contract import Outgoing, Stride
from routing.providers.smpp.settings import Joining, SmppSettings

PartKey = tuple[object, int, int]
"""The dispatcher's key, the part's number from 0, and REGISTERED and OVERLONG. A number below 0 stands for so many
parts in one PDU."""
REGISTERED: Final = 1
"""Registration TLVs went along."""
OVERLONG: Final = 2
"""More than fits one SMS."""
Row = Submission[PartKey]

MEMO_LIMIT: Final = 4_096
_LONGEST_TEXT: Final = 254
_LONGEST_NUMBER: Final = 20
_NEW: Final = tuple.__new__
_UDHI: Final = int(EsmClass.UDHI)
_DLT: Final = frozenset({int(Tag.DLT_ENTITY_ID), int(Tag.DLT_TEMPLATE_ID), int(Tag.DLT_CHAIN_HASH)})
# Validity is written in whole minutes, so that messages accepted together share one template.
_MINUTE: Final = 60
_LONGEST_S: Final = 99 * 86_400
_SHORT_CODE_DIGITS: Final = 8
# What one SMS holds: septets, one an octet, and octets of UCS-2.
_SMS: Final = 160
_SMS_UCS2: Final = 140
# A centre of 3.3 does not know optional parameters.
_WITH_TLVS: Final = 0x34
_REFERENCES: Final = 1 << 16


def source_address(sender: str, settings: SmppSettings) -> tuple[int, int]:
    """TON and NPI of a sender: alphanumeric 5/0, short code 3/0, number 1/1, unless the route sets them."""
    if not sender.removeprefix("+").isdigit():
        usual, ton, npi = (Ton.ALPHANUMERIC, Npi.UNKNOWN), settings.alpha_ton, settings.alpha_npi
    elif len(sender) <= _SHORT_CODE_DIGITS:
        usual, ton, npi = (Ton.NETWORK, Npi.UNKNOWN), settings.short_ton, settings.short_npi
    else:
        usual, ton, npi = (Ton.INTERNATIONAL, Npi.ISDN), settings.number_ton, settings.number_npi
    return _set(ton, usual[0]), _set(npi, usual[1])


def _set(value: int | None, usual: int) -> int:
    return int(usual) if value is None else value


class References:
    """Numbers that join the parts of a text: counted for each recipient, so two texts to one phone never share one
    before 255 others went there.

    Recipients share 65,536 counters, which only makes some skip numbers. They start at random, since a restart must
    not begin where the last one did.
    """

    __slots__ = ("_counters",)

    def __init__(self) -> None:
        self._counters = array("H", os.urandom(2 * _REFERENCES))

    def next(self, digits: bytes) -> int:
        """0 to 65535; a header of 8 bits takes the low ones."""
        slot = crc32(digits) % _REFERENCES
        self._counters[slot] = number = (self._counters[slot] + 1) % _REFERENCES
        return number


class _Frame(NamedTuple):
    """What messages of one sender, validity, coding and registration have in common: around recipient and text."""

    front: bytes
    middle: bytes
    back: bytes
    traits: int


class Packer:
    """One per link, since references of joined parts count per route and recipient."""

    def __init__(self, settings: SmppSettings, validity_cap_s: int | None) -> None:
        self._settings = settings
        self.cap(validity_cap_s)
        self._templates: dict[tuple[str, int], SubmitTemplate] = {}
        self._tlvs: dict[tuple[Tlv, ...], tuple[bytes, int]] = {(): (b"", 0)}
        # The references of messages that went in parts lately, by key.
        self._used: dict[object, int] = {}
        self._frames: dict[tuple[str, int, int, tuple[Tlv, ...]], _Frame] = {}
        self._references = References()

    def cap(self, validity_cap_s: int | None) -> None:
        """The longest validity from now on; None is what the field holds."""
        self._cap_s = min(validity_cap_s or _LONGEST_S, _LONGEST_S)

    def rows(self, stride: Stride) -> tuple[list[Row], list[tuple[Outgoing, str]]]:
        """A row per part, in order; and the messages no submit_sm can hold, with the reason."""
        rows: list[Row] = []
        unfit: list[tuple[Outgoing, str]] = []
        sender = stride.sender
        frame: _Frame | None = None
        known = -1, -1, -1
        for message in stride.messages:
            key, recipient, parts, with_udh, data_coding, validity_s, tlvs, _, _ = message
            digits = recipient[1:].encode()
            if len(parts) == 1 and not with_udh and digits.isdigit() and len(digits) <= _LONGEST_NUMBER:
                # Neighbours are alike: asked by identity before by value.
                if (minutes := validity_s // _MINUTE, data_coding, id(tlvs)) != known:
                    frame = self._frame(sender, validity_s, data_coding, tlvs)
                    known = minutes, data_coding, id(tlvs)
                if frame is not None and len(text := parts[0]) <= _SMS:
                    front, middle, back, traits = frame
                    body = b"".join((front, digits, middle, OCTET[len(text)], text, back))
                    rows.append(_NEW(Submission, ((key, 0, traits), body)))
                    continue
            self._rest(sender, message, rows, unfit)
        return rows, unfit

    def _frame(self, sender: str, validity_s: int, data_coding: int, tlvs: tuple[Tlv, ...]) -> _Frame | None:
        """None when a field cannot hold its value."""
        key = sender, validity_s // _MINUTE, data_coding, tlvs
        found = self._frames.get(key)
        if found is None:
            try:
                template = self._template(sender, validity_s)
                packed, traits = self._packed(tlvs)
                middle = template.middle(0, self._coding(data_coding))
                found = _Frame(template.head, middle, template.tail + packed, traits)
            except LocalProtocolError:
                return None
            if len(self._frames) >= MEMO_LIMIT:
                self._frames.clear()
            self._frames[key] = found
        return found

    def _rest(self, sender: str, message: Outgoing, rows: list[Row], unfit: list[tuple[Outgoing, str]]) -> None:
        """Messages of several parts, and all that is unusual."""
        digits = message.recipient[1:].encode()
        if reason := _unfit(digits, message.short_messages, message.udh):
            unfit.append((message, reason))
            return
        try:
            template = self._template(sender, message.validity_s)
            packed, traits = self._packed(message.tlvs)
            coding = self._coding(message.data_coding)
            wanted = message.parts if message.before in self._used else ()
            bodies = [
                submit_body(template, digits, octets, esm_class=esm, data_coding=coding, tlvs=packed + own)
                for octets, esm, own in self._parts(message, digits)
            ]
        except LocalProtocolError as problem:
            unfit.append((message, str(problem)))
            return
        longest = _SMS_UCS2 if message.data_coding == DataCoding.UCS2 else _SMS
        if len(bodies) < len(message.short_messages):
            rows.append(Submission((message.key, -len(message.short_messages), traits | OVERLONG), bodies[0]))
            return
        rows.extend(
            [
                Submission((message.key, part, traits | (OVERLONG if len(octets) > longest else 0)), body)
                for part, (octets, body) in enumerate(zip(message.short_messages, bodies, strict=True))
                if not wanted or part in wanted
            ]
        )

    def _parts(self, message: Outgoing, digits: bytes) -> Sequence[tuple[bytes, int, bytes]]:
        """short_message, esm_class and TLVs of each PDU."""
        parts, joining = message.short_messages, self._settings.joining
        if not message.udh:
            return [(octets, 0, b"") for octets in parts]
        if joining is Joining.PAYLOAD:
            return [(b"", 0, pack_tlvs([(Tag.MESSAGE_PAYLOAD, b"".join(parts))]))]
        reference, total = self._reference(message, digits), len(parts)
        if joining is Joining.SAR:
            return [(octets, 0, _sar(reference, total, number)) for number, octets in enumerate(parts, 1)]
        bits = 8
        if joining is Joining.UDH16:
            shorter = _recut(parts, is_ucs2=message.data_coding == DataCoding.UCS2)
            # A text that would need one part more than it was priced for keeps the shorter header.
            if len(shorter) == total:
                parts, bits = shorter, 16
        return [
            (udh(reference, total, number, bits=bits) + octets, _UDHI, b"") for number, octets in enumerate(parts, 1)
        ]

    def _reference(self, message: Outgoing, digits: bytes) -> int:
        """Parts that go again are joined with those that went before."""
        found = self._used.pop(message.before, None) if message.parts else None
        reference = self._references.next(digits) if found is None else found
        if len(self._used) >= MEMO_LIMIT:
            del self._used[next(iter(self._used))]
        self._used[message.key] = reference
        return reference

    def _coding(self, data_coding: int) -> int:
        return _set(self._settings.gsm_coding, data_coding) if data_coding == DataCoding.DEFAULT else data_coding

    def _template(self, sender: str, validity_s: int) -> SubmitTemplate:
        minutes = max(1, min(validity_s, self._cap_s) // _MINUTE)
        found = self._templates.get((sender, minutes))
        if found is None:
            ton, npi = source_address(sender, self._settings)
            found = SubmitTemplate(
                source_addr=sender.removeprefix("+"),
                source_ton=ton,
                source_npi=npi,
                dest_ton=_set(self._settings.recipient_ton, Ton.INTERNATIONAL),
                dest_npi=_set(self._settings.recipient_npi, Npi.ISDN),
                service_type=self._settings.service_type,
                validity_period=format_relative(minutes * _MINUTE),
            )
            if len(self._templates) >= MEMO_LIMIT:
                self._templates.clear()
            self._templates[sender, minutes] = found
        return found

    def _packed(self, tlvs: tuple[Tlv, ...]) -> tuple[bytes, int]:
        found = self._tlvs.get(tlvs)
        if found is None:
            end = b"\0" if self._settings.dlt_terminated else b""
            tags = self._settings.dlt_tags
            written = [(tags.get(tag, tag), value + end if tag in _DLT else value) for tag, value in tlvs]
            if self._settings.interface_version < _WITH_TLVS:
                written = []
            found = pack_tlvs(written), REGISTERED if written and any(tag in _DLT for tag, _ in tlvs) else 0
            if len(self._tlvs) >= MEMO_LIMIT:
                self._tlvs.clear()
            self._tlvs[tlvs] = found
        return found


def _unfit(digits: bytes, parts: Sequence[bytes], with_udh: bool) -> str:
    """Why pack_submit would refuse the message; checked before, because a stride is packed all or none."""
    if not digits.isdigit() or len(digits) > _LONGEST_NUMBER:
        return "the recipient is not a number in international form"
    if with_udh and len(parts) > 255:
        return "more than 255 parts"
    room = _LONGEST_TEXT - (6 if with_udh else 0)
    return "" if parts and all(len(octets) <= room for octets in parts) else "a part is empty or over 254 octets"


def _recut(parts: Sequence[bytes], *, is_ucs2: bool) -> tuple[bytes, ...]:
    """The same text in parts that leave room for a reference of 16 bits."""
    octets = b"".join(parts)
    text = octets.decode("utf-16-be", "replace") if is_ucs2 else decode_gsm(octets)
    cut = segment(text, reference_bits=16)
    return tuple(encode_part(part, cut.encoding) for part in cut.parts)


def _sar(reference: int, total: int, number: int) -> bytes:
    return pack_tlvs(
        [
            (Tag.SAR_MSG_REF_NUM, reference.to_bytes(2, "big")),
            (Tag.SAR_TOTAL_SEGMENTS, bytes((total,))),
            (Tag.SAR_SEGMENT_SEQNUM, bytes((number,))),
        ]
    )
