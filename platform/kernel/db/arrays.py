"""Arrays for bulk writes: whole columns as binary parameters of `… FROM unnest(%b::…[], …)` (docs/adr/0009).

psycopg turns a list into an array element by element, which costs more than all that a message needs besides. What is
written by the hundred thousand is packed here, in the form of PostgreSQL's `array_recv`: a head, then every element
behind its length, which for most columns is one `join`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from psycopg import postgres
from psycopg.abc import AdaptContext
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.types.numeric import Int2, Int4, Int8


def int2s(values: Iterable[int]) -> list[Int2]:
    return [Int2(value) for value in values]


def int4s(values: Iterable[int]) -> list[Int4]:
    return [Int4(value) for value in values]


def int8s(values: Iterable[int]) -> list[Int8]:
    return [Int8(value) for value in values]


class Packed(bytes):
    """An array of one dimension, ready to be sent as `%b` to where the statement says its type."""


class _PackedDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Packed) -> Packed:
        return obj


def register(context: AdaptContext) -> None:
    """Let a cursor or a connection take `Packed` parameters."""
    context.adapters.register_dumper(Packed, _PackedDumper)


_HEAD: Final = struct.Struct(">iiIii")
_LENGTH: Final = struct.Struct(">i")
_INT2: Final = struct.Struct(">ih")
_INT4: Final = struct.Struct(">ii")
_INT8: Final = struct.Struct(">iq")
_NULL: Final = _LENGTH.pack(-1)
_UUID_LENGTH: Final = _LENGTH.pack(16)
_TRUE, _FALSE = _LENGTH.pack(1) + b"\x01", _LENGTH.pack(1) + b"\x00"
# Lengths as characters: a column of ASCII texts becomes one string with their lengths between them, encoded at once.
_SHORT: Final = 1_024
_LENGTHS: Final = [_LENGTH.pack(length).decode("latin-1") for length in range(_SHORT)]
_SMALL: Final = [_INT2.pack(2, value) for value in range(1_024)]
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Column:
    """One column while it is put together from stretches, `items` each; `packed` makes the parameter of it."""

    def __init__(self, type_name: str) -> None:
        self._oid = postgres.types[type_name].oid
        self._items: list[bytes] = []
        self._count = 0

    def add(self, items: bytes, count: int) -> None:
        """Append elements that one of the functions below made, or one of them repeated."""
        self._items.append(items)
        self._count += count

    def packed(self) -> Packed:
        if not self._count:
            return Packed(_HEAD.pack(0, 0, self._oid, 0, 0)[:12])
        return Packed(_HEAD.pack(1, 0, self._oid, self._count, 1) + b"".join(self._items))


def packed(type_name: str, items: bytes, count: int) -> Packed:
    """A column of one stretch."""
    column = Column(type_name)
    column.add(items, count)
    return column.packed()


def null_items(count: int) -> bytes:
    return _NULL * count


def uuid_items(octets: Sequence[bytes]) -> bytes:
    """Elements of type uuid, from 16 octets each."""
    return _UUID_LENGTH + _UUID_LENGTH.join(octets) if octets else b""


def text_items(texts: Sequence[str]) -> bytes:
    """Elements of type text.

    Raises:
        UnicodeEncodeError: one holds half of a surrogate pair.
    """
    whole = "".join(texts)
    if whole.isascii() and max(map(len, texts), default=0) < _SHORT:
        return "".join([_LENGTHS[len(text)] + text for text in texts]).encode("latin-1")
    return b"".join([_LENGTH.pack(len(octets)) + octets for octets in map(str.encode, texts)])


def optional_text_items(texts: Iterable[str | None]) -> bytes:
    return b"".join([_NULL if text is None else text_items((text,)) for text in texts])


def int2_items(values: Iterable[int]) -> bytes:
    """Elements of type int2; none may be negative.

    Raises:
        struct.error: a value needs more than two octets.
    """
    return b"".join([_SMALL[value] if value < len(_SMALL) else _INT2.pack(2, value) for value in values])


def int4_items(values: Iterable[int]) -> bytes:
    return b"".join([_INT4.pack(4, value) for value in values])


def int8_items(values: Iterable[int]) -> bytes:
    return b"".join([_INT8.pack(8, value) for value in values])


def bool_items(values: Iterable[bool]) -> bytes:
    return b"".join([_TRUE if value else _FALSE for value in values])


def time_items(instants: Iterable[datetime | None]) -> bytes:
    """Elements of type timestamptz."""
    return b"".join([_NULL if at is None else _INT8.pack(8, (at - _EPOCH) // _MICROSECOND) for at in instants])
