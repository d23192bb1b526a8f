"""Uploaded tables of numbers: a column with numbers, and perhaps one with categories, wherever they stand."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from compliance.errors import InvalidDndFile
from kernel.tables.encodings import detect_encoding
from kernel.tables.reading import CsvFile, Record, detect_delimiter
from kernel.tables.workbooks import is_workbook, unpack
from kernel.telecom.numbers import NumberRefused, parse_number

_NUMBER_HEADS: Final = ("number", "mobile", "msisdn", "phone", "recipient", "to")
_CATEGORY_HEADS: Final = ("categor", "preference", "block", "dnd")
_MOST: Final = 1_000_000


class Line(NamedTuple):
    number: int
    recipient: str
    categories: str


def lines_of(chunks: Iterable[bytes], *, region: str) -> list[Line]:
    """Lines of a CSV or XLSX file that have anything where the numbers stand; a heading is left out.

    Raises:
        FileRefused: it cannot be read.
        InvalidDndFile: `no_number_column`, or `too_many_numbers` (1,000,000 at once).
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "upload")
        with path.open("wb") as file:
            file.writelines(chunks)
        records = _records(path)
    if len(records) > _MOST:
        raise InvalidDndFile("too_many_numbers", f"There are more than {_MOST:,} lines.", "Split the file.")
    return _lines(records, region) if records else []


def _records(path: Path) -> list[Record]:
    if is_workbook(path):
        return [record for record in unpack(path) if not record.is_blank]
    encoding = detect_encoding(path)
    with CsvFile(path, encoding=encoding, delimiter=detect_delimiter(path, encoding)) as records:
        return [record for record in records if not record.is_blank]


def _lines(records: list[Record], region: str) -> list[Line]:
    head = [cell.strip().casefold() for cell in records[0].cells]
    place = next((at for at, cell in enumerate(head) if cell.startswith(_NUMBER_HEADS)), None)
    category = next((at for at, cell in enumerate(head) if cell.startswith(_CATEGORY_HEADS)), None)
    rows = records[1:]
    if place is None:
        # No heading that is known: then the first line has to be one of numbers.
        place = next((at for at, cell in enumerate(records[0].cells) if _is_number(cell, region)), None)
        rows = records
    if place is None:
        raise InvalidDndFile(
            "no_number_column",
            "No column of this file is named like numbers or begins with one.",
            "Name the column “number” in the first line and upload the file again.",
        )
    at = place + 1 if category is None else category
    return [Line(row.number, row.cells[place], _cell(row, at)) for row in rows if _cell(row, place).strip()]


def _cell(row: Record, at: int) -> str:
    return row.cells[at] if at < len(row.cells) else ""


def _is_number(cell: str, region: str) -> bool:
    try:
        parse_number(cell, region=region)
    except NumberRefused:
        return False
    return True
