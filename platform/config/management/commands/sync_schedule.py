from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from config.schedule import JOBS


class Command(BaseCommand):
    help = "Write the system's periodic jobs into beat's tables; removes those that are no longer in config.schedule."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        for job in JOBS:
            interval, _ = IntervalSchedule.objects.get_or_create(every=job.seconds, period=IntervalSchedule.SECONDS)
            values = {"task": job.task, "interval": interval, "enabled": True, "expire_seconds": max(job.seconds, 5)}
            PeriodicTask.objects.update_or_create(name=job.task, defaults=values)
        known = {job.task for job in JOBS} | {"celery.backend_cleanup"}
        PeriodicTask.objects.exclude(name__in=known).delete()
        self.stdout.write(f"{len(JOBS)} periodic jobs")
