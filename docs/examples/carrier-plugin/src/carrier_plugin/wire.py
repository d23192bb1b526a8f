"""The carrier's protocol without sockets: messages to lines, lines to what they mean."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from kernel.smpp.receipts import Receipt, ReceiptState
from kernel.smpp.status_map import VENDOR, Action, ActionKind
from kernel.telecom.alphabet import decode_gsm
from routing.contract import Outgoing

UCS2: Final = 8
# The carrier's words for a refusal. It knows more than we do; a word that is not here goes to the next route once.
REFUSALS: Final[Mapping[str, Action]] = {
    "number": Action(ActionKind.FINAL, "invalid_number"),
    "sender": Action(ActionKind.FINAL, "sender_not_allowed"),
    "length": Action(ActionKind.FINAL, "content_too_long"),
    "registration": Action(ActionKind.FINAL, "dlt_parameters"),
    "busy": Action(ActionKind.SAME_ROUTE_LATER, "operator_congested", counts_as_try=False),
    "fault": Action(ActionKind.SAME_ROUTE_LATER, "operator_error", 3, ActionKind.OTHER_ROUTE),
    "account": Action(ActionKind.CONFIG_ERROR, "route_credentials"),
}
STATES: Final[Mapping[str, ReceiptState]] = {
    "delivered": ReceiptState.DELIVERED,
    "failed": ReceiptState.UNDELIVERED,
    "expired": ReceiptState.EXPIRED,
    "rejected": ReceiptState.REJECTED,
    "unknown": ReceiptState.UNKNOWN,
    "accepted": ReceiptState.ACCEPTED,
}


def line(**said: Any) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def read(octets: bytes) -> dict[str, Any] | None:
    """What a line says; None for one that is no JSON object."""
    try:
        said = json.loads(octets)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def send(number: int, sender: str, message: Outgoing, validity_cap_s: int | None) -> bytes:
    """A whole text: the carrier cuts it into parts itself."""
    octets = b"".join(message.short_messages)
    text = octets.decode("utf-16-be", "replace") if message.data_coding == UCS2 else decode_gsm(octets)
    validity_s = message.validity_s if validity_cap_s is None else min(message.validity_s, validity_cap_s)
    said: dict[str, Any] = {"send": number, "to": message.recipient, "from": sender, "text": text}
    return line(**said, minutes=max(1, validity_s // 60))


def refusal(word: str) -> Action:
    return REFUSALS.get(word, VENDOR)


def receipt(said: Mapping[str, Any]) -> Receipt:
    word = str(said.get("state", ""))
    state = STATES.get(word, ReceiptState.OTHER)
    return Receipt((str(said.get("id", "")),), state, word, str(said.get("reason", "")))
