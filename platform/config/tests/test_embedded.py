"""The embedded servers, each started for real in a directory of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from config import embedded
from config.embedded import EmbeddedError, free_port, postgres, valkey
from config.embedded.postgres import THROWAWAY, alive, start_postgres, superuser_dsn
from config.embedded.serving import serving
from config.embedded.valkey import served_directory, start_valkey
from tests.waiting import until

# A process that starts a server, says so, and waits to be killed.
SUPERVISOR = """
import sys
from pathlib import Path
{start}
print("served", flush=True)
sys.stdin.read()
"""
START_POSTGRES = "from config.embedded.postgres import *; start_postgres(Path(sys.argv[1]), settings=THROWAWAY)"
START_VALKEY = "from config.embedded.valkey import *; start_valkey(Path(sys.argv[1]), int(sys.argv[2]))"


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that everybody may enter, as pytest's own is not."""
    path = Path(tempfile.mkdtemp(prefix="dakiya-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def postmaster(data: Path) -> int:
    return int((data / "postmaster.pid").read_text().splitlines()[0])


def supervisor(code: str, *arguments: str) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR.format(start=code), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"served\n"
    return child


def kill(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.communicate()


def run(data: Path, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(superuser_dsn(data), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_of_two_starts_at_once_one_serves_and_the_other_learns_it(place: Path) -> None:
    children: list[subprocess.Popen[bytes] | None] = []
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(start_postgres, place / "postgres", settings=THROWAWAY) for _ in range(2)]
        # The server ends with its starting thread, so the pool stays until both have been looked at.
        children = [job.result() for job in jobs]
        assert [child is None for child in children].count(True) == 1
        assert alive(place / "postgres")
        for child in filter(None, children):
            assert postgres.stop(child) == 0
    assert not alive(place / "postgres")


def test_a_killed_postmaster_starts_again_with_what_was_committed(place: Path) -> None:
    data = place / "postgres"
    first = start_postgres(data, settings={**THROWAWAY, "synchronous_commit": "on"})
    assert first is not None
    run(data, "CREATE TABLE kept AS SELECT 7 AS id")
    with psycopg.connect(superuser_dsn(data)):
        first.kill()
        first.wait()
        second = start_postgres(data, settings=THROWAWAY)
    assert second is not None
    assert run(data, "SELECT id FROM kept") == [(7,)]
    assert postgres.stop(second) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_killed_supervisor_leaves_no_postgres_behind(place: Path) -> None:
    data = place / "postgres"
    starter = supervisor(START_POSTGRES, str(data))
    server = psutil.Process(postmaster(data))
    with psycopg.connect(superuser_dsn(data)):
        kill(starter)
        until(lambda: not server.is_running() or server.status() == psutil.STATUS_ZOMBIE, timeout_s=20)
    assert not alive(data)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_killed_supervisor_leaves_no_valkey_behind(place: Path) -> None:
    port = free_port()
    starter = supervisor(START_VALKEY, str(place / "valkey"), str(port))
    assert served_directory(port) == place / "valkey"
    kill(starter)
    until(lambda: embedded.is_port_free(port), timeout_s=20)


def test_an_interrupted_first_start_is_made_good_by_the_next(place: Path) -> None:
    draft = place / "postgres.new"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")
    child = start_postgres(place / "postgres", settings=THROWAWAY)
    assert child is not None
    assert run(place / "postgres", "SHOW fsync") == [("off",)]
    assert postgres.stop(child) == 0


def test_a_server_that_cannot_start_is_reported_with_its_own_words(place: Path) -> None:
    with pytest.raises(EmbeddedError, match="unrecognized configuration parameter"):
        start_postgres(place / "postgres", settings={"no_such_setting": "1"})


def test_a_place_too_deep_for_a_socket_is_named_with_its_remedy(place: Path) -> None:
    with pytest.raises(EmbeddedError, match="DAKIYA_VAR to a shorter path"):
        start_postgres(place / ("deep" * 30))


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's PostgreSQL runs as himself")
def test_a_directory_closed_to_the_unprivileged_user_is_named_and_left_as_it_is(place: Path) -> None:
    place.chmod(0o700)
    with pytest.raises(EmbeddedError, match=f"chmod o\\+x {place}"):
        start_postgres(place / "postgres")
    assert place.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a directory that belongs to somebody else")
def test_a_data_directory_of_somebody_else_is_named_with_its_remedy(place: Path) -> None:
    (place / "postgres").mkdir()
    with pytest.raises(EmbeddedError, match="belongs to root, the server would run as nobody"):
        start_postgres(place / "postgres")


def test_a_full_disk_is_named_with_its_remedy(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "MIN_FREE_OCTETS", 2**60)
    with pytest.raises(EmbeddedError, match="set DAKIYA_VAR to a directory on another disk"):
        start_postgres(place / "postgres")


def test_a_command_serves_the_database_for_itself_and_leaves_a_running_one_alone(place: Path) -> None:
    with serving(place):
        assert alive(place / "postgres")
        with serving(place):
            assert run(place / "postgres", "SELECT datname FROM pg_database WHERE datname = 'dakiya'") == [("dakiya",)]
        assert alive(place / "postgres")
    assert not alive(place / "postgres")


def test_valkey_keeps_its_data_over_a_kill(place: Path) -> None:
    port = free_port()
    first = start_valkey(place / "valkey", port)
    assert first is not None
    redis.Redis(port=port).set("kept", "yes")
    until(lambda: (place / "valkey" / "appendonlydir").is_dir() and _flushed(port), timeout_s=10)
    kill(first)
    second = start_valkey(place / "valkey", port)
    assert second is not None
    assert redis.Redis(port=port).get("kept") == b"yes"
    assert valkey.stop(second) == 0


def _flushed(port: int) -> bool:
    state: dict[str, object] = redis.Redis(port=port).info("persistence")
    return state["aof_pending_bio_fsync"] == 0


def test_a_second_valkey_start_on_the_same_directory_learns_that_it_is_served(place: Path) -> None:
    port = free_port()
    first = start_valkey(place / "valkey", port)
    assert first is not None
    assert start_valkey(place / "valkey", port) is None
    valkey.stop(first)


def test_a_port_in_use_is_named_with_its_user_and_the_variable_that_changes_it(place: Path) -> None:
    port = free_port()
    first = start_valkey(place / "one", port)
    assert first is not None
    sentence = rf"port {port} is in use by valkey-server \(pid {first.pid}\).*VALKEY_PORT="
    with pytest.raises(EmbeddedError, match=sentence):
        start_valkey(place / "two", port)
    valkey.stop(first)
