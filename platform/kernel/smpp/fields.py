"""C-octet strings, SMPP 3.4 section 3.1: the one field type whose length is not known beforehand."""

from __future__ import annotations

from kernel.smpp.constants import CommandStatus
from kernel.smpp.errors import LocalProtocolError, RemoteProtocolError


def pack_text(text: str, limit: int, field: str) -> bytes:
    """`text` and its NUL. `limit` counts the NUL, as the specification does: C21 holds 20 characters.

    Raises LocalProtocolError when it is too long, holds a NUL (the rest would become other fields) or is not Latin-1.
    """
    try:
        octets = text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise LocalProtocolError(f"{field} has characters outside Latin-1") from error
    if len(octets) >= limit:
        raise LocalProtocolError(f"{field} has {len(octets)} octets, at most {limit - 1} are allowed")
    if b"\0" in octets:
        raise LocalProtocolError(f"{field} contains a NUL")
    return octets + b"\0"


def pack_octet(value: int, field: str) -> int:
    """`value` itself when it fits one octet. Raises LocalProtocolError."""
    if not 0 <= value <= 0xFF:
        raise LocalProtocolError(f"{field} {value} does not fit one octet")
    return value


class Cursor:
    """Reads mandatory parameters one after another from a frame; used where speed does not matter.

    A field that is cut off raises RemoteProtocolError with `status`: without its NUL or its octets, every later field
    would be read from the wrong place.
    """

    __slots__ = ("_frame", "_status", "at")

    def __init__(self, frame: bytes, at: int, status: int = CommandStatus.RINVCMDLEN) -> None:
        self._frame = frame
        self._status = status
        self.at = at

    def text(self) -> str:
        end = self._frame.find(b"\0", self.at)
        if end < 0:
            raise RemoteProtocolError(self._status, "unterminated", f"a C-octet string at {self.at} has no end")
        start, self.at = self.at, end + 1
        return self._frame[start:end].decode("latin-1")

    def octet(self) -> int:
        if self.at >= len(self._frame):
            raise RemoteProtocolError(self._status, "truncated", f"the PDU ends at {self.at}")
        self.at += 1
        return self._frame[self.at - 1]
