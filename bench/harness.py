"""What every benchmark stands on: a private installation, started as `make run` starts one, and one JSON line.

The figures of one machine and hour are worth nothing beside those of another; `BASE` carries what was measured
beside this run, and the ratios are what counts:

    BASE='{"floor": 24000, "floor_expand": 33000, "kannel": 3300}' make bench-campaign
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg

from config.embedded.postgres import url
from tests.fixtures.stack import Stack

NAMED: Final = ("web", "worker", "worker-urgent", "beat", "dispatch-otp", "dispatch", "smsc", "postgres", "valkey")


@contextmanager
def installation(**environment: str) -> Iterator[Stack]:
    """A running installation of its own, on free ports, gone afterwards. It must be the only thing that runs.

    With BENCH_VAR it stands on that directory and leaves it (bench/store.py).
    """
    os.environ.update(environment)
    with tempfile.TemporaryDirectory(prefix="dakiya-bench-") as scratch:
        # PostgreSQL does not run as root: its user must be able to enter.
        Path(scratch).chmod(0o755)
        stack = Stack(Path(os.environ.get("BENCH_VAR") or f"{scratch}/var"))
        try:
            stack.wait_until_started()
            yield stack
        finally:
            if stack.launcher.poll() is None:
                stack.stop()


def connect(stack: Stack) -> None:
    """Let this process use the installation's database through Django, with the worker's login."""
    os.environ.update(stack.environment)
    os.environ["DAKIYA_LOGIN"] = "worker"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()


@contextmanager
def platform_connection(stack: Stack) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A connection that reads what the platform role reads, for questions that are asked again and again."""
    where = url(stack.var / "postgres", "dakiya_worker", "dakiya")
    with psycopg.connect(where, autocommit=True) as connection:
        connection.execute("SET ROLE dakiya_platform")
        yield connection


def point_routes_at_sink() -> None:
    """Send the demo's routes to SINK=host:port instead of the installation's own simulator; after `connect`."""
    if not (sink := os.environ.get("SINK")):
        return
    from kernel.db.tenancy import platform_context
    from routing.models import Route

    host, _, port = sink.rpartition(":")
    with platform_context(reason="benchmark"):
        for route in Route.objects.all():
            route.settings = {**route.settings, "host": host, "port": int(port)}
            route.save()


def pss_mb(stack: Stack) -> dict[str, int]:
    """Proportional memory of each named process with its children, MB."""
    found = {}
    for name in NAMED:
        if pid := stack.pid(name):
            family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
            found[name] = round(sum(map(_pss, family)) / 1e6)
    return found


def _pss(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.NoSuchProcess:
        # Server processes come and go with their connections.
        return 0


def calibration_ms() -> float:
    """A fixed Python loop: how busy the machine is."""
    began = time.perf_counter()
    sum(number * number for number in range(200_000))
    return round((time.perf_counter() - began) * 1000, 1)


def books_are_exact(stack: Stack) -> bool:
    return stack.manage("audit_books", timeout_s=600).returncode == 0


def report(result: Mapping[str, Any], *, measure: str, base: Mapping[str, str], is_complete: bool) -> None:
    """Print the JSON line and end the process: 0 only when the work was complete and the books exact.

    Args:
        measure: key of the figure that ratios are made of.
        base: ratio's name → key in BASE.
    """
    given = json.loads(os.environ.get("BASE", "{}"))
    ratio = {name: round(result[measure] / given[key], 2) for name, key in base.items() if given.get(key)}
    versions = {name: importlib.metadata.version(name) for name in ("django", "psycopg", "celery", "granian")}
    machine = {"python": platform.python_version(), "calibration_ms": calibration_ms()}
    print(json.dumps({**result, "ratio": ratio, "versions": {**versions, **machine}}))
    sys.exit(0 if is_complete else 1)
