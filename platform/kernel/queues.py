"""The one list of Celery queues and of what goes into which; tests hold it against the workers and the tasks."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Queue(StrEnum):
    URGENT = "urgent"  # ticks and anything a passcode may wait for: a worker of its own
    BULK = "bulk"  # campaign chunks
    FILES = "files"  # imports and exports
    DEFAULT = "default"  # roll-ups, sweeps, housekeeping


# Task name → queue; a task that is not named here goes to DEFAULT.
QUEUE_OF_TASK: Final[dict[str, Queue]] = {
    "messaging.release_due": Queue.URGENT,
    "messaging.pass_on": Queue.URGENT,
    "messaging.operate": Queue.BULK,
    "messaging.note_use": Queue.DEFAULT,
    "messaging.watch_scrubbing": Queue.DEFAULT,
    "messaging.hear_of_probes": Queue.DEFAULT,
    "compliance.refresh_registers": Queue.DEFAULT,
    "compliance.refresh_register": Queue.FILES,
    "compliance.watch_validity": Queue.DEFAULT,
    "compliance.watch_numbers": Queue.DEFAULT,
    "campaigns.start_due": Queue.URGENT,
    "campaigns.prepare": Queue.BULK,
    "campaigns.expand_chunk": Queue.BULK,
    "campaigns.count_cost": Queue.BULK,
    "campaigns.run_import": Queue.FILES,
    "campaigns.examine_list": Queue.FILES,
    "campaigns.verify_list": Queue.FILES,
    "campaigns.count_failures": Queue.DEFAULT,
    "compliance.run_import": Queue.FILES,
    "billing.build_export": Queue.FILES,
    "audit.build_export": Queue.FILES,
    "audit.write_heads": Queue.DEFAULT,
    "reporting.fold": Queue.DEFAULT,
    "reporting.measure_quality": Queue.DEFAULT,
}
