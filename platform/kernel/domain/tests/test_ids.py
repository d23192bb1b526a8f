"""Ids of version 7: order, layout, and the derived ones that repeat on purpose."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.domain.ids import numbered_uuid7s, uuid7, uuid7_floor, uuid7_octets, uuid7_time, uuid7s, uuid_of

NOON = datetime(2026, 11, 23, 12, 0, 0, 123_456, tzinfo=UTC)
NOON_NS = 1_795_435_200_123_456_789
CAMPAIGN = UUID("0192f000-0000-7000-8000-000000000001")
INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis wants naive bounds


def test_an_id_has_the_version_and_variant_of_the_rfc() -> None:
    made = uuid7()

    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert UUID(str(made)) == made
    assert hash(UUID(str(made))) == hash(made)


def test_an_id_tells_the_millisecond_it_was_made_in() -> None:
    assert uuid7_time(uuid7(now_ns=NOON_NS)) == NOON.replace(microsecond=123_000)


def test_ids_made_without_a_time_carry_the_present() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)

    made = uuid7_time(uuid7())

    assert before <= made <= datetime.now(UTC)


def test_ids_a_microsecond_apart_sort_in_the_order_they_were_made() -> None:
    made = [uuid7(now_ns=NOON_NS + 1_000 * step) for step in range(2_000)]

    assert made == sorted(made)


def test_a_batch_of_ids_is_ascending_and_has_no_repeats() -> None:
    batch = uuid7s(10_000, now_ns=NOON_NS)

    assert batch == sorted(set(batch))
    assert len(batch) == 10_000
    assert {made.version for made in batch} == {7}
    assert {uuid7_time(made) for made in batch} == {NOON.replace(microsecond=123_000)}


def test_an_empty_batch_has_no_ids() -> None:
    assert uuid7s(0) == []


def test_a_later_batch_sorts_after_an_earlier_one() -> None:
    assert max(uuid7s(500, now_ns=NOON_NS)) < min(uuid7s(500, now_ns=NOON_NS + 1_000))


def test_two_batches_of_the_same_instant_share_no_id() -> None:
    assert not set(uuid7s(1_000, now_ns=NOON_NS)) & set(uuid7s(1_000, now_ns=NOON_NS))


def test_the_floor_is_written_as_partition_bounds_are() -> None:
    floor = uuid7_floor(NOON)

    assert floor.int == (NOON_NS // 1_000_000) << 80 | 7 << 76 | 2 << 62
    assert floor.version == 7


@given(INSTANTS, st.integers(0, 999_999))
@settings(max_examples=200, deadline=None)
def test_no_id_of_an_instant_lies_below_its_floor_or_above_the_next(at: datetime, within_ns: int) -> None:
    milliseconds = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)

    made = uuid7(now_ns=milliseconds * 1_000_000 + within_ns)

    assert uuid7_floor(at) <= made < uuid7_floor(at + timedelta(milliseconds=1))
    assert uuid7_time(uuid7_floor(at)) == at.replace(microsecond=at.microsecond // 1_000 * 1_000)


def test_the_zone_of_an_instant_does_not_change_its_floor() -> None:
    india = timezone(timedelta(hours=5, minutes=30))

    assert uuid7_floor(NOON.astimezone(india)) == uuid7_floor(NOON)


@pytest.mark.parametrize("at", [NOON.replace(tzinfo=None), datetime(1969, 12, 31, tzinfo=UTC)])
def test_a_naive_time_or_one_before_1970_makes_no_id(at: datetime) -> None:
    with pytest.raises(ValueError, match="aware time"):
        uuid7_floor(at)
    with pytest.raises(ValueError, match="aware time"):
        numbered_uuid7s(at=at, namespace=CAMPAIGN, first=1, count=1)


@pytest.mark.parametrize("value", [uuid4(), UUID(int=0), UUID(int=(1 << 128) - 1 & ~(8 << 76))])
def test_a_foreign_id_is_not_read_as_a_time(value: UUID) -> None:
    with pytest.raises(ValueError, match="version 7"):
        uuid7_time(value)


def numbered(number: int, *, at: datetime = NOON, namespace: UUID = CAMPAIGN) -> UUID:
    (octets,) = numbered_uuid7s(at=at, namespace=namespace, first=number, count=1)
    return uuid_of(octets)


def test_a_numbered_id_is_the_same_every_time() -> None:
    # Stored ids are compared with newly derived ones after an upgrade, so the formula must never change.
    assert numbered(7) == numbered(7) == UUID("01a20846-fe7b-7ac3-a798-5e7200000007")


def test_a_numbered_id_is_an_ordinary_id_of_its_time() -> None:
    made = numbered(0)

    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert uuid7_time(made) == NOON.replace(microsecond=123_000)


def test_another_time_namespace_or_number_makes_another_id() -> None:
    made = numbered(1)

    assert made != numbered(1, at=NOON + timedelta(milliseconds=1))
    assert made != numbered(1, namespace=UUID(int=CAMPAIGN.int + 1))
    assert made != numbered(2)


def test_numbered_ids_ascend_and_do_not_depend_on_where_a_column_begins() -> None:
    made = numbered_uuid7s(at=NOON, namespace=CAMPAIGN, first=0, count=20_000)

    assert made == sorted(set(made))
    assert made[9_000:] == numbered_uuid7s(at=NOON, namespace=CAMPAIGN, first=9_000, count=11_000)


@pytest.mark.parametrize("number", [-1, 2**32])
def test_a_number_beyond_32_bits_is_refused(number: int) -> None:
    with pytest.raises(struct.error):
        numbered(number)


def test_octets_are_ids_as_they_come_in_batches() -> None:
    made = [uuid_of(octets) for octets in uuid7_octets(1_000, now_ns=NOON_NS)]

    assert made == sorted(set(made))
    assert {uuid7_time(each) for each in made} == {NOON.replace(microsecond=123_000)}
