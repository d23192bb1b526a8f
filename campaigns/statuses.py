"""The lives of an import, a campaign and a chunk of its audience, each as one total table."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from django.db.models import TextChoices

from kernel.domain.transitions import Machine


class ImportState(TextChoices):
    READING = "reading", "Being read"
    MAPPING = "mapping", "Columns to map"
    IMPORTING = "importing", "Importing"
    IMPORTED = "imported", "Imported"
    REFUSED = "refused", "Not usable"
    CANCELLED = "cancelled", "Cancelled"


class ImportEvent(StrEnum):
    UNDERSTAND = "understand"
    READ_AGAIN = "read_again"
    CONFIRM = "confirm"
    FINISH = "finish"
    REFUSE = "refuse"
    CANCEL = "cancel"


# An import that has begun to write is never refused: what can stop a file is asked in a pass before the first row.
IMPORT: Final = Machine[ImportState, ImportEvent](
    {
        ImportState.READING: {
            ImportEvent.UNDERSTAND: ImportState.MAPPING,
            ImportEvent.REFUSE: ImportState.REFUSED,
            ImportEvent.CANCEL: ImportState.CANCELLED,
        },
        ImportState.MAPPING: {
            ImportEvent.CONFIRM: ImportState.IMPORTING,
            ImportEvent.READ_AGAIN: ImportState.READING,
            ImportEvent.CANCEL: ImportState.CANCELLED,
        },
        ImportState.IMPORTING: {ImportEvent.FINISH: ImportState.IMPORTED, ImportEvent.REFUSE: ImportState.REFUSED},
        ImportState.IMPORTED: {},
        ImportState.REFUSED: {ImportEvent.READ_AGAIN: ImportState.READING},
        ImportState.CANCELLED: {},
    }
)
IMPORT_RUNNING: Final = frozenset((ImportState.READING, ImportState.IMPORTING))


class CampaignState(TextChoices):
    DRAFT = "draft", "Draft"
    SCHEDULED = "scheduled", "Scheduled"
    PREPARING = "preparing", "Preparing"
    SENDING = "sending", "Sending"
    PAUSED = "paused", "Paused"
    CANCELLED = "cancelled", "Cancelled"
    FINISHED = "finished", "Finished"


class CampaignEvent(StrEnum):
    SCHEDULE = "schedule"
    WITHDRAW = "withdraw"  # back to the draft, before anything was prepared
    START = "start"
    FREEZE = "freeze"  # the audience is fixed, chunks may be written
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    FINISH = "finish"


CAMPAIGN: Final = Machine[CampaignState, CampaignEvent](
    {
        CampaignState.DRAFT: {
            CampaignEvent.SCHEDULE: CampaignState.SCHEDULED,
            CampaignEvent.CANCEL: CampaignState.CANCELLED,
        },
        CampaignState.SCHEDULED: {
            CampaignEvent.WITHDRAW: CampaignState.DRAFT,
            CampaignEvent.START: CampaignState.PREPARING,
            CampaignEvent.CANCEL: CampaignState.CANCELLED,
        },
        CampaignState.PREPARING: {
            CampaignEvent.FREEZE: CampaignState.SENDING,
            CampaignEvent.CANCEL: CampaignState.CANCELLED,
        },
        CampaignState.SENDING: {
            CampaignEvent.PAUSE: CampaignState.PAUSED,
            CampaignEvent.CANCEL: CampaignState.CANCELLED,
            CampaignEvent.FINISH: CampaignState.FINISHED,
        },
        CampaignState.PAUSED: {
            CampaignEvent.RESUME: CampaignState.SENDING,
            CampaignEvent.CANCEL: CampaignState.CANCELLED,
        },
        CampaignState.CANCELLED: {},
        CampaignState.FINISHED: {},
    }
)
EDITABLE: Final = frozenset((CampaignState.DRAFT,))
# A list, because migrations write it down: states in which a campaign without `finished_at` still has work to do.
UNSETTLED_STATES: Final = [
    CampaignState.PREPARING,
    CampaignState.SENDING,
    CampaignState.PAUSED,
    CampaignState.CANCELLED,
]
STARTED: Final = frozenset((CampaignState.PREPARING, CampaignState.SENDING, CampaignState.PAUSED))


class ChunkState(TextChoices):
    PENDING = "pending", "Pending"
    DONE = "done", "Written"
    CANCELLED = "cancelled", "Cancelled"
