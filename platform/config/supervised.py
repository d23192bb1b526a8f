"""Asking a running supervisord about its processes, over its socket below var/."""

from __future__ import annotations

import http.client
import xmlrpc.client
from pathlib import Path
from typing import Final, TypedDict, cast

from supervisor.xmlrpc import SupervisorTransport

CONFIGURATION: Final = Path(__file__).resolve().parent.parent.parent / "deploy" / "supervisord.conf"


class ProcessState(TypedDict):
    name: str
    statename: str  # RUNNING, STARTING, BACKOFF (it ended too soon and is tried again), STOPPED, EXITED, FATAL
    pid: int  # 0 when it does not run
    spawnerr: str


def processes(var: Path) -> dict[str, ProcessState]:
    """The state of every process by name; empty while supervisord does not answer."""
    transport = SupervisorTransport(None, None, serverurl=f"unix://{var}/supervisor.sock")
    proxy = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
    try:
        states = cast("list[ProcessState]", proxy.supervisor.getAllProcessInfo())
    except (OSError, http.client.HTTPException, xmlrpc.client.Fault):
        return {}
    finally:
        transport.close()
    return {state["name"]: state for state in states}
