"""Cells and files that spreadsheet programs read as what they are: RFC 4180, no formulas, exact decimals, ISO dates."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

# A cell that begins so, perhaps after spaces, is run as a formula by one program or another (OWASP ASVS 1.2.10);
# the full-width forms are folded to the plain ones by some.
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")
BOM: Final = "\ufeff"

Cell = str | int | Decimal | None


def safe_text(text: str) -> str:
    """Text that no program takes for a formula: dangerous beginnings get an apostrophe, NUL is dropped."""
    is_dangerous = text.startswith(_DANGEROUS) or text.lstrip().startswith(_DANGEROUS)
    cleaned = text.replace("\0", "")
    return f"'{cleaned}" if is_dangerous else cleaned


def plain_text(text: str) -> str:
    """The inverse of `safe_text`: an apostrophe before what looks like a formula is taken off, whoever put it there."""
    return text[1:] if text.startswith("'") and safe_text(text[1:]) == text else text


def write_csv(path: Path, *, header: Sequence[str], rows: Iterable[Sequence[Cell]], has_bom: bool) -> int:
    """Write the file whole or not at all; returns the number of rows under the header.

    Args:
        rows: text is made safe here, None is an empty cell, decimals keep their digits.
        has_bom: Excel takes UTF-8 for its old code page without one; programs stumble over it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    count = 0
    with draft.open("w", encoding="utf-8", newline="") as file:
        if has_bom:
            file.write(BOM)
        writer = csv.writer(file)
        writer.writerow(header)
        for row in rows:
            writer.writerow([_plain(cell) for cell in row])
            count += 1
    draft.replace(path)
    return count


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    return safe_text(cell) if isinstance(cell, str) else str(cell) if isinstance(cell, int) else f"{cell:f}"
