"""`make chaos`: seed after seed on private installations, a JSON line each.

    make chaos                      SEEDS=1-50 MESSAGES=20000 by default
    make chaos SEEDS=17-17          the same again

CHAOS_VAR keeps the installations' files there, for their logs.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.chaos.seed import Seed, full
from tests.fixtures.stack import Stack

MESSAGES: Final = int(os.environ.get("MESSAGES") or "20000")
# One installation bears so many seeds, then a new one begins.
SEEDS_EACH: Final = 10


def seeds() -> list[int]:
    first, _, last = (os.environ.get("SEEDS") or "1-50").partition("-")
    return list(range(int(first), int(last or first) + 1))


@contextmanager
def installation(number: int) -> Iterator[Stack]:
    with tempfile.TemporaryDirectory(prefix="dakiya-chaos-") as scratch:
        # PostgreSQL does not run as root: its user must be able to enter.
        Path(scratch).chmod(0o755)
        var = Path(os.environ.get("CHAOS_VAR") or scratch) / f"installation-{number}"
        # At any hour: its promotions go to nobody.
        stack = Stack(var, SMSC_JOURNAL=str(var / "log" / "submits"), KEEP_PROMOTIONAL_HOURS="0")
        try:
            stack.wait_until_started()
            yield stack
        finally:
            if stack.launcher.poll() is None:
                stack.stop()


def play(wanted: list[int]) -> Iterator[dict[str, Any]]:
    for first in range(0, len(wanted), SEEDS_EACH):
        with installation(first // SEEDS_EACH) as stack:
            for seed in wanted[first : first + SEEDS_EACH]:
                told = Seed(stack, seed, full(MESSAGES)).play()
                print(json.dumps(told), flush=True)
                if told["problems"]:
                    print(f"repeat it with: make chaos SEEDS={seed}-{seed} MESSAGES={MESSAGES}", flush=True)
                yield told


def main() -> None:
    began, told = time.monotonic(), list(play(seeds()))
    failed = [each["seed"] for each in told if each["problems"]]
    summary = {
        "chaos": len(told),
        "failed": failed,
        "messages": sum(each["messages"] for each in told),
        "promised": sum(each["promised"] for each in told),
        "kills": sum(sum(each["kills"].values()) for each in told),
        "in_doubt": sum(sum(each["in_doubt"].values()) for each in told),
        "duplicates": sum(each["duplicates"] for each in told),
        "allowed": sum(each["allowed"] for each in told),
        "seconds": round(time.monotonic() - began),
    }
    print(json.dumps(summary))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
