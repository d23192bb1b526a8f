"""What an installation in development needs before its processes start: secrets, roles, schema, static files, demo.

Each step is remembered with a fingerprint of what decides its result, so that a start that finds nothing changed does
nothing. The memory names the database too: a fresh one is prepared whatever the file says.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from cryptography.fernet import Fernet

ROOT: Final = Path(__file__).resolve().parent.parent.parent
# Neither the product nor made from it.
SKIPPED: Final = frozenset({".venv", "var", ".git", "tests", "bench", "docs", "scripts"})


@dataclass(frozen=True, slots=True)
class Step:
    """One management command and what its result depends on."""

    command: str
    sentence: str
    arguments: tuple[str, ...]
    fingerprint: str
    product: Path | None = None  # a file it makes: without it, it runs again


def make_secrets(var: Path) -> None:
    """Write the secrets of a development installation once; `config.settings` reads them."""
    file = var / "secrets.env"
    if file.exists():
        return
    draft = file.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as out:
        out.write(f"SECRET_KEY={secrets.token_urlsafe(48)}\nSECRETS_KEYS={Fernet.generate_key().decode()}\n")
    draft.rename(file)


def identity_of(superuser_dsn: str, database: str) -> str:
    """Tells this database from one of the same name made later or elsewhere."""
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        row = connection.execute(
            "SELECT system_identifier, d.oid FROM pg_control_system(), pg_database d WHERE datname = %s", [database]
        ).fetchone()
    return "/".join(map(str, row or ()))


def fingerprint_of(paths: Iterable[Path], *more: str) -> str:
    digest = hashlib.sha256("\0".join(more).encode())
    for path in sorted(paths):
        digest.update(f"\0{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _sources() -> list[Path]:
    rooms = [entry for entry in ROOT.iterdir() if entry.is_dir() and entry.name not in SKIPPED]
    return [path for room in rooms for path in room.rglob("*.py") if "tests" not in path.parts]


def steps(*, identity: str, base_url: str, var: Path) -> list[Step]:
    """The steps in their order; `base_url` is written into the demo's description."""
    sources = _sources()
    requirements = ROOT / "requirements.txt"
    schema = [path for path in sources if "migrations" in path.parts or "kernel" in path.parts]
    statics = [path for path in (ROOT / "static").rglob("*") if path.is_file()]
    everything = fingerprint_of(sources, identity, base_url)
    quietly = ("--no-input", "--verbosity", "0")
    return [
        Step("migrate", "bringing the database up to date", quietly, fingerprint_of([*schema, requirements], identity)),
        Step(
            "collectstatic",
            "collecting static files",
            # The other viewer of the API's schema, which no page uses.
            (*quietly, "--clear", "--ignore", "redoc"),
            fingerprint_of([*statics, requirements]),
            var / "static" / "staticfiles.json",
        ),
        Step("sync_schedule", "writing the schedule of periodic jobs", (), everything),
        Step("seed_demo", "making the demo", (), everything, var / "demo.json"),
    ]


class Memory:
    """Which step was last done with which fingerprint; `var/prepared.json`."""

    def __init__(self, var: Path) -> None:
        self._file = var / "prepared.json"
        self._done: dict[str, str] = json.loads(self._file.read_text()) if self._file.exists() else {}

    def is_done(self, step: Step) -> bool:
        return self._done.get(step.command) == step.fingerprint and (step.product is None or step.product.exists())

    def remember(self, step: Step) -> None:
        self._done[step.command] = step.fingerprint
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps(self._done, indent=1))
        draft.rename(self._file)
