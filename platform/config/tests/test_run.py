"""What the launcher refuses before it starts anything, and what it remembers between starts."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from cryptography.fernet import Fernet

from config import prepare, run
from config.embedded import free_port


@pytest.fixture
def var() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="dakiya-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def launch(var: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the launcher on free ports, in the expectation that it gives up."""
    ports = {name: str(free_port()) for name in (*run.PORTS, "VALKEY_PORT")}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DAKIYA_", "TEST_"))}
    environment = {**kept, **ports, "DAKIYA_VAR": str(var), "PYTHONPATH": ".:platform", **variables}
    command = [sys.executable, "-m", "config.run"]
    return subprocess.run(
        command, cwd=run.ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("variable", [*run.PORTS, "VALKEY_PORT"])
def test_a_busy_port_is_named_with_its_user_and_its_variable(var: Path, variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        done = launch(var, **{variable: str(port)})
    assert done.returncode == 1
    assert f"port {port} is in use by {psutil.Process().name()} (pid {os.getpid()})" in done.stderr
    assert f"choose another port with {variable}" in done.stderr


def test_a_second_start_says_who_runs_this_checkout(var: Path) -> None:
    with (var / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711")
        lock.flush()
        done = launch(var)
    assert done.returncode == 1
    assert "running already (pid 4711): use it, or stop it" in done.stderr


def test_an_unreadable_port_is_named(var: Path) -> None:
    done = launch(var, WEB_PORT="eight thousand")
    assert (done.returncode, done.stderr.strip()) == (1, "WEB_PORT is 'eight thousand': write a whole number")


def test_two_equal_ports_are_named_before_anything_starts(var: Path) -> None:
    done = launch(var, WEB_PORT="2776", SMSC_PORT="2776")
    sentence = "SMSC_PORT and WEB_PORT are both 2776: give each a port of its own"
    assert (done.returncode, done.stderr.strip()) == (1, sentence)


def test_secrets_are_made_once_and_kept_to_their_owner(var: Path) -> None:
    prepare.make_secrets(var)
    first = (var / "secrets.env").read_text()
    prepare.make_secrets(var)
    assert (var / "secrets.env").read_text() == first
    assert (var / "secrets.env").stat().st_mode & 0o777 == 0o600
    values = dict(line.split("=", 1) for line in first.splitlines())
    assert len(values["SECRET_KEY"]) >= 50
    Fernet(values["SECRETS_KEYS"])


def test_a_step_is_done_again_when_the_database_or_its_product_is_another(var: Path) -> None:
    migrate, *_, demo = prepare.steps(identity="1/1", base_url="http://127.0.0.1:8000", var=var)
    memory = prepare.Memory(var)
    memory.remember(migrate)
    memory.remember(demo)
    again = prepare.Memory(var)
    assert again.is_done(migrate)
    assert not again.is_done(demo)  # remembered, but its file is missing
    (var / "demo.json").write_text("{}")
    assert again.is_done(demo)
    assert not again.is_done(prepare.steps(identity="2/1", base_url="http://127.0.0.1:8000", var=var)[0])
    assert not again.is_done(prepare.steps(identity="1/1", base_url="http://127.0.0.1:8001", var=var)[-1])


def test_variables_of_libpq_and_a_shells_login_do_not_reach_the_processes(
    var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOST", "elsewhere")
    monkeypatch.setenv("DAKIYA_LOGIN", "owner")
    environment = run.environment_of(var)
    assert not {"PGHOST", "DAKIYA_LOGIN"} & set(environment)
    assert environment["OWNER_DATABASE_URL"].startswith("postgresql://dakiya_owner@%2F")
