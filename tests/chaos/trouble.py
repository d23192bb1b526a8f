"""What goes wrong in a seed, and when: processes that are killed, and an operator that misbehaves for a while."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import psutil

from tests.fixtures.stack import Stack
from tests.stack.api import control

# How often of a hundred.
VICTIMS: Final[Mapping[str, int]] = {
    "dispatch": 24,
    "dispatch-otp": 12,
    "worker": 12,
    "worker-urgent": 6,
    "beat": 6,
    "web": 12,
    "smsc": 8,
    "valkey": 6,
    "postgres": 14,
}
# A crash, an immediate and a fast shutdown; the launcher starts it again.
ENDS_OF_POSTGRES: Final = (signal.SIGKILL, signal.SIGQUIT, signal.SIGINT)
# Faults of an operator, each for some seconds.
FAULTS: Final[tuple[dict[str, Any], ...]] = (
    {"throttle_rate": 200},
    {"throttle_rate": 1_000},
    {"queue_full": True},
    {"error_ratio": 0.2},
    {"error_ratio": 1.0},
    {"answer_delay_ms": 100},
    {"answer_delay_ms": 1_000},
    {"duplicate_ratio": 0.5},
    {"receipt_delay_ms": 0},
    {"receipt_delay_ms": 5_000},
    {"early_ratio": 0.5},
    {"delivered_ratio": 0.7},
    {"disconnect_every": 300},
)
# An answer that never comes is waited for half a minute, and the next one too.
SLOW_FAULTS: Final[tuple[dict[str, Any], ...]] = ({"lost_answer_ratio": 0.02}, {"silent": True})
NOTATIONS: Final = ("decimal", "hex", "hex_in_response")
USUAL: Final[dict[str, Any]] = {
    "throttle_rate": 0,
    "queue_full": False,
    "error_ratio": 0.0,
    "answer_delay_ms": 0,
    "duplicate_ratio": 0.0,
    "receipt_delay_ms": 200,
    "early_ratio": 0.0,
    "delivered_ratio": 1.0,
    "disconnect_every": 0,
    "lost_answer_ratio": 0.0,
    "silent": False,
}
UNREACHABLE_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Kill:
    at: float
    victim: str
    signal: int


@dataclass(frozen=True, slots=True)
class Fault:
    """`settings` of the simulator for so long; None cuts every connection once."""

    at: float
    s: float
    settings: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Plan:
    kills: list[Kill]
    faults: list[Fault]
    notation: str
    window: int


def make_plan(chance: random.Random, *, kills: int, faults: int, s: float, is_slow: bool, first: str = "") -> Plan:
    """
    Args:
        s: seconds in which all of it begins.
        is_slow: with faults that take a minute to get over.
        first: a victim that is among them in any case.
    """
    names = chance.choices(list(VICTIMS), list(VICTIMS.values()), k=kills)
    if first and first not in names:
        names[0] = first
    times = sorted(chance.uniform(0.1, 1) * s for _ in names)
    choice = FAULTS + SLOW_FAULTS * is_slow
    return Plan(
        kills=[Kill(at, name, _signal(chance, name)) for at, name in zip(times, names, strict=True)],
        faults=[_fault(chance, choice, s) for _ in range(faults)],
        notation=chance.choice(NOTATIONS),
        window=chance.choice((10, 50, 200, 500)),
    )


def _signal(chance: random.Random, victim: str) -> int:
    return int(chance.choice(ENDS_OF_POSTGRES)) if victim == "postgres" else int(signal.SIGKILL)


def _fault(chance: random.Random, choice: tuple[dict[str, Any], ...], s: float) -> Fault:
    settings = None if chance.random() < 0.15 else chance.choice(choice)
    lasting = 0.0 if settings is None else chance.uniform(1, 6)
    return Fault(chance.uniform(0, 0.9) * s, lasting, settings)


@dataclass
class Trouble:
    """Makes a plan come true, in threads of its own. `killed`: how often whom; `problems`: what did not come true."""

    stack: Stack
    plan: Plan
    killed: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        began = time.monotonic()
        for target in (self._kill_all, self._fault_all):
            thread = threading.Thread(target=target, args=(began,), name=target.__name__)
            self._threads.append(thread)
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _kill_all(self, began: float) -> None:
        for kill in self.plan.kills:
            time.sleep(max(0.0, began + kill.at - time.monotonic()))
            pid = self.stack.pid(kill.victim)
            if not pid or not _is_alive(pid):
                # It is down from the last time.
                self.killed[f"{kill.victim} (down)"] += 1
                continue
            with suppress(ProcessLookupError):
                os.kill(pid, kill.signal)
            name = kill.victim if kill.signal == signal.SIGKILL else f"{kill.victim} {signal.Signals(kill.signal).name}"
            self.killed[name] += 1

    def _fault_all(self, began: float) -> None:
        changes: list[tuple[float, dict[str, Any] | None]] = []
        for fault in self.plan.faults:
            changes.append((fault.at, fault.settings))
            if fault.settings is not None:
                changes.append((fault.at + fault.s, {name: USUAL[name] for name in fault.settings}))
                self.faults[_words(fault.settings)] += 1
            else:
                self.faults["disconnect"] += 1
        for at, settings in sorted(changes, key=lambda change: change[0]):
            time.sleep(max(0.0, began + at - time.monotonic()))
            self._tell(settings)

    def _tell(self, settings: dict[str, Any] | None) -> None:
        with suppress(OSError):
            # A simulator that is down has its usual settings when it is back.
            if settings is None:
                control(self.stack, "disconnect", {})
            else:
                control(self.stack, "settings", settings)

    def end_faults(self) -> None:
        """The operator is well from now on."""
        tell_until_heard(self.stack, {**USUAL, "id_notation": self.plan.notation})


def tell_until_heard(stack: Stack, settings: dict[str, Any]) -> None:
    give_up_at = time.monotonic() + UNREACHABLE_S
    while True:
        try:
            control(stack, "settings", settings)
        except OSError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.3)
        else:
            return


def _words(settings: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in settings.items())


def _is_alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
