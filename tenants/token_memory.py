"""Tokens looked up in the last two seconds: thousands of requests of one program ask the database once."""

from __future__ import annotations

import time
from typing import Final

from tenants.queries import TokenRecord, token_record

REMEMBER_S: Final = 2.0  # how long a revoked token may still be let in by a process that did not revoke it
MAX_REMEMBERED: Final = 10_000
_memory: dict[str, tuple[float, TokenRecord]] = {}


def remembered(digest: str) -> TokenRecord | None:
    """The token, at most two seconds old. Guesses of strangers are not kept, so they cannot fill the memory."""
    kept = _memory.get(digest)
    now = time.monotonic()
    if kept is not None and kept[0] > now:
        return kept[1]
    found = token_record(digest)
    if found is not None:
        if len(_memory) >= MAX_REMEMBERED:
            _memory.clear()
        _memory[digest] = (now + REMEMBER_S, found)
    return found


def forget_tokens() -> None:
    """Look every token of this process up again."""
    _memory.clear()
