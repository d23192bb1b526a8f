"""A file of what an operator's customers could swear to: each submit that was taken, each receipt they acknowledged.

It outlives the process: a line is with the operating system before the answer it is about is on the socket.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from kernel.smpp.constants import EsmClass
from kernel.smpp.plain_submits import PlainSubmit

_UDHI = int(EsmClass.UDHI)


class Mark(StrEnum):
    """What a line is about."""

    TAKEN = "+"
    # Taken too, and never answered.
    UNANSWERED = "-"
    ACKNOWLEDGED = "="
    # A connection was cut without unbinding; what it had not answered is lost.
    CUT = "x"


class Entry(NamedTuple):
    """`part` from 1; number and part are of submits, the number alone of receipts (whom they are about)."""

    mark: Mark
    number: str
    part: int


class Journal:
    """
    Args:
        path: appended to; made when it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def taken(self, submit: PlainSubmit, *, is_answered: bool) -> None:
        # The header that joins parts ends with the part's number.
        header = submit.short_message[: submit.short_message[0] + 1] if submit.esm_class & _UDHI else b"\1"
        mark = Mark.TAKEN if is_answered else Mark.UNANSWERED
        self._write(f"{mark} {submit.destination_addr.decode('latin-1')} {header[-1]}")

    def acknowledged(self, deliver: bytes) -> None:
        """A receipt's deliver_sm behind its PDU header, as `kernel.smpp.bulk.deliver_body` makes it."""
        source = deliver[3 : deliver.index(0, 3)]
        self._write(f"{Mark.ACKNOWLEDGED} {source.decode('latin-1')} 1")

    def cut(self) -> None:
        self._write(f"{Mark.CUT} - 0")

    def close(self) -> None:
        os.close(self._file)

    def _write(self, line: str) -> None:
        os.write(self._file, line.encode("latin-1") + b"\n")


def read(path: Path, offset: int = 0) -> Iterator[Entry]:
    """The entries behind so many octets; a line that is being written is left out."""
    with path.open("rb") as file:
        file.seek(offset)
        for line in file:
            if line.endswith(b"\n"):
                mark, number, part = line.decode("latin-1").split()
                yield Entry(Mark(mark), number, int(part))
