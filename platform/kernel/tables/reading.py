"""Records of a CSV file, one after the other: whatever is in the file, only one record of it is in memory."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from kernel.tables.encodings import AS_CSV, LABELS
from kernel.tables.errors import FileRefused

# A record of contacts has a few hundred characters. Below csv's own limit of a field, so that ours speaks first.
MAX_RECORD: Final = 100_000
DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_SAMPLE_RECORDS: Final = 30


class Record(NamedTuple):
    """One record; `is_broken` when its quotes cannot be read, `cells` is then its raw line."""

    number: int
    cells: list[str]
    is_broken: bool = False

    @property
    def is_blank(self) -> bool:
        return not any(cell.strip() for cell in self.cells)


class CsvFile:
    """Iterates over the records of a file, numbered from 1, header included. A context manager.

    Raises while iterating:
        FileRefused: `record_too_long`, `nul_byte`, `quote_not_closed`, `encoding_wrong`.
    """

    def __init__(self, path: Path, *, encoding: str, delimiter: str) -> None:
        self._octets = path.open("rb")
        self._text = io.TextIOWrapper(self._octets, encoding=encoding, newline="")
        self._encoding, self._delimiter = encoding, delimiter
        self._record = 0
        self._line = ""
        self._taken = 0
        self._is_at_end = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._text.close()

    @property
    def octets_read(self) -> int:
        """How far into the file the reader is, a block ahead at most."""
        return self._octets.tell()

    def __iter__(self) -> Iterator[Record]:
        reader = csv.reader(self._lines(), delimiter=self._delimiter, strict=True)
        while True:
            self._record += 1
            self._taken = 0
            try:
                yield Record(self._record, next(reader))
            except StopIteration:
                return
            except csv.Error:
                if self._is_at_end:
                    raise FileRefused(
                        "quote_not_closed",
                        f"In record {self._record} a quotation mark is opened and never closed.",
                        "Remove it there, or write two in its place where one is meant, and upload the file again.",
                    ) from None
                yield Record(self._record, [self._line.rstrip("\r\n")], is_broken=True)

    def _lines(self) -> Iterator[str]:
        while True:
            try:
                line = self._text.readline(MAX_RECORD + 1)
            except UnicodeDecodeError:
                label = LABELS.get(self._encoding, self._encoding)
                raise FileRefused(
                    "encoding_wrong", f"Record {self._record} is not text in {label}.", f"Choose another one. {AS_CSV}"
                ) from None
            self._line = line
            self._taken += len(line)
            if not line:
                self._is_at_end = True
                return
            if self._taken > MAX_RECORD:
                raise FileRefused(
                    "record_too_long",
                    f"Record {self._record} is longer than {MAX_RECORD:,} characters: the file has no line breaks "
                    "where rows should end, or a quotation mark is never closed.",
                    f"Look at that row in a text editor. {AS_CSV}",
                )
            if "\0" in line:
                raise FileRefused(
                    "nul_byte",
                    f"Record {self._record} holds a NUL byte, which no text has: the file is damaged or no text file.",
                    f"Export it again. {AS_CSV}",
                )
            yield line


def detect_delimiter(path: Path, encoding: str) -> str:
    """The character that cuts the first records into the same number of columns, more than one; else the comma."""
    scores = {delimiter: _score(path, encoding, delimiter) for delimiter in DELIMITERS}
    best = max(scores, key=lambda delimiter: scores[delimiter])
    return best if scores[best][0] else ","


def _score(path: Path, encoding: str, delimiter: str) -> tuple[float, int]:
    """(share of the sample with the commonest width, that width); nothing when all is one column."""
    widths: Counter[int] = Counter()
    with CsvFile(path, encoding=encoding, delimiter=delimiter) as file:
        for record in file:
            if not record.is_blank:
                widths[0 if record.is_broken else len(record.cells)] += 1
            if record.number >= _SAMPLE_RECORDS:
                break
    if not widths:
        return 0.0, 0
    width, count = widths.most_common(1)[0]
    return (count / widths.total(), width) if width > 1 else (0.0, 0)
