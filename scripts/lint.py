"""Every static check, as many at once as there are processors; what fails is shown in full, what passes is one line."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
BIN: Final = Path(sys.executable).parent
TEMPLATES: Final = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "templates").rglob("*.html"))]

# The slow ones first.
CHECKS: Final[dict[str, list[str]]] = {
    "types": ["mypy", "."],
    "layers": ["lint-imports"],
    "migrations": ["python", "manage.py", "makemigrations", "--check", "--dry-run"],
    "configuration": ["python", "manage.py", "check", "--fail-level", "WARNING"],
    "templates": ["djade", "--check", "--target-version", "5.2", *TEMPLATES],
    "style": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
}


def run(name: str) -> bool:
    program, *arguments = CHECKS[name]
    started = time.monotonic()
    done = subprocess.run(
        [BIN / program, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    verdict = "ok" if done.returncode == 0 else f"FAILED: {' '.join(CHECKS[name][:4])}\n{done.stdout}"
    print(f"  {name:<14} {time.monotonic() - started:5.1f} s  {verdict}", flush=True)
    return done.returncode == 0


def main() -> int:
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return 0 if all(list(pool.map(run, CHECKS))) else 1


if __name__ == "__main__":
    sys.exit(main())
