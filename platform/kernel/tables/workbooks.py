"""Workbooks as rows of text, whatever is in them, and rows written as a workbook."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from xlsxwriter import Workbook

from kernel.tables.errors import FileRefused
from kernel.tables.reading import Record

MAX_ROWS: Final = 500_000
MAX_COLUMNS: Final = 200
MAX_CELLS: Final = 5_000_000
MAX_MEMORY: Final = 1024 * 1024 * 1024
MAX_SECONDS: Final = 120
_SIGNATURES: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_CHILD: Final = Path(__file__).with_name("unpacking.py")
_UNREADABLE, _NO_SHEET = 3, 5
# What Excel gives a cell at most.
_CELL: Final = 32_767


def is_workbook(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4).startswith(_SIGNATURES)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook, unpacked into a file beside it.

    Args:
        sheets: the names of all that are shown.
    """

    path: Path
    name: str
    sheets: tuple[str, ...]

    def __iter__(self) -> Iterator[Record]:
        """Rows that are not empty, numbered as in the spreadsheet."""
        with self.path.open(encoding="utf-8") as file:
            next(file)
            for line in file:
                number, cells = json.loads(line)
                yield Record(number, cells)


def unpack(path: Path, *, sheet: str = "") -> Sheet:
    """Read a sheet of an XLSX or XLS file; without a name, the one with most cells.

    Whole numbers stay whole; numbers beyond 15 digits, which no spreadsheet keeps, read like 1.10717766018198E+18.
    Every cell of a merged range has its value, dates are ISO.

    Raises:
        FileRefused: `workbook_unreadable`, `workbook_too_large`, `no_such_sheet`.
    """
    output = path.with_suffix(".rows")
    limits = (MAX_MEMORY, MAX_ROWS, MAX_COLUMNS, MAX_CELLS)
    command = [sys.executable, "-I", str(_CHILD), str(path), str(output), sheet.replace("\0", ""), *map(str, limits)]
    try:
        code = subprocess.run(  # noqa: S603 - our own script, by its path; what a person gave are arguments
            command, capture_output=True, timeout=MAX_SECONDS, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        code = 1
    if code:
        output.unlink(missing_ok=True)
        raise _refusal(code, sheet)
    with output.open(encoding="utf-8") as file:
        told = json.loads(next(file))
    return Sheet(output, told["sheet"], tuple(told["sheets"]))


def _refusal(code: int, sheet: str) -> FileRefused:
    if code == _UNREADABLE:
        return FileRefused(
            "workbook_unreadable",
            "The workbook cannot be read: it is damaged, protected by a password, or no workbook at all.",
            "Open it in the spreadsheet program, save it anew without a password, and upload that.",
        )
    if code == _NO_SHEET:
        return FileRefused("no_such_sheet", f"The workbook has no sheet “{sheet}”.", "Choose one of its sheets.")
    # Whatever else ended it ran out of the memory or the time that a workbook may take.
    return FileRefused(
        "workbook_too_large",
        f"The workbook is too large: {MAX_ROWS:,} rows, {MAX_COLUMNS} columns and {MAX_CELLS:,} cells are read at "
        "most, and no more memory than such a table takes.",
        "Delete empty rows and columns behind the table, or save the sheet as “CSV UTF-8”, and upload that.",
    )


def write_workbook(path: Path, *, sheet: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """Write a workbook whose cells are all text, so that no long id is rounded and no text is run as a formula.

    The file is written whole or not at all; returns the number of rows under the header.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    book = Workbook(str(draft), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    page = book.add_worksheet(sheet)
    as_text = book.add_format({"num_format": "@"})
    page.set_column(0, max(len(header) - 1, 0), 24, as_text)
    page.freeze_panes(1, 0)
    count = 0
    for number, row in enumerate(chain((header,), rows)):
        for column, cell in enumerate(row):
            page.write_string(number, column, cell.replace("\0", "")[:_CELL], as_text)
        count = number
    book.close()
    draft.replace(path)
    return count
