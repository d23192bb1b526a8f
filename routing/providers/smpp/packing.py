"""Messages to submit_sm: everything that repeats is packed once and looked up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from kernel.smpp.bulk import OCTET, SubmitTemplate, submit_body
from kernel.smpp.constants import EsmClass, Npi, Tag, Ton
from kernel.smpp.errors import LocalProtocolError
from kernel.smpp.session import Submission
from kernel.smpp.times import format_relative
from kernel.smpp.tlv import Tlv, pack_tlvs
from kernel.telecom.segments import udh
from routing.contract import Outgoing, Stride
from routing.providers.smpp.settings import SmppSettings

PartKey = tuple[object, int, bool]
"""The dispatcher's key, the part's number from 0, whether registration TLVs went along."""
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


def source_address(sender: str, settings: SmppSettings) -> tuple[int, int]:
    """TON and NPI of a sender: alphanumeric 5/0, short code 3/0, number 1/1, unless the route sets them."""
    if not sender.removeprefix("+").isdigit():
        ton, npi = Ton.ALPHANUMERIC, Npi.UNKNOWN
    elif len(sender) <= _SHORT_CODE_DIGITS:
        ton, npi = Ton.NETWORK, Npi.UNKNOWN
    else:
        ton, npi = Ton.INTERNATIONAL, Npi.ISDN
    return (
        int(ton) if settings.source_ton is None else settings.source_ton,
        int(npi) if settings.source_npi is None else settings.source_npi,
    )


class _Frame(NamedTuple):
    """What messages of one sender, validity, coding and registration have in common: around recipient and text."""

    front: bytes
    middle: bytes
    back: bytes
    registered: bool


class Packer:
    """One per link, since the reference of joined parts counts per route."""

    def __init__(self, settings: SmppSettings, validity_cap_s: int | None) -> None:
        self._settings = settings
        self.cap(validity_cap_s)
        self._templates: dict[tuple[str, int], SubmitTemplate] = {}
        self._tlvs: dict[tuple[Tlv, ...], tuple[bytes, bool]] = {(): (b"", False)}
        self._frames: dict[tuple[str, int, int, tuple[Tlv, ...]], _Frame] = {}
        self._reference = 0

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
            key, recipient, parts, with_udh, data_coding, validity_s, tlvs = message
            digits = recipient[1:].encode()
            if len(parts) == 1 and not with_udh and digits.isdigit() and len(digits) <= _LONGEST_NUMBER:
                # Neighbours are alike: asked by identity before by value.
                if (minutes := validity_s // _MINUTE, data_coding, id(tlvs)) != known:
                    frame = self._frame(sender, validity_s, data_coding, tlvs)
                    known = minutes, data_coding, id(tlvs)
                if frame is not None and len(text := parts[0]) <= _LONGEST_TEXT:
                    front, middle, back, registered = frame
                    body = b"".join((front, digits, middle, OCTET[len(text)], text, back))
                    rows.append(_NEW(Submission, ((key, 0, registered), body)))
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
                packed, registered = self._packed(tlvs)
                found = _Frame(template.head, template.middle(0, data_coding), template.tail + packed, registered)
            except LocalProtocolError:
                return None
            if len(self._frames) >= MEMO_LIMIT:
                self._frames.clear()
            self._frames[key] = found
        return found

    def _rest(self, sender: str, message: Outgoing, rows: list[Row], unfit: list[tuple[Outgoing, str]]) -> None:
        """Whatever is not one plain part."""
        _, recipient, parts, with_udh, data_coding, validity_s, tlvs = message
        digits = recipient[1:].encode()
        reason = _unfit(digits, parts, with_udh)
        if reason:
            unfit.append((message, reason))
            return
        try:
            template = self._template(sender, validity_s)
            packed, registered = self._packed(tlvs)
            if with_udh:
                parts = self._joined(parts)
            bodies = [
                submit_body(
                    template, digits, octets, esm_class=_UDHI if with_udh else 0, data_coding=data_coding, tlvs=packed
                )
                for octets in parts
            ]
        except LocalProtocolError as problem:
            unfit.append((message, str(problem)))
            return
        rows.extend([Submission((message.key, part, registered), body) for part, body in enumerate(bodies)])

    def _joined(self, parts: Sequence[bytes]) -> tuple[bytes, ...]:
        # Counting, not random: two texts to one phone must not share a reference before 255 others went out.
        self._reference = self._reference % 255 + 1
        total, reference = len(parts), self._reference
        return tuple(udh(reference, total, part) + octets for part, octets in enumerate(parts, 1))

    def _template(self, sender: str, validity_s: int) -> SubmitTemplate:
        minutes = max(1, min(validity_s, self._cap_s) // _MINUTE)
        found = self._templates.get((sender, minutes))
        if found is None:
            ton, npi = source_address(sender, self._settings)
            found = SubmitTemplate(
                source_addr=sender.removeprefix("+"),
                source_ton=ton,
                source_npi=npi,
                service_type=self._settings.service_type,
                validity_period=format_relative(minutes * _MINUTE),
            )
            if len(self._templates) >= MEMO_LIMIT:
                self._templates.clear()
            self._templates[sender, minutes] = found
        return found

    def _packed(self, tlvs: tuple[Tlv, ...]) -> tuple[bytes, bool]:
        found = self._tlvs.get(tlvs)
        if found is None:
            end = b"\0" if self._settings.dlt_terminated else b""
            written = [(tag, value + end if tag in _DLT else value) for tag, value in tlvs]
            found = pack_tlvs(written), any(tag in _DLT for tag, _ in tlvs)
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
