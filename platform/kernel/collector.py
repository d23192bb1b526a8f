"""What a process has loaded lives as long as it does: Python's cycle collector need not look at it again and again."""

from __future__ import annotations

import gc
from typing import Final

# Batches make many objects and hardly a cycle: the youngest generation may hold those of a few of them.
_THRESHOLDS: Final = 50_000, 20, 100


def spare_what_is_loaded() -> None:
    """Keep everything made so far out of collections, and have fewer of them; once, when a process is ready to work.

    A full collection of what Django and its apps load takes longer than a batch of a thousand messages.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
