"""Optional parameters."""

from __future__ import annotations

import pytest
from hypothesis import given

from kernel.smpp.constants import Tag
from kernel.smpp.errors import LocalProtocolError
from kernel.smpp.tests import strategies
from kernel.smpp.tlv import Tlv, find_tlv, int_tlv, pack_tlvs, text_tlv, tlv_int, tlv_text, walk_tlvs


@given(strategies.tlvs)
def test_unknown_and_repeated_tags_survive_in_order(tlvs: tuple[Tlv, ...]) -> None:
    assert walk_tlvs(pack_tlvs(tlvs), 0) == (tlvs, ())


def test_a_tlv_that_claims_too_much_keeps_what_is_left() -> None:
    assert walk_tlvs(b"\x00\x1e\x00\x09abc", 0) == (((0x1E, b"abc"),), ("tlv_truncated",))


@pytest.mark.parametrize("stray", [b"\0", b"\0\0", b"\x14\x00\x00"])
def test_stray_octets_behind_the_last_tlv_are_named(stray: bytes) -> None:
    assert walk_tlvs(b"\x04\x27\x00\x01\x02" + stray, 0) == (((0x427, b"\2"),), ("trailing_octets",))


def test_the_walk_starts_where_it_is_told() -> None:
    assert walk_tlvs(b"xx\x04\x27\x00\x01\x02", 2) == (((0x427, b"\2"),), ())
    assert walk_tlvs(b"xx", 5) == ((), ())


def test_the_first_of_a_repeated_tag_is_found() -> None:
    assert find_tlv(((1, b"a"), (2, b"b"), (1, b"c")), 1) == b"a"
    assert find_tlv((), 1) is None


@pytest.mark.parametrize("value", [b"abc123", b"abc123\0", b"abc123\0\0\0", b"abc123\0rubbish"])
def test_a_text_is_read_with_padding_or_without(value: bytes) -> None:
    assert tlv_text(value) == "abc123"


@pytest.mark.parametrize(("value", "number"), [(b"", 0), (b"\2", 2), (b"\0\2", 2), (b"\1\0", 256)])
def test_an_integer_is_read_by_its_actual_length(value: bytes, number: int) -> None:
    assert tlv_int(value) == number


def test_values_are_packed_to_size_or_refused() -> None:
    assert int_tlv(Tag.SAR_MSG_REF_NUM, 7, 2) == (Tag.SAR_MSG_REF_NUM, b"\0\7")
    with pytest.raises(LocalProtocolError, match="1 octets"):
        int_tlv(Tag.SAR_TOTAL_SEGMENTS, 256, 1)


def test_the_nul_of_a_text_is_a_choice() -> None:
    assert text_tlv(Tag.DLT_ENTITY_ID, "1101", terminated=False) == (0x1400, b"1101")
    assert text_tlv(Tag.DLT_ENTITY_ID, "1101") == (0x1400, b"1101\0")
