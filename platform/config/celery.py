"""The Celery application: `celery -A config worker`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from celery import Celery, signals

from kernel.collector import spare_what_is_loaded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
if Path(sys.argv[0]).name == "celery":
    os.environ.setdefault("DAKIYA_LOGIN", "worker")

app = Celery("dakiya")
app.config_from_object("django.conf:settings", namespace="CELERY")
# After each task Celery would part from the database, pool and all, and a fresh connection plans a chunk of a campaign
# for longer than it writes it. It is told to keep connections for ever; they are given back as Django does it, below.
app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize
app.autodiscover_tasks()


def _give_back_connections(**_: object) -> None:
    """To the pool, which looks at each before it lends it again."""
    from django.db import close_old_connections

    close_old_connections()


signals.task_prerun.connect(_give_back_connections, weak=False)
signals.task_postrun.connect(_give_back_connections, weak=False)


def _settle(**_: object) -> None:
    spare_what_is_loaded()


signals.worker_process_init.connect(_settle, weak=False)
