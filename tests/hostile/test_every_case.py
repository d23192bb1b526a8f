"""The list of ways in which operators are odd has 46 numbers, and each is put to the test."""

from __future__ import annotations

import re
from pathlib import Path

CASES = 46


def test_every_numbered_case_has_a_test() -> None:
    found: set[int] = set()
    for path in Path(__file__).parent.glob("test_operator_*.py"):
        found |= {int(number) for number in re.findall(r"^def test_case_(\d\d)_", path.read_text(), re.MULTILINE)}
    assert found == set(range(1, CASES + 1))
