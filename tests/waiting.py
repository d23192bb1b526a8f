"""Waiting in tests: for a condition, with a bound, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
POLL_S = 0.05


def until(condition: Callable[[], T | None], timeout_s: float = 10.0) -> T:
    """Poll until `condition()` is true and return what it gave; an AssertionError names the last value otherwise."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not so within {timeout_s} s: the last value was {value!r}")
        time.sleep(POLL_S)
    return value
