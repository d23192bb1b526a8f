"""The package is pure: importing it brings in no I/O."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent
FORBIDDEN = {"django", "rest_framework", "celery", "asyncio", "socket", "ssl", "logging", "time", "random", "threading"}
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("module", MODULES)
def test_no_module_imports_clocks_sockets_or_frameworks(module: str) -> None:
    tree = ast.parse((PACKAGE / f"{module}.py").read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {name.partition(".")[0] for name in names} & FORBIDDEN


def test_importing_all_of_it_loads_no_sockets_and_no_logging() -> None:
    imports = ", ".join(f"kernel.smpp.{module}" for module in MODULES)
    code = (
        f"import sys, {imports}; print(sorted({{'socket', 'ssl', 'logging', 'asyncio', 'django'}} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent.parent
    )
    assert done.stdout.strip() == "[]"


def test_every_module_is_named_in_the_package_docstring() -> None:
    text = (PACKAGE / "__init__.py").read_text()
    inner = {"fields", "rare", "receiving", "outstanding"}
    assert [module for module in MODULES if module not in inner and f"`{module}`" not in text] == []


def test_no_module_is_longer_than_400_lines() -> None:
    assert max(len(path.read_text().splitlines()) for path in PACKAGE.glob("*.py")) <= 400
