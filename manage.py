#!/usr/bin/env python
"""Django's command line; puts the source root `platform/` on the path and picks the database login of the command."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

# Commands that change the schema run as its owner; every other command is a worker's work.
OWNER_COMMANDS = frozenset({"migrate", "makemigrations", "sqlmigrate", "showmigrations", "sqlflush", "flush"})

# Commands that read no database, or bring their own.
WITHOUT_DATABASE = frozenset({"check", "collectstatic", "findstatic", "help", "makemigrations", "smsc", "spectacular"})


def embedded_database(command: str) -> AbstractContextManager[None]:
    """In development, unless one is named: the cluster under var/, started for this command if it does not run."""
    given = any(os.environ.get(name) for name in ("DATABASE_URL", "WORKER_DATABASE_URL", "OWNER_DATABASE_URL"))
    is_development = os.environ.get("DAKIYA_ENV", "development") == "development"
    if given or not is_development or command in WITHOUT_DATABASE or "--help" in sys.argv:
        return nullcontext()
    from config.embedded.serving import serving

    return serving(Path(os.environ.get("DAKIYA_VAR", Path(__file__).resolve().parent / "var")).resolve())


def main() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parent / "platform"))
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("DAKIYA_LOGIN", "owner" if command in OWNER_COMMANDS else "worker")

    from django.core.management import execute_from_command_line

    with embedded_database(command):
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
