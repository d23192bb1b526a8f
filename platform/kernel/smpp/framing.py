"""TCP octets into PDU frames, SMPP 3.4 section 3.2: many in one segment, one over many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kernel.smpp.constants import HEADER_SIZE, CommandStatus
from kernel.smpp.errors import RemoteProtocolError

MAX_PDU: Final = 70_000
"""A message_payload of 64 K and its mandatory part fit; nothing longer is ever a PDU."""

# What strangers send first. Read as a command_length every one of them is over 300 million, so they surface as bad
# lengths.
_HTTP: Final = (b"HTTP", b"GET ", b"POST", b"HEAD", b"PUT ", b"OPTI", b"CONN", b"DELE", b"PRI ")
_TLS_HANDSHAKE: Final = b"\x16\x03"


class FrameSplitter:
    """Collects octets and hands out whole PDUs; holds at most `max_length` octets plus one feed.

    `feed` never raises: complete frames in front of a broken length are still handed out, then `frames` raises
    RemoteProtocolError (`invalid_length`, `http` or `tls`) now and at every later call, because there is no way to find
    the next PDU in such a stream.
    """

    __slots__ = ("_error", "_max_length", "_need", "_ready", "_tail")

    def __init__(self, max_length: int = MAX_PDU) -> None:
        self._max_length = max_length
        self._tail = bytearray()
        self._need = 4
        self._ready: list[bytes] = []
        self._error: RemoteProtocolError | None = None

    @property
    def buffered(self) -> int:
        """Octets of an incomplete PDU held back."""
        return len(self._tail)

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Take what the socket delivered, in any cut."""
        if self._error is not None:
            return
        if self._tail:
            self._tail += data
            if len(self._tail) < self._need:
                return
            block = bytes(self._tail)
            self._tail.clear()
        else:
            block = bytes(data)
        self._split(block)

    def frames(self) -> Iterator[bytes]:
        """Whole PDUs since the last call, header included."""
        ready, self._ready = self._ready, []
        yield from ready
        if self._error is not None:
            raise self._error

    def _split(self, block: bytes) -> None:
        at, end, ready = 0, len(block), self._ready
        while end - at >= 4:
            length = int.from_bytes(block[at : at + 4], "big")
            if not HEADER_SIZE <= length <= self._max_length:
                self._error = _explain(block[at : at + 4], length)
                return
            stop = at + length
            if stop > end:
                # Nothing is allocated by the announced length; it only says when looking again is worth while.
                self._need = length
                break
            ready.append(block[at:stop])
            at = stop
        else:
            self._need = 4
        self._tail += block[at:]


def _explain(head: bytes, length: int) -> RemoteProtocolError:
    """The error for a length no PDU has, naming the protocol it really is where that shows."""
    if head in _HTTP:
        return RemoteProtocolError(CommandStatus.RINVCMDLEN, "http", "the peer speaks HTTP, not SMPP")
    if head.startswith(_TLS_HANDSHAKE):
        return RemoteProtocolError(CommandStatus.RINVCMDLEN, "tls", "the peer begins a TLS handshake in the clear")
    return RemoteProtocolError(CommandStatus.RINVCMDLEN, "invalid_length", f"command_length {length}")
