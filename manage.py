#!/usr/bin/env python
"""Django's command line; puts the source root `platform/` on the path and picks the database login of the command."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Commands that change the schema run as its owner; every other command is a worker's work.
OWNER_COMMANDS = frozenset({"migrate", "makemigrations", "sqlmigrate", "showmigrations", "sqlflush", "flush"})


def main() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parent / "platform"))
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("DAKIYA_LOGIN", "owner" if command in OWNER_COMMANDS else "worker")

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
