"""The sample package of docs/examples installs without network, is found by the registry and passes its own tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parent.parent.parent
SAMPLE: Final = ROOT / "docs" / "examples" / "carrier-plugin"
FIND: Final = """
from django.conf import settings
settings.configure()
from routing.registry import providers
print(*sorted(providers()))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's folder; what pip installed lies beside it."""
    copy = tmp_path_factory.mktemp("plugin") / "carrier-plugin"
    shutil.copytree(SAMPLE, copy, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "build"))
    options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(copy.parent / "site"), str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return copy


def run(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python as somebody who installed the package has it; their own tests choose their settings."""
    path = os.pathsep.join(str(each) for each in (installed.parent / "site", ROOT, ROOT / "platform"))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "PYTEST_", "COV_"))}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=installed,
        env={**kept, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_registry_finds_an_installed_package(installed: Path) -> None:
    done = run(installed, "-c", FIND)
    assert done.stdout.split() == ["carrier", "http", "simulator", "smpp"], done.stderr


def test_the_sample_passes_its_own_tests(installed: Path) -> None:
    done = run(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout + done.stderr
