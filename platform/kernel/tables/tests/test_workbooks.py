from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xlsxwriter import Workbook

from kernel.tables import workbooks
from kernel.tables.errors import FileRefused
from kernel.tables.workbooks import is_workbook, unpack, write_workbook

MOMENT = datetime(2026, 5, 6, 7, 8)  # noqa: DTZ001 - what a spreadsheet keeps has no zone


def book(path: Path, **sheets: list[list[Any]]) -> Path:
    workbook = Workbook(str(path), {"default_date_format": "dd/mm/yyyy"})
    for name, rows in sheets.items():
        page = workbook.add_worksheet(name)
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    workbook.close()
    return path


def rows(path: Path, sheet: str = "") -> list[list[str]]:
    return [record.cells for record in unpack(path, sheet=sheet)]


def test_cells_are_read_as_the_text_a_person_sees(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", One=[["id", 42, 1.5, True, date(2026, 5, 6), MOMENT]])
    assert is_workbook(path)
    assert rows(path) == [["id", "42", "1.5", "TRUE", "2026-05-06", "2026-05-06 07:08:00"]]


def test_an_id_that_was_stored_as_a_number_says_that_it_was_rounded(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", One=[["id"], [1107177660181979501], ["1107177660181979501"], [919876543210]])
    assert [cells[0] for cells in rows(path)] == ["id", "1.10717766018198E+18", "1107177660181979501", "919876543210"]


def test_the_fullest_sheet_is_read_unless_another_is_asked_for(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", Notes=[["hello"]], Data=[["a", "b"], ["1", "2"]])
    assert unpack(path).sheets == ("Notes", "Data")
    assert rows(path) == [["a", "b"], ["1", "2"]]
    assert rows(path, "Notes") == [["hello"]]
    with pytest.raises(FileRefused, match="no sheet"):
        unpack(path, sheet="Nope")


def test_every_cell_of_a_merged_range_has_its_value_and_rows_keep_their_numbers(tmp_path: Path) -> None:
    workbook = Workbook(str(tmp_path / "a.xlsx"))
    page = workbook.add_worksheet()
    page.merge_range("B3:C3", "Group")
    page.write_row("B4", ["one", "two"])
    page.merge_range("B6:B7", "tall")
    page.write_row("C6", ["x"])
    page.write_row("C7", ["y"])
    workbook.close()
    found = [(record.number, record.cells) for record in unpack(tmp_path / "a.xlsx")]
    assert found == [
        (3, ["", "Group", "Group"]),
        (4, ["", "one", "two"]),
        (6, ["", "tall", "x"]),
        (7, ["", "tall", "y"]),
    ]


@pytest.mark.parametrize("content", [b"PK\x03\x04 not a zip", b"\xd0\xcf\x11\xe0 not a workbook", b"", b"a,b\n1,2\n"])
def test_what_is_no_workbook_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.xlsx").write_bytes(content)
    with pytest.raises(FileRefused) as refused:
        unpack(tmp_path / "a.xlsx")
    assert refused.value.code == "workbook_unreadable"


def test_one_cell_in_the_last_place_of_a_sheet_costs_its_reader_only(tmp_path: Path) -> None:
    workbook = Workbook(str(tmp_path / "a.xlsx"))
    page = workbook.add_worksheet()
    page.write("A1", "id")
    page.write("XFD1048576", "bomb")
    workbook.close()
    with pytest.raises(FileRefused) as refused:
        unpack(tmp_path / "a.xlsx")
    assert refused.value.code == "workbook_too_large"


def test_an_archive_that_grows_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = book(tmp_path / "a.xlsx", One=[["id"]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros.bin", b"\0" * 100_000_000)
    monkeypatch.setattr(workbooks, "MAX_MEMORY", 300_000_000)
    with pytest.raises(FileRefused) as refused:
        unpack(path)
    assert refused.value.code == "workbook_too_large"


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


@settings(deadline=None)  # each table is read by a process of its own
@given(table=st.lists(st.lists(TEXT, min_size=2, max_size=2), min_size=1, max_size=4))
def test_texts_come_back_as_they_were_written(tmp_path_factory: Any, table: list[list[str]]) -> None:
    path = tmp_path_factory.mktemp("books") / "a.xlsx"
    assert write_workbook(path, sheet="Data", header=["a", "b"], rows=table) == len(table)
    assert rows(path)[1:] == [row for row in table if any(row)]
