"""The first look at a whole file: how it is written, which column holds the numbers, whose they are.

Nothing is written. What can stop a file stops it here, so that an import never ends half done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

from campaigns.importing.rows import KEEP, NAME, PHONE
from kernel.tables.encodings import detect_encoding
from kernel.tables.errors import FileRefused
from kernel.tables.reading import CsvFile, Record, detect_delimiter
from kernel.telecom.number_refusals import NumberReason
from kernel.telecom.numbers import NumberRefused, country_of, normalise

MAX_ROWS: Final = 500_000
MAX_COLUMNS: Final = 100
COLUMN_LENGTH: Final = 60
# Above this share of numbers that a spreadsheet has rounded, the rest of the file is not to be trusted either.
PRECISION_LIMIT: Final = 0.01
_SAMPLE: Final = 200
_PREVIEW: Final = 6
_CELL: Final = 80
_PHONE_WORDS: Final = ("mobile", "phone", "msisdn", "number", "contact", "cell", "whatsapp", "मोबाइल", "फोन")
_NAME_WORDS: Final = ("name", "नाम")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written."""

    encoding: str
    delimiter: str
    has_header: bool
    columns: tuple[str, ...]
    mapping: tuple[str, ...]
    preview: list[list[str]]


@dataclass(slots=True)
class Survey:
    """What the numbers of one column are like.

    Args:
        rows: records that are not blank, without the header.
        countries: usable numbers by ISO code; `reasons`: the others by code.
        repeated: rows whose number stood further up already.
        often: numbers that stand more than three times, as sample data does.
        suggested: refused numbers that would be right with a plus before them.
    """

    phone_column: int
    region: str
    rows: int = 0
    usable: int = 0
    repeated: int = 0
    often: int = 0
    suggested: int = 0
    countries: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def layout_of(
    path: Path, *, region: str, encoding: str = "", delimiter: str = "", has_header: bool | None = None
) -> Layout:
    """Read the beginning of a file; what is not given is found out.

    Raises:
        FileRefused: see `encodings`, `reading`; besides `no_rows`, `too_many_columns`.
    """
    encoding = encoding or detect_encoding(path)
    delimiter = delimiter or detect_delimiter(path, encoding)
    with CsvFile(path, encoding=encoding, delimiter=delimiter) as file:
        sample = list(islice((record.cells for record in file if not record.is_blank), _SAMPLE))
    if not sample:
        raise FileRefused("empty_file", "The file is empty.", "Export it again; it needs one row per person.")
    width = len(sample[0])
    if width > MAX_COLUMNS:
        raise FileRefused(
            "too_many_columns",
            f"The first row has {width} columns; {MAX_COLUMNS} are read at most.",
            "Remove the columns that no message needs, and check that the delimiter is the right one.",
        )
    if has_header is None:
        has_header = not any(_is_number(cell, region) for cell in sample[0])
    columns = _columns(sample[0], has_header=has_header)
    body = sample[1:] if has_header else sample
    if not body:
        raise FileRefused("no_rows", "The file has a header and no rows.", "Export it again with the rows of people.")
    mapping = _guess(columns, body, region)
    preview = [[cell[:_CELL] for cell in cells[:width]] for cells in body[:_PREVIEW]]
    return Layout(encoding, delimiter, has_header, columns, mapping, preview)


def survey_of(path: Path, layout: Layout, *, phone_column: int, region: str) -> Survey:
    """Read every number of one column.

    Raises:
        FileRefused: see `reading`; besides `too_many_rows`, `precision_lost`.
    """
    survey = Survey(phone_column, region)
    countries: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    # Numbers as integers: half a million take 40 MB, which is what bounds MAX_ROWS.
    seen: dict[int, int] = {}
    with CsvFile(path, encoding=layout.encoding, delimiter=layout.delimiter) as file:
        for record in body_of(file, layout):
            survey.rows += 1
            if survey.rows > MAX_ROWS:
                raise FileRefused(
                    "too_many_rows", f"The file has more than {MAX_ROWS:,} rows.", "Split it into several files."
                )
            cells = [] if record.is_broken else record.cells
            answer = normalise(cells[phone_column] if phone_column < len(cells) else "", region)
            if isinstance(answer, NumberRefused):
                reasons[answer.reason.value] += 1
                survey.suggested += answer.suggestion is not None
                continue
            countries[country_of(answer)] += 1
            seen[int(answer)] = seen.get(int(answer), 0) + 1
    survey.usable = countries.total()
    survey.repeated = survey.usable - len(seen)
    survey.often = sum(1 for times in seen.values() if times > 3)
    survey.countries, survey.reasons = dict(countries.most_common()), dict(reasons.most_common())
    check_precision(survey)
    return survey


def check_precision(survey: Survey) -> None:
    lost = survey.reasons.get(NumberReason.PRECISION_LOST.value, 0)
    if lost > survey.rows * PRECISION_LIMIT:
        raise FileRefused(
            "precision_lost",
            f"A spreadsheet has rounded {lost:,} of {survey.rows:,} numbers (such as 9.19877E+11): their last digits "
            "are lost, and nobody can bring them back from this file.",
            "In the original spreadsheet format the column of numbers as Text, then export it again.",
        )


def body_of(file: CsvFile, layout: Layout) -> Iterator[Record]:
    """The records below the header, blank ones left out."""
    is_first = layout.has_header
    for record in file:
        if record.is_blank:
            continue
        if is_first:
            is_first = False
            continue
        yield record


def _columns(cells: list[str], *, has_header: bool) -> tuple[str, ...]:
    """Distinct names: those of the header, or “Column 1” and so on."""
    taken: Counter[str] = Counter()
    names = []
    for number, cell in enumerate(cells, 1):
        name = " ".join(cell.split())[: COLUMN_LENGTH - 4] if has_header else ""
        name = name or f"Column {number}"
        taken[name] += 1
        names.append(name if taken[name] == 1 else f"{name} {taken[name]}")
    return tuple(names)


def _guess(columns: tuple[str, ...], body: list[list[str]], region: str) -> tuple[str, ...]:
    """The column with most numbers is the phone's, the first one called so is the name's, the others are kept."""
    hits = [sum(_is_number(cells[i], region) for cells in body if i < len(cells)) for i in range(len(columns))]
    ranked = [(hits[i], _says(columns[i], _PHONE_WORDS), -i) for i in range(len(columns))]
    best = max(range(len(columns)), key=lambda i: ranked[i])
    phone = best if hits[best] or ranked[best][1] else None
    name = next((i for i, column in enumerate(columns) if i != phone and _says(column, _NAME_WORDS)), None)
    return tuple(PHONE if i == phone else NAME if i == name else KEEP for i in range(len(columns)))


def _says(column: str, words: tuple[str, ...]) -> bool:
    return any(word in column.lower() for word in words)


def _is_number(cell: str, region: str) -> bool:
    return not isinstance(normalise(cell, region), NumberRefused)
