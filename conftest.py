"""What every test stands on: a PostgreSQL cluster and a Valkey of this run alone, and Django set up for them.

The names of places and ports are chosen when this file is imported, which is before any module that needs Django; the
servers start when it is known that somebody needs them. With xdist the controller serves PostgreSQL for all workers,
each worker a Valkey of its own, because queues and rate limits are not to be shared.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import django
import pytest
import redis
from django.conf import settings

from config.embedded import EmbeddedError, free_port, valkey
from tests.fixtures.cluster import TEMPLATE, Run

pytest_plugins = ["tests.fixtures.celery", "tests.fixtures.stack", "tests.fixtures.browser"]

IS_XDIST_WORKER = "PYTEST_XDIST_WORKER" in os.environ
# Whatever the shell says about an installation is not about this one.
FOREIGN = (
    "DATABASE_URL",
    "WORKER_DATABASE_URL",
    "OWNER_DATABASE_URL",
    "BROKER_URL",
    "CACHE_URL",
    "BASE_URL",
    "WEB_PORT",
)
NEEDS_DATABASE = frozenset({"db", "transactional_db", "live_server", "django_db_setup"})


class Servers:
    """The servers that this process runs for the session."""

    def __init__(self) -> None:
        self.run = None if IS_XDIST_WORKER else Run()
        self.valkey: subprocess.Popen[bytes] | None = None
        if self.run is not None:
            for name in FOREIGN:
                os.environ.pop(name, None)
            os.environ |= {
                "DAKIYA_ENV": "test",
                "DAKIYA_LOGIN": "worker",
                # Tests run at any hour; those that are about the hours say so.
                "KEEP_PROMOTIONAL_HOURS": "0",
                "DAKIYA_VAR": str(self.run.directory),
                "TEST_DATABASE_HOST": str(self.run.postgres),
                "TEST_TEMPLATE": TEMPLATE,
                # A test that waits for a lock of its own event loop fails, where it would hang.
                "PGOPTIONS": "-c lock_timeout=15s",
                # Playwright's own event loop runs in the thread of the test.
                "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
            }
            (self.run.directory / "static").mkdir()  # WhiteNoise warns when it is missing
        self.valkey_port = free_port()
        os.environ["TEST_VALKEY_PORT"] = str(self.valkey_port)

    def start_postgres(self) -> None:
        if self.run is not None:
            self.run.start(os.environ)

    def start_valkey(self) -> None:
        directory = Path(os.environ["DAKIYA_VAR"]) / f"valkey-{self.valkey_port}"
        self.valkey = valkey.start_valkey(directory, self.valkey_port)

    def stop(self) -> None:
        if self.valkey is not None:
            valkey.stop(self.valkey)
        if self.run is not None:
            self.run.stop()


def set_up_django() -> None:
    """Not through pytest-django, which would read the settings before the places are chosen."""
    if settings.configured:
        raise pytest.UsageError(
            "DJANGO_SETTINGS_MODULE is set in the environment: unset it, the tests choose their own"
        )
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    # xdist's workers inherit the environment and come the same way.
    del os.environ["DJANGO_SETTINGS_MODULE"]


SERVERS = Servers()
set_up_django()


def pytest_sessionstart(session: pytest.Session) -> None:
    """With xdist: before the workers, who find it served."""
    if not IS_XDIST_WORKER and session.config.getoption("numprocesses", None):
        _start(postgres=True, valkey=False)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Tests of the running product share one copy of it, browser tests one Chromium: one xdist group each."""
    fixtures: Iterable[str] = getattr(item, "fixturenames", ())
    for group in ("stack", "chromium"):
        if group in fixtures:
            item.add_marker(pytest.mark.xdist_group(group))
            break


def pytest_collection_finish(session: pytest.Session) -> None:
    """The process that runs tests starts what they ask for; pure tests wait for no server."""
    if not IS_XDIST_WORKER and session.config.getoption("numprocesses", None):
        return
    if session.config.getoption("collectonly"):
        return
    asked = any(
        item.get_closest_marker("django_db") or NEEDS_DATABASE.intersection(getattr(item, "fixturenames", ()))
        for item in session.items
    )
    _start(
        postgres=asked, valkey=asked or any("valkey_url" in getattr(item, "fixturenames", ()) for item in session.items)
    )


def _start(*, postgres: bool, valkey: bool) -> None:
    try:
        if postgres:
            SERVERS.start_postgres()
        if valkey:
            SERVERS.start_valkey()
    except EmbeddedError as problem:
        pytest.exit(str(problem), returncode=pytest.ExitCode.USAGE_ERROR)


def pytest_unconfigure() -> None:
    SERVERS.stop()


@pytest.fixture(scope="session")
def valkey_url() -> str:
    """This process' Valkey, without a database number."""
    return f"redis://127.0.0.1:{SERVERS.valkey_port}"


@pytest.fixture(autouse=True)
def _empty_valkey() -> Iterator[None]:
    """Counters of one test's rate limits must not meet the next one's."""
    yield
    if SERVERS.valkey is not None:
        with redis.Redis(port=SERVERS.valkey_port) as client:
            client.flushall()
