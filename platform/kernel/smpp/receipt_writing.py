"""Receipts in the form of SMPP 3.4 appendix B, for whoever plays the centre; and the reading of their dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from kernel.smpp.constants import MessageState, Tag
from kernel.smpp.tlv import Tlv, int_tlv, text_tlv

STAT_OF_STATE: Final = {
    MessageState.SCHEDULED: "SCHEDLD",
    MessageState.ENROUTE: "ENROUTE",
    MessageState.DELIVERED: "DELIVRD",
    MessageState.EXPIRED: "EXPIRED",
    MessageState.DELETED: "DELETED",
    MessageState.UNDELIVERABLE: "UNDELIV",
    MessageState.ACCEPTED: "ACCEPTD",
    MessageState.UNKNOWN: "UNKNOWN",
    MessageState.REJECTED: "REJECTD",
    MessageState.SKIPPED: "SKIPPED",
}

_FORMATS: Final = {10: "%y%m%d%H%M", 12: "%y%m%d%H%M%S", 14: "%Y%m%d%H%M%S"}
_DAY: Final = timedelta(days=1)


def format_receipt(
    message_id: str,
    stat: str,
    *,
    submit_date: str,
    done_date: str,
    err: str = "000",
    sub: int = 1,
    dlvrd: int | None = None,
    text: bytes = b"",
) -> bytes:
    """The appendix text. Dates are `receipt_date` strings; `dlvrd` is `sub` for DELIVRD and 0 otherwise unless given.

    The first 20 octets of `text` are quoted, as the appendix says.
    """
    count = (sub if stat == "DELIVRD" else 0) if dlvrd is None else dlvrd
    head = (
        f"id:{message_id} sub:{sub:03d} dlvrd:{count:03d} submit date:{submit_date} done date:{done_date}"
        f" stat:{stat} err:{err} text:"
    )
    return head.encode("latin-1") + text[:20]


def receipt_tlvs(message_id: str, state: MessageState) -> tuple[Tlv, ...]:
    """receipted_message_id and message_state, which belong beside the text (3.4 section 4.6.1)."""
    return text_tlv(Tag.RECEIPTED_MESSAGE_ID, message_id), int_tlv(Tag.MESSAGE_STATE, state, 1)


def receipt_date(at: datetime) -> str:
    """`YYMMDDhhmm` of an instant in its own zone, as appendix B has it."""
    return f"{at:%y%m%d%H%M}"


def read_receipt_date(
    raw: str, *, zone: tzinfo, arrived_at: datetime, submitted_at: datetime | None = None
) -> datetime | None:
    """The UTC instant of a receipt's date, or None where the arrival time is the better answer.

    Dates have 10, 12 or 14 digits of local time in the route's zone; 10 digits may be an epoch too, which is taken when
    it lies within 2 days of `arrived_at` and the date reading does not. Zeros, rubbish and anything outside
    [submitted_at − 1 day, arrived_at + 1 day] give None. Dates are shown, they never order states.
    """
    digits = raw.strip()
    if not (digits.isascii() and digits.isdigit()):
        return None
    local = _local(digits, zone)
    if len(digits) == 10 and not _near(local, arrived_at):
        epoch = datetime.fromtimestamp(int(digits), UTC)
        if _near(epoch, arrived_at):
            local = epoch
    if local is None or local > arrived_at + _DAY:
        return None
    if submitted_at is not None and local < submitted_at - _DAY:
        return None
    return local


def _near(at: datetime | None, arrived_at: datetime) -> bool:
    return at is not None and abs(at - arrived_at) <= 2 * _DAY


def _local(digits: str, zone: tzinfo) -> datetime | None:
    form = _FORMATS.get(len(digits))
    if form is None:
        return None
    try:
        return datetime.strptime(digits, form).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        # OverflowError: year 1 or 9999 pushed out of the calendar by the zone.
        return None
