"""A workbook becomes lines of JSON, in a process of its own with an upper bound of memory and time.

What a hostile workbook can blow up (a cell in the last row and column, a long text that a million cells share, a zip
bomb) then costs this process and nothing else. It is started by its path, isolated, and imports nothing of ours.

Arguments: workbook, output, sheet ("" for the one with most cells), bytes of memory, rows, columns, cells.
Exit codes: 0 written; 3 no workbook that can be read; 4 larger than allowed; 5 no such sheet.
First line: {"sheets": [names], "sheet": name}; then [row number, [cells]] for each row that is not empty.
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
    load_workbook,
)

WRITTEN, UNREADABLE, TOO_LARGE, NO_SHEET = 0, 3, 4, 5
# A binary floating-point number is exact up to here; what is larger has lost digits in the spreadsheet already.
EXACT: Final = 10**15
BLOCK: Final = 1024 * 1024
OLD_BINARY: Final = b"\xd0\xcf\x11\xe0"


class TooLarge(Exception):
    """More rows, columns, cells or octets than allowed."""


def main(arguments: list[str]) -> int:
    source, output, wanted = arguments[:3]
    memory, rows, columns, cells = map(int, arguments[3:7])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    try:
        check_archive(source, memory)
        book = load_workbook(source)
        names = shown_sheets(book)
        if wanted and wanted not in names:
            return NO_SHEET
        sheet = book.get_sheet_by_name(wanted) if wanted else fullest(book, names)
        if sheet.total_height > rows or sheet.total_width > columns or sheet.total_height * sheet.total_width > cells:
            return TOO_LARGE
        with Path(output).open("w", encoding="utf-8") as file:
            file.write(json.dumps({"sheets": names, "sheet": sheet.name}) + "\n")
            for number, row in enumerate(filled(sheet), 1):
                if any(row):
                    file.write(json.dumps([number, row]) + "\n")
    except (MemoryError, TooLarge):
        return TOO_LARGE
    except (CalamineError, zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError):
        return UNREADABLE
    return WRITTEN


def check_archive(source: str, most: int) -> None:
    """Inflate every member once: what an archive says about its sizes is not believed."""
    with Path(source).open("rb") as file:
        if file.read(4) == OLD_BINARY:
            return
    done = 0
    with zipfile.ZipFile(source) as archive:
        for member in archive.infolist():
            with archive.open(member) as opened:
                while block := opened.read(BLOCK):
                    done += len(block)
                    if done > most // 4:
                        raise TooLarge


def shown_sheets(book: CalamineWorkbook) -> list[str]:
    """Visible worksheets; all of them when none is visible."""
    sheets = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    shown = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
    return shown or [sheet.name for sheet in sheets]


def fullest(book: CalamineWorkbook, names: list[str]) -> CalamineSheet:
    if not names:
        raise ValueError("no worksheet")
    sheets = (book.get_sheet_by_name(name) for name in names)
    return max(sheets, key=lambda sheet: sheet.height * sheet.width)


def filled(sheet: CalamineSheet) -> Iterator[list[str]]:
    """Rows as text, from the first column on; every cell of a merged range has the value of the first one."""
    top, left = sheet.start or (0, 0)
    merged: dict[int, list[tuple[int, int, int, int]]] = {}
    for (from_row, from_column), (to_row, to_column) in sheet.merged_cell_ranges or []:
        for row in range(max(from_row, top), min(to_row, top + sheet.height) + 1):
            merged.setdefault(row, []).append((from_row, from_column, to_row, to_column))
    firsts: dict[tuple[int, int], str] = {}
    # calamine gives the empty rows above the table, and not the empty columns before it.
    for number, values in enumerate(sheet.iter_rows()):
        cells = [""] * left + [text_of(value) for value in values]
        for from_row, from_column, to_row, to_column in merged.get(number, []):
            origin = (from_row, from_column)
            if number == from_row and from_column < len(cells):
                firsts[origin] = cells[from_column]
            for column in range(from_column, min(to_column + 1, len(cells))):
                cells[column] = cells[column] or firsts.get(origin, "")
            if number == to_row:
                firsts.pop(origin, None)
        yield cells


def text_of(value: Any) -> str:
    """A cell as text: whole numbers without a point, rounded ones with the exponent that says so, dates in ISO."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        if abs(value) >= EXACT:
            return f"{value:.14E}"
        return str(int(value)) if value == int(value) else repr(value)
    if isinstance(value, dt.datetime):
        at_midnight = value.time() == dt.time()
        return value.date().isoformat() if at_midnight else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
