"""What can be turned on a running simulator: one dataclass, changed by JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final

NOTATIONS: Final = ("decimal", "hex", "hex_in_response")
_RATIOS: Final = frozenset({"delivered_ratio", "duplicate_ratio", "error_ratio", "lost_answer_ratio", "early_ratio"})


class SettingsRefused(ValueError):
    """A change that makes no sense; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """
    Args:
        receipt_delay_ms: from the response to the receipt.
        delivered_ratio: 0 to 1, of messages whose number asks for nothing; the rest is UNDELIV err 001.
        duplicate_ratio: 0 to 1, of receipts that come twice.
        throttle_rate: submits a second for all, above which ESME_RTHROTTLED is answered; 0 for no limit.
        disconnect_every: a connection is cut after so many submits, the last one unanswered; 0 for never.
        queue_full: every submit is answered ESME_RMSGQFUL.
        silent: submits are swallowed, without answer and without receipt; enquire_link is still answered.
        receipts: whether receipts are sent at all.
        id_notation: of message ids; hex_in_response gives the same number in decimal in the receipt.
        receipt_window: receipts on their way for each connection.
        answer_delay_ms: from a submit to its response.
        error_ratio: 0 to 1, of submits that are answered ESME_RSYSERR.
        lost_answer_ratio: 0 to 1, of submits that are taken and never answered.
        early_ratio: 0 to 1, of receipts that come before the response.
    """

    receipt_delay_ms: int = 200
    delivered_ratio: float = 1.0
    duplicate_ratio: float = 0.0
    throttle_rate: int = 0
    disconnect_every: int = 0
    queue_full: bool = False
    silent: bool = False
    receipts: bool = True
    id_notation: str = "decimal"
    receipt_window: int = 2_000
    answer_delay_ms: int = 0
    error_ratio: float = 0.0
    lost_answer_ratio: float = 0.0
    early_ratio: float = 0.0

    def changed(self, changes: Mapping[str, Any]) -> Settings:
        """A copy with changes.

        Raises:
            SettingsRefused: unknown name, wrong type or out of range; nothing is changed then.
        """
        known = {item.name: type(getattr(self, item.name)) for item in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise SettingsRefused(f"{name!r} is no setting; there are {', '.join(known)}")
            _check(name, value, known[name])
        return replace(self, **changes)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def _check(name: str, value: object, kind: type) -> None:
    # bool is an int to Python, not to whoever mistypes a setting.
    if type(value) is not kind and not (kind is float and type(value) is int):
        raise SettingsRefused(f"{name} is {value!r}: a {kind.__name__} is wanted")
    if name in _RATIOS and not 0 <= value <= 1:  # type: ignore[operator]  # a number, checked above
        raise SettingsRefused(f"{name} is {value!r}: between 0 and 1")
    if kind is int and value < 0:  # type: ignore[operator]  # a number, checked above
        raise SettingsRefused(f"{name} is {value!r}: 0 or more")
    if name == "receipt_window" and not value:
        raise SettingsRefused("receipt_window is 0: 1 or more")
    if name == "id_notation" and value not in NOTATIONS:
        raise SettingsRefused(f"id_notation is {value!r}: one of {', '.join(NOTATIONS)}")
