"""What the simulated operator does with a message: by the end of its number, else by chance.

A number that ends in 9090 and two digits asks for one behaviour (docs/smsc-simulator.md has the table); all other
numbers are delivered at the ratio of the settings. The in-process provider and the SMSC server share this.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from kernel.smpp.constants import CommandStatus, MessageState

MARK: Final = "9090"


class Once(StrEnum):
    """A fault that meets only the first submit to a number; the next one passes."""

    THROTTLED = "throttled"
    QUEUE_FULL = "queue_full"
    DISCONNECT = "disconnect"
    SYSTEM_ERROR = "system_error"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """`status` other than 0 refuses the submit. `delay_s` comes on top of the receipt delay of the settings."""

    summary: str
    state: MessageState = MessageState.DELIVERED
    err: str = "000"
    status: int = 0
    copies: int = 1
    delay_s: float = 0.0
    is_before_response: bool = False
    is_answered: bool = True
    once: Once | None = None
    is_enroute_first: bool = False


DELIVERED: Final = Behaviour("delivered")
UNDELIVERED: Final = Behaviour("not delivered, err 001", MessageState.UNDELIVERABLE, "001")
SYSTEM_ERROR: Final = Behaviour("submit refused: system error, by chance", status=CommandStatus.RSYSERR)

BY_SUFFIX: Final[Mapping[str, Behaviour]] = {
    "00": DELIVERED,
    "01": UNDELIVERED,
    "02": Behaviour("expired, err 027", MessageState.EXPIRED, "027"),
    "03": Behaviour("rejected by receipt, err 013", MessageState.REJECTED, "013"),
    "04": Behaviour("receipt says UNKNOWN", MessageState.UNKNOWN, "034"),
    "05": Behaviour("deleted, err 036", MessageState.DELETED, "036"),
    "06": Behaviour("a receipt ENROUTE first, then delivered", is_enroute_first=True),
    "07": Behaviour("rejected by scrubbing: header inactive, err 621", MessageState.REJECTED, "621"),
    "08": Behaviour("rejected by scrubbing: template not matched, err 633", MessageState.REJECTED, "633"),
    "10": Behaviour("submit refused: invalid number", status=CommandStatus.RINVDSTADR),
    "11": Behaviour("submit refused: invalid sender", status=CommandStatus.RINVSRCADR),
    "12": Behaviour("submit refused: system error, every time", status=CommandStatus.RSYSERR),
    "13": Behaviour("submit refused: permanent application error", status=CommandStatus.RX_P_APPN),
    "14": Behaviour("submit refused: registration TLV invalid", status=CommandStatus.RINVOPTPARAMVAL),
    "15": Behaviour("submit refused: message too long", status=CommandStatus.RINVMSGLEN),
    "20": Behaviour("accepted, never a receipt", copies=0),
    "21": Behaviour("never answered, no receipt", copies=0, is_answered=False),
    "22": Behaviour("never answered, yet delivered with a receipt", is_answered=False),
    "30": Behaviour("delivered, the receipt comes twice", copies=2),
    "31": Behaviour("delivered, the receipt comes before the response", is_before_response=True),
    "32": Behaviour("delivered, the receipt comes a hundred times", copies=100),
    "40": Behaviour("throttled once, then delivered", once=Once.THROTTLED),
    "41": Behaviour("queue full once, then delivered", once=Once.QUEUE_FULL),
    "42": Behaviour("disconnects once without an answer, then delivered", once=Once.DISCONNECT),
    "43": Behaviour("system error once, then delivered", once=Once.SYSTEM_ERROR),
    **{f"{50 + late:02d}": Behaviour(f"delivered, receipt {late} s late", delay_s=float(late)) for late in range(50)},
}

ONCE_STATUS: Final[Mapping[Once, int]] = {
    Once.THROTTLED: CommandStatus.RTHROTTLED,
    Once.QUEUE_FULL: CommandStatus.RMSGQFUL,
    Once.SYSTEM_ERROR: CommandStatus.RSYSERR,
}


class Decider:
    """Chance and memory of one simulated operator.

    Args:
        seed: the same seed and the same order of messages give the same outcomes.
    """

    def __init__(self, seed: int = 1) -> None:
        self._seed = seed
        self._random = random.Random(seed)  # noqa: S311 - outcomes of a simulation
        self._met: set[str] = set()

    def reset(self) -> None:
        """Forget which numbers have had their one fault, and start the chances anew."""
        self._met.clear()
        self._random = random.Random(self._seed)  # noqa: S311 - as above

    def decide(self, destination: str, delivered_ratio: float, duplicate_ratio: float = 0.0) -> Behaviour:
        """What becomes of one submit to this number."""
        if destination[-6:-2] == MARK:
            return self._asked_for(destination)
        chosen = DELIVERED if delivered_ratio >= 1 or self._random.random() < delivered_ratio else UNDELIVERED
        if duplicate_ratio and self._random.random() < duplicate_ratio:
            return replace(chosen, copies=2)
        return chosen

    def meddle(self, behaviour: Behaviour, *, error: float, lost_answer: float, early: float) -> Behaviour:
        """Faults that meet any message that would be taken, at these ratios."""
        if behaviour.status or behaviour.once:
            return behaviour
        if error and self._random.random() < error:
            return SYSTEM_ERROR
        if lost_answer and self._random.random() < lost_answer:
            behaviour = replace(behaviour, is_answered=False)
        if early and self._random.random() < early:
            behaviour = replace(behaviour, is_before_response=True)
        return behaviour

    def _asked_for(self, destination: str) -> Behaviour:
        behaviour = BY_SUFFIX.get(destination[-2:], DELIVERED)
        if behaviour.once is None:
            return behaviour
        if destination in self._met:
            return DELIVERED
        self._met.add(destination)
        return behaviour
