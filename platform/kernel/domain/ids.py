"""UUID version 7: ids that sort by the millisecond they were made in.

Layout (RFC 9562, section 5.7): 48 bits of Unix milliseconds, the version, 12 bits that we fill with the fraction
of the millisecond in steps of 244 ns, the variant, 62 random bits. PostgreSQL before 18 makes none, so all ids
are made here.
"""

from __future__ import annotations

import os
import struct
import time
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final
from uuid import UUID, SafeUUID

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_LAST_MILLISECOND: Final = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MILLISECOND
_VERSION: Final = 7 << 76
_VARIANT: Final = 2 << 62

_number: Final = struct.Struct(">I").pack


def uuid7(*, now_ns: int | None = None) -> UUID:
    """A new id. Ids of one process sort in the order they were made, except within the same 244 ns.

    Args:
        now_ns: nanoseconds since 1970, the system clock's if left out.
    """
    return _uuid(_head(now_ns) | int.from_bytes(os.urandom(8), "big") >> 2)


def uuid7s(count: int, *, now_ns: int | None = None) -> list[UUID]:
    """As many new ids of one instant, ascending, so that a bulk insert fills index pages in order."""
    head = _head(now_ns)
    tails = sorted(struct.unpack(f">{count}Q", os.urandom(8 * count)))
    return [_uuid(head | tail >> 2) for tail in tails]


def uuid7_floor(at: datetime) -> UUID:
    """The smallest id of the millisecond of `at`: a partition bound, or the start of a range by time.

    Raises:
        ValueError: `at` is naive or before 1970.
    """
    return UUID(int=_milliseconds(at) << 80 | _VERSION | _VARIANT)


def uuid7_time(value: UUID) -> datetime:
    """When the id was made, to the millisecond, in UTC.

    Raises:
        ValueError: not a version 7 id, or one beyond the year 9999, which no clock of ours has made.
    """
    milliseconds = value.int >> 80
    if value.version != 7 or milliseconds > _LAST_MILLISECOND:
        raise ValueError("not an id of version 7 made in our time")
    return _EPOCH + milliseconds * _MILLISECOND


def uuid7_octets(count: int, *, now_ns: int | None = None) -> list[bytes]:
    """The same as `uuid7s`, as 16 octets each: for whole columns, where no object is wanted."""
    head = _head(now_ns)
    tails = sorted(struct.unpack(f">{count}Q", os.urandom(8 * count)))
    return [(head | tail >> 2).to_bytes(16, "big") for tail in tails]


def numbered_uuid7s(*, at: datetime, namespace: UUID, first: int, count: int) -> list[bytes]:
    """The ids, 16 octets each, that always belong to these numbers of this namespace, ascending as the numbers do.

    A second insert of one hits the primary key, and an insert of many fills index pages in order. The 74 bits that are
    free below the time hold 42 bits of the namespace's hash and the number.

    Args:
        at: part of the identity; take the time the namespace was frozen, not the present.
        first: of the `count` numbers, all of them below 2**32, else struct.error.

    Raises:
        ValueError: `at` is naive or before 1970.
    """
    bits = int.from_bytes(blake2b(namespace.bytes, digest_size=6).digest(), "big") >> 6
    high = _milliseconds(at) << 80 | _VERSION | (bits >> 30) << 64 | _VARIANT | (bits & (1 << 30) - 1) << 32
    head = high.to_bytes(16, "big")[:12]
    return [head + _number(number) for number in range(first, first + count)]


def uuid_of(octets: bytes) -> UUID:
    """The id of these 16 octets; in a third of the time that the constructor takes."""
    return _uuid(int.from_bytes(octets, "big"))


def _head(now_ns: int | None) -> int:
    milliseconds, rest = divmod(time.time_ns() if now_ns is None else now_ns, 1_000_000)
    return milliseconds << 80 | _VERSION | (rest * 4096 // 1_000_000) << 64 | _VARIANT


def _milliseconds(at: datetime) -> int:
    if at.tzinfo is None or at < _EPOCH:
        raise ValueError("an id needs an aware time after 1970")
    return (at - _EPOCH) // _MILLISECOND


_new = object.__new__
_set = object.__setattr__
_UNKNOWN: Final = SafeUUID.unknown  # reading a member from its class runs a function in Python 3.11


def _uuid(value: int) -> UUID:
    # What UUID.__init__ does with `int`, less the checks of arguments: 0.19 instead of 0.46 microseconds.
    made = _new(UUID)
    _set(made, "int", value)
    _set(made, "is_safe", _UNKNOWN)
    return made
