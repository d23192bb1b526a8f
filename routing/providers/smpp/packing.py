"""Messages to submit_sm: everything that repeats is packed once and looked up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kernel.smpp.bulk import SubmitTemplate
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


class Packer:
    """One per link, since the reference of joined parts counts per route."""

    def __init__(self, settings: SmppSettings, validity_cap_s: int | None) -> None:
        self._settings = settings
        self._cap_s = min(validity_cap_s or _LONGEST_S, _LONGEST_S)
        self._templates: dict[tuple[str, int], SubmitTemplate] = {}
        self._tlvs: dict[tuple[Tlv, ...], tuple[bytes, bool]] = {(): (b"", False)}
        self._reference = 0

    def rows(self, stride: Stride) -> tuple[list[Row], list[tuple[Outgoing, str]]]:
        """A row per part, in order; and the messages no submit_sm can hold, with the reason."""
        rows: list[Row] = []
        unfit: list[tuple[Outgoing, str]] = []
        for message in stride.messages:
            key, recipient, parts, with_udh, data_coding, validity_s, tlvs = message
            digits = recipient[1:].encode()
            try:
                template = self._template(stride.sender, validity_s)
                packed, registered = self._packed(tlvs)
            except LocalProtocolError as problem:
                unfit.append((message, str(problem)))
                continue
            reason = _unfit(digits, parts, with_udh)
            if reason:
                unfit.append((message, reason))
            elif with_udh:
                rows.extend(self._joined(message, template, digits, packed, registered))
            else:
                rows.extend(
                    [
                        Submission((key, part, registered), template, digits, octets, 0, data_coding, packed)
                        for part, octets in enumerate(parts)
                    ]
                )
        return rows, unfit

    def _joined(
        self, message: Outgoing, template: SubmitTemplate, digits: bytes, tlvs: bytes, registered: bool
    ) -> Sequence[Row]:
        # Counting, not random: two texts to one phone must not share a reference before 255 others went out.
        self._reference = self._reference % 255 + 1
        total, reference = len(message.short_messages), self._reference
        return [
            Submission(
                (message.key, part, registered), template, digits,
                udh(reference, total, part + 1) + octets, _UDHI, message.data_coding, tlvs,
            )
            for part, octets in enumerate(message.short_messages)
        ]  # fmt: skip

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
    if not digits.isdigit() or len(digits) > 20:
        return "the recipient is not a number in international form"
    if with_udh and len(parts) > 255:
        return "more than 255 parts"
    room = 254 - (6 if with_udh else 0)
    return "" if parts and all(len(octets) <= room for octets in parts) else "a part is empty or over 254 octets"
