"""Bulk writes: whole columns as binary arrays into `INSERT … SELECT FROM unnest(%b::…[], …)` (docs/adr/0009)."""

from __future__ import annotations

from collections.abc import Iterable

from psycopg.types.numeric import Int2, Int4, Int8


def int2s(values: Iterable[int]) -> list[Int2]:
    return [Int2(value) for value in values]


def int4s(values: Iterable[int]) -> list[Int4]:
    return [Int4(value) for value in values]


def int8s(values: Iterable[int]) -> list[Int8]:
    return [Int8(value) for value in values]
