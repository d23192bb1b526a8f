"""Message ids of the simulated centre, in the notation it is told to have."""

from __future__ import annotations

import time


class Ids:
    """Numbers that go on counting over restarts: the clock is in the upper digits."""

    def __init__(self, first: int | None = None) -> None:
        self._next = int(time.time()) << 16 if first is None else first

    def take(self, notation: str) -> tuple[str, str]:
        """An id as the response writes it, and as the receipt writes it."""
        number = self._next
        self._next += 1
        if notation == "decimal":
            text = str(number)
            return text, text
        written = f"{number:X}"
        return (written, written) if notation == "hex" else (written, str(number))
