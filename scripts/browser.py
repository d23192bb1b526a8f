"""Chromium for the browser tests: found where it is installed, else installed, else the reason why not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
APPLICATIONS: Final = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
REMEDY: Final = (
    "No Chromium was found, and it could not be installed. Install it yourself and run the tests again: "
    "`apt-get install chromium` as root on Debian, or `.venv/bin/python -m playwright install --with-deps chromium`"
)


class NoBrowserError(RuntimeError):
    """There is no Chromium; the message names the remedy."""


def find() -> Path | None:
    """The executable of a Chromium that starts, or None."""
    candidates = [found for name in NAMES if (found := shutil.which(name))]
    candidates += [path for path in APPLICATIONS if Path(path).exists()]
    for candidate in candidates:
        if _starts(candidate):
            return Path(candidate)
    with sync_playwright() as playwright:
        bundled = Path(playwright.chromium.executable_path)
    return bundled if bundled.exists() and _starts(str(bundled)) else None


def require() -> Path:
    found = find()
    if found is None:
        raise NoBrowserError(REMEDY)
    return found


def _starts(executable: str) -> bool:
    # Some distributions ship a stub that only says how to install the real one.
    try:
        return subprocess.run([executable, "--version"], capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def install() -> None:
    """Try the system's packages as root, then Playwright's own download."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", "chromium"]):
            subprocess.run(["apt-get", *words], env=quiet, check=False)
        if find():
            return
    dependencies = ["--with-deps"] if os.geteuid() == 0 else []
    subprocess.run([sys.executable, "-m", "playwright", "install", *dependencies, "chromium"], check=False)


def main() -> int:
    if find() is None:
        print("Installing Chromium for the browser tests", flush=True)
        install()
    try:
        print(f"Browser tests use {require()}")
    except NoBrowserError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
