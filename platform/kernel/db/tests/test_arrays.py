"""What is packed by us is what PostgreSQL reads."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import DataError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.db import arrays
from kernel.db.bulk import bulk_cursor, execute_all

pytestmark = pytest.mark.django_db

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2900, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis wants naive bounds
COLUMNS = [
    ("text", arrays.text_items, TEXTS),
    ("text", arrays.text_items, st.sampled_from(["short", "l" * 3_000])),
    ("text", arrays.optional_text_items, st.none() | TEXTS),
    ("int2", arrays.int2_items, st.integers(0, 2**15 - 1)),
    ("int4", arrays.int4_items, st.integers(-(2**31), 2**31 - 1)),
    ("int8", arrays.int8_items, st.integers(-(2**63), 2**63 - 1)),
    ("bool", arrays.bool_items, st.booleans()),
    ("timestamptz", arrays.time_items, st.none() | TIMES),
]


def read(kind: str, items: bytes, count: int) -> list[Any]:
    """The elements as PostgreSQL understands them."""
    with bulk_cursor() as cursor:
        cursor.execute(f"SELECT unnest(%b::{kind}[])".encode(), [arrays.packed(kind, items, count)])
        return [value for (value,) in cursor.fetchall()]


@pytest.mark.parametrize(("kind", "pack", "values"), COLUMNS)
def test_every_type_arrives_as_it_was(kind: str, pack: Callable[[Any], bytes], values: st.SearchStrategy[Any]) -> None:
    @given(st.lists(values, max_size=30))
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    def compare(column: Sequence[Any]) -> None:
        assert read(kind, pack(column), len(column)) == list(column)

    compare()


def test_ids_nothing_and_repeated_elements_arrive_too() -> None:
    ids = [UUID(int=number) for number in (0, 7, 2**128 - 1)]
    assert read("uuid", arrays.uuid_items([ident.bytes for ident in ids]), 3) == ids
    assert read("uuid", arrays.uuid_items([]), 0) == []
    assert read("int2", arrays.int2_items((7,)) * 3, 3) == [7, 7, 7]
    assert read("text", arrays.null_items(2), 2) == [None, None]


def test_a_column_is_put_together_from_stretches() -> None:
    column = arrays.Column("text")
    column.add(arrays.text_items(["a", "é"]), 2)
    column.add(arrays.null_items(1), 1)
    with bulk_cursor() as cursor:
        cursor.execute("SELECT %b::text[]", [column.packed()])
        assert cursor.fetchone() == (["a", "é", None],)


def test_a_number_too_large_for_its_type_is_refused() -> None:
    with pytest.raises(struct.error):
        arrays.int2_items([2**15])


def test_statements_in_one_round_trip_say_what_the_last_wrote() -> None:
    made = "CREATE TEMPORARY TABLE t ON COMMIT DROP AS SELECT 1 AS n", ()
    assert execute_all([made, ("INSERT INTO t SELECT generate_series(1, %s)", (3,))]) == 3
    with pytest.raises(DataError), transaction.atomic():
        execute_all([("SELECT 1 / %s", (0,)), ("INSERT INTO t SELECT 7", ())])
