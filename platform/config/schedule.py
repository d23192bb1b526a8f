"""The system's periodic jobs. Beat reads them from django-celery-beat's tables; `manage.py sync_schedule` writes them.

A campaign's own times are rows of its own, claimed by `campaigns.start_due`: nothing here sends anything by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Job:
    """One task every `seconds`; a run that could not start before the next one is due is dropped."""

    task: str
    seconds: int


JOBS: Final = (
    Job("messaging.release_due", 1),
    Job("messaging.pass_on", 2),
    Job("messaging.sweep", 15),
    Job("messaging.housekeeping", 3600),
    Job("messaging.note_use", 3600),
    Job("messaging.watch_scrubbing", 30),
    Job("messaging.hear_of_probes", 5),
    Job("compliance.watch_validity", 3600),
    Job("compliance.warn_ahead", 3600),
    Job("compliance.watch_numbers", 300),
    Job("campaigns.start_due", 1),
    Job("campaigns.sweep", 3),
    Job("campaigns.housekeeping", 3600),
    Job("campaigns.count_failures", 60),
    Job("campaigns.resume_hygiene", 60),
    Job("compliance.resume_imports", 30),
    Job("compliance.housekeeping", 3600),
    Job("compliance.refresh_registers", 86_400),
    Job("reporting.fold", 2),
    Job("reporting.recount", 86_400),
    Job("reporting.measure_quality", 300),
    Job("routing.mark_unwatched", 10),
    Job("routing.housekeeping", 3600),
    Job("billing.resume_exports", 60),
    Job("billing.housekeeping", 3600),
    Job("tenants.mail_invitations", 60),
    Job("tenants.mail_notifications", 60),
    Job("tenants.housekeeping", 86_400),
    Job("audit.seal", 60),
    Job("audit.write_heads", 3600),
    Job("audit.resume_exports", 60),
    Job("audit.housekeeping", 86_400),
)
