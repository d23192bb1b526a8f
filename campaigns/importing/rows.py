"""From the cells of a record to a person, or to a sentence about what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from campaigns.models import NAME_LENGTH
from campaigns.services.contacts import Person
from kernel.tables.reading import Record
from kernel.telecom.e164 import E164
from kernel.telecom.number_refusals import sentence_of
from kernel.telecom.numbers import NumberRefused, normalise

PHONE, NAME, KEEP, LEAVE = "phone", "name", "keep", ""
VALUE_LENGTH: Final = 500

# Of any row; a row that is refused says it with its own figures.
_OWN_REASONS: Final = {
    "quotes_broken": "A cell goes on after its closing quotation mark.",
    "too_many_cells": "The row has more cells than the file has columns.",
    "value_too_long": "A cell is too long.",
}


class ReasonCount(NamedTuple):
    """A reason with the number of rows it left out."""

    code: str
    sentence: str
    rows: int


def counted_reasons(counts: Mapping[str, int]) -> list[ReasonCount]:
    """Reasons by code with their sentences, the most frequent first. A code nobody knows any more speaks for itself."""
    named = [ReasonCount(code, _OWN_REASONS.get(code) or sentence_of(code) or code, n) for code, n in counts.items()]
    return sorted(named, key=lambda reason: -reason.rows)


class RowRefused(NamedTuple):
    """Why a row is left out; `code` is a `NumberReason` of kernel.telecom, or one of ours in lower case."""

    code: str
    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads the rows of one file.

    Args:
        columns: the attribute names, one per column of the file.
        mapping: what each column becomes.
        region: the country of numbers without country code.
    """

    columns: tuple[str, ...]
    mapping: tuple[str, ...]
    region: str

    def read(self, record: Record) -> Person | RowRefused:
        cells = record.cells
        if record.is_broken:
            return RowRefused(
                "quotes_broken",
                "After a closing quotation mark there is more text in the same cell.",
                "Write two quotation marks where one is meant.",
            )
        if len(cells) > len(self.mapping):
            return RowRefused(
                "too_many_cells",
                f"The row has {len(cells)} cells, the file {len(self.mapping)} columns.",
                "Put a cell that holds the delimiter itself into quotation marks.",
            )
        phone_index = self.mapping.index(PHONE)
        number = normalise(cells[phone_index] if phone_index < len(cells) else "", self.region)
        if isinstance(number, NumberRefused):
            hint = f" Did you mean {number.suggestion}?" if number.suggestion else ""
            return RowRefused(number.reason.value, number.detail, number.remedy + hint)
        return self._person(number, cells)

    def _person(self, number: E164, cells: Sequence[str]) -> Person | RowRefused:
        name, attributes = "", {}
        for column, meaning, cell in zip(self.columns, self.mapping, cells, strict=False):
            value = cell.strip()
            if len(value) > (NAME_LENGTH if meaning == NAME else VALUE_LENGTH) and meaning in {NAME, KEEP}:
                return RowRefused(
                    "value_too_long",
                    f"The cell of “{column}” has {len(value)} characters.",
                    f"Shorten it: a name may have {NAME_LENGTH}, other cells {VALUE_LENGTH}.",
                )
            if meaning == NAME:
                name = value
            elif meaning == KEEP and value:
                attributes[column] = value
        return Person(number, name, attributes)
