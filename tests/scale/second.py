"""A second machine: processes beside the running product's, with its environment, database and broker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import psutil

from config.embedded import free_port
from tests.fixtures.stack import ROOT, Stack
from tests.stack.api import Client

STOP_TIMEOUT_S: Final = 40.0
_GRANIAN: Final = ("-m", "granian", "--interface", "wsgi", "config.wsgi:application", "--host", "127.0.0.1", "--port")
_CELERY: Final = ("-m", "celery", "-A", "config", "worker", "--without-gossip", "--without-mingle")
COMMANDS: Final[dict[str, tuple[str, ...]]] = {
    "web": (*_GRANIAN, "{port}", "--workers", "1", "--blocking-threads", "8"),
    "worker": (*_CELERY, "-n", "second@%h", "-Q", "bulk,files,default", "-P", "prefork", "-c", "2", "-l", "INFO"),
    "dispatch": ("manage.py", "dispatch", "--lane", "bulk"),
    "dispatch-otp": ("manage.py", "dispatch", "--lane", "otp"),
    "beat": ("manage.py", "beat"),
}


class Second:
    """Starts nothing by itself. Each process has a log below the stack's own."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.port = free_port()
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        environment = psutil.Process(self.stack.pid("web")).environ()
        for name in names:
            command = [sys.executable, *(word.format(port=self.port) for word in COMMANDS[name])]
            with self.log(name).open("wb") as log:
                self.running[name] = subprocess.Popen(
                    command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
                )

    def log(self, name: str) -> Path:
        return self.stack.var / "log" / f"second-{name}.log"

    def says(self, name: str, words: str) -> bool:
        return words in self.log(name).read_text(errors="replace")

    def client(self) -> Client:
        """A customer whose load balancer chose this machine."""
        return Client(f"http://127.0.0.1:{self.port}", Client.of(self.stack).token)

    def kill(self, name: str) -> None:
        process = self.running.pop(name)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """As its supervisor would, all processes."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        try:
            for process in self.running.values():
                process.wait(STOP_TIMEOUT_S)
        finally:
            for process in self.running.values():
                process.kill()
                process.wait()
