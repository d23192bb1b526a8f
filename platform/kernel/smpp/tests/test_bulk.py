"""Messages and answers packed by the thousand."""

from __future__ import annotations

from typing import Any

import pytest

from kernel.smpp.bulk import (
    SubmitTemplate,
    deliver_body,
    pack_deliver_resps,
    pack_delivers,
    pack_submit_resps,
    submit_body,
)
from kernel.smpp.codec import decode, encode
from kernel.smpp.errors import LocalProtocolError
from kernel.smpp.pdu import DeliverSm, DeliverSmResp, SubmitSmResp
from kernel.smpp.tests.pair import TEMPLATE
from kernel.smpp.tlv import pack_tlvs


@pytest.mark.parametrize("recipient", [b"", b"+919800000001", b"9198\x00\x01", b"9" * 21, "९१".encode()])
def test_a_recipient_that_is_not_plain_digits_is_refused(recipient: bytes) -> None:
    with pytest.raises(LocalProtocolError, match="recipient"):
        submit_body(TEMPLATE, recipient, b"hello")


def test_a_text_over_254_octets_is_refused() -> None:
    assert len(submit_body(TEMPLATE, b"919800000001", b"x" * 254)) > 254
    with pytest.raises(LocalProtocolError, match="255"):
        submit_body(TEMPLATE, b"919800000001", b"x" * 255)


@pytest.mark.parametrize(
    "wrong",
    [
        {"source_addr": "x" * 21},
        {"source_ton": 256},
        {"validity_period": "0" * 17},
        {"priority_flag": -1},
        {"tlvs": ((0x1400, b"x" * 70_000),)},
    ],
)
def test_a_template_refuses_what_its_fields_cannot_hold(wrong: dict[str, Any]) -> None:
    values: dict[str, Any] = {"source_addr": "DAKIYA", "source_ton": 5, "source_npi": 0}
    with pytest.raises(LocalProtocolError):
        SubmitTemplate(**(values | wrong))


def test_an_impossible_coding_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match="data_coding"):
        submit_body(TEMPLATE, b"919800000001", b"hello", data_coding=256)


def test_a_packed_deliver_sm_is_what_the_codec_writes() -> None:
    tlvs = ((0x1E, b"abc\0"), (0x427, b"\2"))
    body = deliver_body(b"919800000001", b"DAKIYA", b"id:abc", esm_class=4, data_coding=3, tlvs=pack_tlvs(tlvs))
    assert pack_delivers([9], [body]) == encode(
        DeliverSm(
            sequence=9,
            source_ton=1,
            source_npi=1,
            source_addr="919800000001",
            dest_ton=5,
            dest_npi=0,
            destination_addr="DAKIYA",
            esm_class=4,
            data_coding=3,
            short_message=b"id:abc",
            tlvs=tlvs,
        )
    )


@pytest.mark.parametrize(
    ("source", "destination", "text"),
    [(b"9" * 21, b"1", b""), (b"1", b"9" * 21, b""), (b"1\x002", b"1", b""), (b"1", b"2", b"x" * 255)],
)
def test_a_deliver_sm_that_does_not_fit_is_refused(source: bytes, destination: bytes, text: bytes) -> None:
    with pytest.raises(LocalProtocolError):
        deliver_body(source, destination, text)


def test_answers_are_what_the_codec_writes() -> None:
    assert pack_deliver_resps([3, 0xFFFFFFFF], 0x14) == b"".join(
        encode(DeliverSmResp(sequence=number, status=0x14)) for number in (3, 0xFFFFFFFF)
    )
    octets = pack_submit_resps([(4, 0, b"abc"), (5, 0x58, b"")])
    assert decode(octets[:20]) == SubmitSmResp(sequence=4, message_id="abc")
    assert decode(octets[20:]) == SubmitSmResp(sequence=5, status=0x58)
    assert pack_deliver_resps([]) == pack_submit_resps([]) == b""
