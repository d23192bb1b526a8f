from __future__ import annotations

from celery import shared_task

from audit.sealing import seal_all
from kernel.domain.clock import utc_now


@shared_task(name="audit.seal")
def seal() -> None:
    seal_all(now=utc_now())
