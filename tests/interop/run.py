"""Play the cases with every SMSC that can be had here, before a private installation: `make interop`.

    make interop                    all of them
    make interop ONLY="npm smpp"    one of them

Needs the registries of npm and PyPI the first time. It ends with a table and, when a case failed or the SMSC of npm
could not be had, with a status other than 0.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.fixtures.stack import Stack
from tests.interop.implementations import IMPLEMENTATIONS, CannotInstall, Implementation
from tests.interop.playing import Played, play, staged

NEEDED: Final = "npm smpp"


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def line(played: Played) -> str:
    verdict = "ok" if played.is_good else "FAILED"
    return f"{played.implementation:<19} {played.version:<21} {verdict:<7} {played.case}: {played.words}"


def run(stack: Stack, chosen: list[Implementation], scratch: Path) -> tuple[list[Played], list[str]]:
    played: list[Played] = []
    skipped: list[str] = []
    for series, implementation in enumerate(chosen, start=1):
        try:
            with staged(stack, implementation, series, scratch) as setting:
                played += play(setting, implementation.name, lambda one: say(line(one)))
        except CannotInstall as problem:
            skipped.append(implementation.name)
            say(f"{implementation.name:<19} SKIPPED: {problem}")
    return played, skipped


def main() -> int:
    only = os.environ.get("ONLY", "")
    chosen = [implementation for implementation in IMPLEMENTATIONS if only in ("", implementation.name)]
    with tempfile.TemporaryDirectory(prefix="dakiya-interop-") as scratch:
        # PostgreSQL does not run as root: its user must be able to enter.
        Path(scratch).chmod(0o755)
        stack = Stack(Path(scratch) / "var")
        try:
            stack.wait_until_started()
            played, skipped = run(stack, chosen, Path(scratch))
        finally:
            if stack.launcher.poll() is None:
                stack.stop()
    say(f"\n{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, Python {platform.python_version()}, {platform.system()}\n")
    for one in played:
        say(line(one))
    failed = sum(not one.is_good for one in played)
    say(f"\n{len(played) - failed} ok, {failed} failed, {len(skipped)} implementations skipped")
    return 0 if played and not failed and NEEDED not in skipped else 1


if __name__ == "__main__":
    sys.exit(main())
