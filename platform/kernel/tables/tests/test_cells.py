from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.tables.cells import plain_text, safe_text, write_csv

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", "  =1", " @x", "＝1", "＋1", "－1", "＠x"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_begins_like_a_formula(text: str) -> None:
    assert safe_text(text).startswith("'")
    assert "\0" not in safe_text(text)


@pytest.mark.parametrize("text", ["", "Diwali", "a=b", "91", "नमस्ते", "'=1"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert safe_text(text) == text


@given(st.text())
def test_whatever_the_text_it_is_safe_once_trimmed(text: str) -> None:
    assert safe_text(text).lstrip()[:1] not in set("=+-@＝＋－＠")


@given(st.text(st.characters(exclude_characters="\0")).filter(lambda text: not text.startswith("'")))
def test_what_was_made_safe_can_be_read_back(text: str) -> None:
    assert plain_text(safe_text(text)) == text


@pytest.mark.parametrize("has_bom", [True, False])
def test_a_file_is_rfc_4180_with_or_without_a_byte_order_mark(tmp_path: Path, has_bom: bool) -> None:
    path = tmp_path / "new" / "a.csv"
    count = write_csv(path, header=["a", "b"], rows=[['x "y", z', 7], ["two\nlines", None]], has_bom=has_bom)
    mark = b"\xef\xbb\xbf" if has_bom else b""
    assert path.read_bytes() == mark + b'a,b\r\n"x ""y"", z",7\r\n"two\nlines",\r\n'
    assert count == 2


def test_a_reader_gets_back_what_was_written(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", header=["a", "b"], rows=[['क,"', Decimal("1.500000")]], has_bom=True)
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.DictReader(file)) == [{"a": 'क,"', "b": "1.500000"}]


def test_a_file_that_breaks_off_is_not_there(tmp_path: Path) -> None:
    def rows() -> object:
        yield ["x"]
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_csv(tmp_path / "a.csv", header=["a"], rows=rows(), has_bom=False)  # type: ignore[arg-type] # it raises
    assert not (tmp_path / "a.csv").exists()
