"""The one list of Celery queues; a test asserts that each has a worker in deploy/ and that no task names another."""

from __future__ import annotations

from enum import StrEnum


class Queue(StrEnum):
    URGENT = "urgent"  # ticks and anything a passcode may wait for: a worker of its own
    BULK = "bulk"  # campaign chunks
    FILES = "files"  # imports and exports
    DEFAULT = "default"  # roll-ups, sweeps, housekeeping
