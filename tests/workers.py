"""A real Celery worker in a process group of its own, to be killed as a crash would."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from django.db import connection

from kernel.queues import Queue

ROOT: Final = Path(__file__).resolve().parents[1]


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """Works on the test's database and broker; whatever is left of it at the end is killed."""
    settings = connection.settings_dict
    environment = {
        **os.environ,
        "DAKIYA_ENV": "test",
        "DAKIYA_LOGIN": "worker",
        "WORKER_DATABASE_URL": f"postgresql://dakiya_worker@{quote(str(settings['HOST']), safe='')}/{settings['NAME']}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'platform'}",
    }
    queues = ",".join(queue.value for queue in Queue)
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", queues, "-c", "2", "-l", "WARNING"]
    command += ["--without-gossip", "--without-mingle"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the worker and its children, so that nobody can put anything in order."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
