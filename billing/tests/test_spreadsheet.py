from __future__ import annotations

from pathlib import Path

import pytest

from billing.spreadsheet import amount
from kernel.tables.cells import write_csv


@pytest.mark.parametrize(
    ("micros", "written"), [(145_000, "0.145000"), (-1, "-0.000001"), (0, "0.000000"), (10**18, "1000000000000.000000")]
)
def test_amounts_have_six_decimals_and_no_exponent(tmp_path: Path, micros: int, written: str) -> None:
    write_csv(tmp_path / "a.csv", header=["cost"], rows=[[amount(micros)]], has_bom=False)
    assert (tmp_path / "a.csv").read_bytes() == f"cost\r\n{written}\r\n".encode()
