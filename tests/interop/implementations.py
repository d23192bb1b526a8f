"""The SMSCs that others wrote: how each is installed into a directory of this checkout, and started."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.interop.accounts import ACCOUNTS
from tests.interop.standin import ROOT

HOME: Final = ROOT / "var" / "interop"
STANDINS: Final = Path(__file__).resolve().parent / "standins"
EVERY: Final = tuple(ACCOUNTS)


class CannotInstall(Exception):
    """In words, with what to do about it."""


@dataclass(frozen=True, slots=True)
class Implementation:
    """`senders`: what it can serve. `install` returns the command and what it needs in the environment."""

    name: str
    install: Callable[[], tuple[Sequence[str], Mapping[str, str]]]
    senders: Sequence[str] = EVERY
    shows_tlvs: bool = True
    can_hang_up: bool = True
    keeps_order: bool = True

    @property
    def has_tls(self) -> bool:
        return "SECURE" in self.senders


def _run(command: Sequence[str], where: Path) -> None:
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotInstall(f"{' '.join(command[:4])} failed: {(done.stderr or done.stdout).strip()[-400:]}")


def install_npm() -> tuple[Sequence[str], Mapping[str, str]]:
    """By the lock file, into var/interop/npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise CannotInstall("it needs node and npm: apt install nodejs npm, or https://nodejs.org")
    target = HOME / "npm"
    target.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(STANDINS / "npm" / name, target / name)
    _run([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], target)
    return [node, str(STANDINS / "npm" / "server.js")], {"INTEROP_MODULES": str(target / "node_modules")}


def install_pypi(module: str) -> tuple[Sequence[str], Mapping[str, str]]:
    """Into an environment of their own, var/interop/pypi."""
    target = HOME / "pypi"
    python = target / "bin" / "python"
    if not python.exists():
        _run([sys.executable, "-m", "venv", str(target)], ROOT)
    _run([str(python), "-m", "pip", "install", "--quiet", "-r", str(STANDINS / "requirements.txt")], ROOT)
    return [str(python), "-m", f"tests.interop.standins.{module}"], {"PYTHONPATH": str(ROOT)}


IMPLEMENTATIONS: Final = (
    Implementation("npm smpp", install_npm),
    Implementation(
        "PyPI smpp34",
        lambda: install_pypi("smpp34_server"),
        senders=[sender for sender in EVERY if sender not in ("SECURE", "DENIED")],
        can_hang_up=False,
        keeps_order=False,
    ),
    Implementation(
        "PyPI smpp.twisted3",
        lambda: install_pypi("twisted_server"),
        senders=[sender for sender in EVERY if sender != "SECURE"],
        shows_tlvs=False,
    ),
)


def base_environment() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
