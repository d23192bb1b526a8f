"""How an exported file is written: encoding, sheet, header rows, columns and what they become."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from compliance.importing.cells import CATEGORY_OF, KIND_OF, STATE_OF
from compliance.importing.fields import recognise
from kernel.tables.encodings import detect_encoding
from kernel.tables.errors import FileRefused
from kernel.tables.reading import CsvFile, Record, detect_delimiter
from kernel.tables.workbooks import MAX_COLUMNS, is_workbook, unpack

MAX_ROWS: Final = 100_000
COLUMN_LENGTH: Final = 80
# Titles, dates and blank lines may stand above the header.
_SEARCHED: Final = 15
_PREVIEW: Final = 4
_CELL: Final = 80
_WORDS: Final[Mapping[str, Collection[str]]] = {"category": CATEGORY_OF, "kind": KIND_OF, "status": STATE_OF}


@dataclass(frozen=True, slots=True)
class Layout:
    """What the reading pass found out. `body_from` is the number of the first record that is not header."""

    columns: tuple[str, ...]
    mapping: tuple[str, ...]
    preview: list[list[str]]
    body_from: int
    total: int
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    encoding: str = ""
    delimiter: str = ""


def records_of(
    path: Path, *, sheet: str = "", encoding: str = "", delimiter: str = ""
) -> Generator[Record, None, None]:
    """Records that are not blank. Raises FileRefused, see kernel.tables."""
    if is_workbook(path):
        yield from (record for record in unpack(path, sheet=sheet) if not record.is_blank)
        return
    encoding = encoding or detect_encoding(path)
    with CsvFile(path, encoding=encoding, delimiter=delimiter or detect_delimiter(path, encoding)) as file:
        yield from (record for record in file if not record.is_blank)


def layout_of(path: Path, *, kind: str, sheet: str = "") -> Layout:
    """Read a file once.

    Raises:
        FileRefused: see kernel.tables; besides `no_rows`, `too_many_rows`, `too_many_columns`.
    """
    encoding = delimiter = ""
    sheets: tuple[str, ...] = ()
    if is_workbook(path):
        unpacked = unpack(path, sheet=sheet)
        sheet, sheets = unpacked.name, unpacked.sheets
    else:
        encoding = detect_encoding(path)
        delimiter = detect_delimiter(path, encoding)
    with closing(records_of(path, sheet=sheet, encoding=encoding, delimiter=delimiter)) as records:
        head = list(islice(records, _SEARCHED + _PREVIEW))
        count = len(head) + sum(1 for _ in islice(records, MAX_ROWS + 1))
    columns, skipped = _header(head, kind)
    body = head[skipped:]
    if not columns or not body:
        raise FileRefused("no_rows", "The file has no rows below its header.", "Export it again, with its records.")
    if len(columns) > MAX_COLUMNS:
        raise FileRefused(
            "too_many_columns",
            f"The header has {len(columns)} columns; {MAX_COLUMNS} are read at most.",
            "Remove the columns behind the table.",
        )
    if count - skipped > MAX_ROWS:
        raise FileRefused("too_many_rows", f"The file has more than {MAX_ROWS:,} rows.", "Split it into several files.")
    preview = [[cell[:_CELL] for cell in record.cells] for record in body[:_PREVIEW]]
    mapping = tuple(recognise(kind, columns, body=[record.cells for record in body], words=_WORDS))
    return Layout(columns, mapping, preview, body[0].number, count - skipped, sheet, sheets, encoding, delimiter)


def _header(head: Sequence[Record], kind: str) -> tuple[tuple[str, ...], int]:
    """Names of the columns, and how many records stand above the body.

    The row, or the pair of rows, that names most fields. Rows below that name as many are a header too: some portals
    write it twice.
    """
    best, best_score, skipped = tuple(head[0].cells) if head else (), 0, 1
    for place in range(min(len(head), _SEARCHED)):
        for names, used in _candidates(head, place):
            score = _score(kind, names)
            if score > best_score:
                best, best_score, skipped = names, score, place + used
        if best_score and place >= skipped:
            break
    if best_score < 2:
        best, skipped = _fullest(head, best, skipped)
    while skipped < len(head) and best_score > 1 and _score(kind, head[skipped].cells) * 2 > best_score:
        skipped += 1
    return _distinct(best), skipped


def _fullest(head: Sequence[Record], best: tuple[str, ...], skipped: int) -> tuple[tuple[str, ...], int]:
    """One known word may stand in a title: the first row with most cells filled names the columns, if it has more."""
    filled = [sum(1 for cell in record.cells if cell.strip()) for record in head[:-1]]
    most = max(filled, default=0)
    if most <= sum(1 for name in best if name.strip()):
        return best, skipped
    place = filled.index(most)
    return tuple(head[place].cells), place + 1


def _candidates(head: Sequence[Record], place: int) -> Iterator[tuple[tuple[str, ...], int]]:
    """One row as the header; and two, where the lower row says what the upper one groups."""
    upper = head[place].cells
    yield tuple(upper), 1
    if place + 1 < len(head):
        lower = head[place + 1].cells
        width = max(len(upper), len(lower))
        above, below = ([*cells, *[""] * (width - len(cells))] for cells in (upper, lower))
        yield tuple(under.strip() or over for over, under in zip(above, below, strict=True)), 2


def _score(kind: str, names: Sequence[str]) -> int:
    return sum(1 for field in recognise(kind, names) if field)


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    taken: Counter[str] = Counter()
    distinct = []
    for number, cell in enumerate(names, 1):
        name = " ".join(cell.split())[:COLUMN_LENGTH] or f"Column {number}"
        taken[name] += 1
        distinct.append(name if taken[name] == 1 else f"{name} {taken[name]}")
    return tuple(distinct)
