"""The campaign benchmark on an empty installation and on one with 20,000,000 stored messages: does it get slower?
`grown_over_empty` is to be 0.9 or more.

    make bench-growth               ROUNDS=2 COUNT=200000 by default; sizes of the store as in bench/store.py

Each round runs `bench/campaign.py` once on each, one after the other, so that a busy hour slows both.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from bench.harness import report
from bench.store import MESSAGES, ensure_store, stored
from config.prepare import ROOT

ROUNDS: Final = int(os.environ.get("ROUNDS", "2"))


def campaign(var: Path | None = None) -> dict[str, Any]:
    """The JSON line of one run on `var`, or on a new installation."""
    environment = {**os.environ, **({"BENCH_VAR": str(var)} if var else {})}
    command = [sys.executable, str(ROOT / "bench" / "campaign.py")]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"the campaign was not complete: {done.stdout}")
    line: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"  {'stored' if var else 'empty'}: {line['per_s']}/s", file=sys.stderr)
    return line


def main() -> None:
    ensure_store()
    empty, full = [], []
    for _ in range(ROUNDS):
        empty.append(campaign())
        with stored() as var:
            os.sync()  # what the copy left in memory is not written beside the measurement
            full.append(campaign(var))
    without, with_stored = (statistics.median(line["per_s"] for line in lines) for lines in (empty, full))
    ratio = round(with_stored / without, 2)
    result = {
        "bench": "growth",
        "per_s": round(with_stored),
        "empty_per_s": [line["per_s"] for line in empty],
        "stored_per_s": [line["per_s"] for line in full],
        "stored_messages": MESSAGES,
        "grown_over_empty": ratio,
        "pss_mb": full[-1]["pss_mb"],
    }
    report(result, measure="per_s", base={"floor": "floor"}, is_complete=True)


if __name__ == "__main__":
    main()
