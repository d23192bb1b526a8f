"""The rejects file: every row that was left out, as it stood, with the reason; made to be corrected and sent again."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from campaigns.importing.rows import RowRefused
from kernel.tables.cells import BOM, safe_text

HEADER: Final = ("row", "code", "reason", "what to do")


class Reject(NamedTuple):
    number: int
    cells: Sequence[str]
    why: RowRefused


def append_rejects(path: Path, rejects: Sequence[Reject], *, columns: Sequence[str], committed: int) -> int:
    """Write rejects behind the first `committed` octets and return the new length.

    Whatever stands further back was written by a worker that died before its commit.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    if committed == 0:
        text.write(BOM)
        writer.writerow([*HEADER, *map(safe_text, columns)])
    for reject in rejects:
        why = reject.why
        writer.writerow([reject.number, why.code, why.sentence, why.remedy, *map(safe_text, reject.cells)])
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.truncate(committed)
        file.seek(committed)
        file.write(text.getvalue().encode())
        file.flush()
        os.fsync(file.fileno())
        return file.tell()
