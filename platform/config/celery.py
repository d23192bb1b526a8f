"""The Celery application: `celery -A config worker`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
if Path(sys.argv[0]).name == "celery":
    os.environ.setdefault("DAKIYA_LOGIN", "worker")

app = Celery("dakiya")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
