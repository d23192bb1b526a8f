"""A file held against the register: one verdict for each row, and the records that the file does not have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from compliance.importing.fields import LEAVE
from compliance.importing.judging import Known, Reading, judge
from compliance.models import PortalImportRow
from kernel.tables.errors import FileRefused
from kernel.tables.reading import Record

Verdict = PortalImportRow.Verdict
# Ours, or computed: differences are no news about the record.
_NOT_COMPARED: Final = frozenset({"name", "category_raw", "template_id"})
MAX_CELL: Final = 20_000


@dataclass(slots=True)
class Judged:
    """A reading with its verdict and what would change: {field: [now, then]}."""

    reading: Reading
    verdict: Verdict
    changes: dict[str, list[str]] = field(default_factory=dict)


def read_rows(records: Iterable[Record], *, kind: str, mapping: Sequence[str], known: Known) -> Iterator[Reading]:
    """One reading per record, in order."""
    for record in records:
        if record.is_broken:
            reading = Reading(record.number, label=f"Row {record.number}")
            reading.refuse(
                "quotes_broken",
                "After a closing quotation mark there is more text in the same cell.",
                "Write two quotation marks where one is meant.",
            )
            yield reading
            continue
        cells = {name: cell[:MAX_CELL] for name, cell in zip(mapping, record.cells, strict=False) if name != LEAVE}
        reading = judge(kind, record.number, cells, known)
        if any(cell.strip() for cell in record.cells[len(mapping) :]):
            reading.refuse(
                "too_many_cells",
                f"The row has {len(record.cells)} cells, the file {len(mapping)} columns.",
                "Put a cell that holds the delimiter itself into quotation marks.",
            )
        yield reading


def check_ids(readings: Sequence[Reading]) -> None:
    """Raises FileRefused when most of a column of ids was rounded by a spreadsheet."""
    codes: Counter[str] = Counter()
    for reading in readings:
        codes.update({finding.code for finding in reading.findings})
    for code, how in (("id_rounded", "look like 1.10716E+18"), ("id_zeroed", "end in 0000")):
        if codes[code] > 1 and codes[code] * 2 > len(readings):
            raise FileRefused(
                "ids_rounded",
                f"{codes[code]:,} of {len(readings):,} ids {how}: a spreadsheet has rounded the column, and their last "
                "digits cannot be brought back from this file.",
                "Export from the portal again and upload that file without opening it in a spreadsheet, or format the "
                "column as Text before the ids are put in.",
            )


def compare(
    readings: Sequence[Reading], stored: Mapping[str, Mapping[str, str]], *, is_unique_text: bool
) -> list[Judged]:
    """One verdict per reading.

    Args:
        is_unique_text: rows of one key with the same text are one record (portals write a row for each header).
    """
    groups: dict[str, list[Reading]] = {}
    for reading in readings:
        if not reading.is_refused:
            groups.setdefault(reading.key, []).append(reading)
    taken = {key: _settle(key, group, stored.get(key), is_unique_text) for key, group in groups.items()}
    return [_judged(reading, taken.get(reading.key), stored.get(reading.key)) for reading in readings]


def missing(readings: Sequence[Reading], stored: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Keys of records that no row names, refused rows included."""
    named = {reading.key for reading in readings}
    return [key for key in stored if key not in named]


def _settle(key: str, group: Sequence[Reading], present: Mapping[str, str] | None, is_unique_text: bool) -> int:
    """Which of the rows of one key counts: its number; 0 when they contradict one another and none does."""
    if len(group) == 1:
        return group[0].number
    free = {"header", "name"} if is_unique_text else set()
    said = {tuple(sorted((k, v) for k, v in reading.values.items() if k not in free)) for reading in group}
    if len(said) > 1:
        numbers = ", ".join(str(reading.number) for reading in group[:5])
        for reading in group:
            reading.refuse(
                "id_twice",
                f"Rows {numbers} have the same id {key} and say different things.",
                "Leave the row that the portal shows, and delete the others.",
            )
        return 0
    chosen = group[0]
    if present:
        chosen = next((each for each in group if each.values.get("header") == present.get("header")), chosen)
    for reading in group:
        if reading is not chosen:
            other = reading.values.get("header", "")
            linked = f"; it is linked to {chosen.values['header']}, not to {other}" if is_unique_text and other else ""
            reading.remark(
                "same_again",
                f"Row {chosen.number} is the same record{linked}.",
                "Nothing. A text has to be registered once for each header that sends it.",
            )
    return chosen.number


def _judged(reading: Reading, chosen: int | None, present: Mapping[str, str] | None) -> Judged:
    if reading.is_refused:
        return Judged(reading, Verdict.REFUSED)
    if chosen != reading.number:
        return Judged(reading, Verdict.REPEATED)
    changes = _changes(reading, present)
    if reading.is_doubtful and (present is None or changes):
        return Judged(reading, Verdict.DOUBTFUL, changes)
    if present is None:
        return Judged(reading, Verdict.NEW)
    return Judged(reading, Verdict.CHANGED if changes else Verdict.UNCHANGED, changes)


def _changes(reading: Reading, present: Mapping[str, str] | None) -> dict[str, list[str]]:
    if present is None:
        return {}
    compared = {
        name: value
        for name, value in reading.values.items()
        if name not in _NOT_COMPARED or ("body" not in reading.values and name == "name")
    }
    return {name: [present.get(name, ""), value] for name, value in compared.items() if present.get(name, "") != value}
