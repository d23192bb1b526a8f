"""Octets to PDUs and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from kernel.smpp.codec import HEADER, decode, encode, header_only
from kernel.smpp.constants import BindKind, CommandId, CommandStatus, Tag, command_name, status_name
from kernel.smpp.errors import LocalProtocolError, RemoteProtocolError
from kernel.smpp.pdu import (
    Bind,
    BindResp,
    CancelSm,
    DataSm,
    DeliverSm,
    EnquireLink,
    GenericNack,
    Other,
    Pdu,
    QuerySm,
    QuerySmResp,
    SubmitSm,
    SubmitSmResp,
)
from kernel.smpp.tests import strategies


def framed(command_id: int, body: bytes, status: int = 0, sequence: int = 7) -> bytes:
    return HEADER.pack(16 + len(body), command_id, status, sequence) + body


@given(strategies.hot)
@settings(deadline=None, max_examples=400)
def test_a_hot_pdu_survives_encoding_and_decoding(pdu: Pdu) -> None:
    octets = encode(pdu)
    assert decode(octets) == pdu
    assert encode(decode(memoryview(octets))) == octets


@given(strategies.rare)
@settings(deadline=None, max_examples=150)
def test_a_rare_pdu_survives_encoding_and_decoding(pdu: Pdu) -> None:
    assert decode(encode(pdu)) == pdu


@pytest.mark.parametrize(
    ("pdu", "word"),
    [
        (SubmitSm(source_addr="x" * 21), "source_addr"),
        (SubmitSm(source_addr="a\0b"), "NUL"),
        (SubmitSm(source_addr="नमस्ते"), "Latin-1"),
        (SubmitSm(short_message=b"x" * 255), "message_payload"),
        (SubmitSm(esm_class=256), "esm_class"),
        (SubmitSm(tlvs=((0x10000, b""),)), "16 bits"),
        (SubmitSm(tlvs=((0x0424, b"x" * 65536),)), "16 bits"),
        (SubmitSm(sequence=2**32), "does not fit"),
        (SubmitSmResp(message_id="x" * 65), "message_id"),
        (Bind(password="x" * 9), "password"),
        (Bind(system_id="x" * 16), "system_id"),
        (QuerySm(message_id=""), "message_id"),
        (QuerySm(message_id="x", sequence=2**32), "does not fit"),
        (QuerySmResp(error_code=-1), "error_code"),
        (CancelSm(message_id=""), "cancel every message"),
        (CancelSm(message_id="x", sequence=-1), "does not fit"),
        (DataSm(source_addr="x" * 21), "source_addr"),
    ],
)
def test_a_value_its_field_cannot_hold_is_refused_instead_of_cut(pdu: Pdu, word: str) -> None:
    with pytest.raises(LocalProtocolError, match=word):
        encode(pdu)


def test_only_pdus_are_encoded() -> None:
    class Impostor:
        command_id = 4
        sequence = 1

    with pytest.raises(LocalProtocolError, match="Impostor"):
        encode(Impostor())


@pytest.mark.parametrize("length", [15, 17, 0, 70_001])
def test_a_length_that_is_not_the_frames_is_refused(length: int) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        decode(HEADER.pack(length, CommandId.ENQUIRE_LINK, 0, 1))
    assert (caught.value.reason, caught.value.status) == ("invalid_length", CommandStatus.RINVCMDLEN)


def test_a_frame_shorter_than_a_header_is_refused() -> None:
    with pytest.raises(RemoteProtocolError, match="15 octets"):
        decode(b"\0" * 15)


@pytest.mark.parametrize("kept", range(0, 33, 4))
def test_a_submit_sm_cut_in_its_mandatory_part_is_refused_as_a_message_of_wrong_length(kept: int) -> None:
    body = encode(SubmitSm(source_addr="DAKIYA", destination_addr="919800000001"))[16:]
    with pytest.raises(RemoteProtocolError) as caught:
        decode(framed(CommandId.SUBMIT_SM, body[:kept]))
    assert caught.value.status == CommandStatus.RINVMSGLEN


@pytest.mark.parametrize("command_id", [CommandId.BIND_TRANSCEIVER, CommandId.QUERY_SM, CommandId.CANCEL_SM])
@pytest.mark.parametrize("body", [b"", b"no end", b"id\0\1"])
def test_a_cut_bind_or_query_is_refused(command_id: int, body: bytes) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        decode(framed(command_id, body))
    assert caught.value.status == CommandStatus.RINVCMDLEN


def test_an_sm_length_beyond_the_pdu_takes_what_is_there_and_says_so() -> None:
    octets = bytearray(encode(DeliverSm(short_message=b"hello")))
    octets[-6] = 200
    pdu = decode(bytes(octets))
    assert isinstance(pdu, DeliverSm)
    assert (pdu.short_message, pdu.faults) == (b"hello", ("sm_length",))


def test_a_status_left_in_a_request_is_ignored() -> None:
    octets = encode(SubmitSm(sequence=3))
    assert decode(octets[:8] + b"\0\0\0\x58" + octets[12:]) == SubmitSm(sequence=3)


@pytest.mark.parametrize(
    ("body", "message_id"),
    [(b"", ""), (b"\0", ""), (b"abc\0", "abc"), (b"abc", "abc"), (b"no credit\0", "no credit"), (b"\xe9\0", "é")],
)
def test_every_form_of_a_submit_sm_resp_body_is_read(body: bytes, message_id: str) -> None:
    pdu = decode(framed(CommandId.SUBMIT_SM_RESP, body, status=0x45))
    assert pdu == SubmitSmResp(sequence=7, status=0x45, message_id=message_id)


def test_a_bind_resp_without_body_is_read() -> None:
    pdu = decode(framed(CommandId.BIND_TRANSMITTER_RESP, b"", status=0x0D))
    assert pdu == BindResp(sequence=7, status=0x0D, kind=BindKind.TRANSMITTER)
    assert pdu.interface_version is None


def test_a_bind_resp_tells_the_centres_version() -> None:
    pdu = decode(encode(BindResp(system_id="centre", tlvs=((Tag.SC_INTERFACE_VERSION, b"\x34"),))))
    assert isinstance(pdu, BindResp)
    assert pdu.interface_version == 0x34


def test_octets_behind_a_header_only_pdu_are_ignored() -> None:
    assert decode(framed(CommandId.ENQUIRE_LINK, b"rubbish")) == EnquireLink(7)
    assert decode(framed(CommandId.GENERIC_NACK, b"x", status=3)) == GenericNack(7, 3)


def test_a_query_sm_resp_with_an_error_needs_no_body() -> None:
    assert decode(framed(CommandId.QUERY_SM_RESP, b"", status=0x67)) == QuerySmResp(7, 0x67)


def test_an_unknown_command_keeps_its_body() -> None:
    assert decode(framed(0x0111, b"\1\2")) == Other(0x0111, 7, 0, b"\1\2")


def test_an_address_longer_than_its_field_is_still_read() -> None:
    body = b"\0\1\1" + b"9" * 40 + b"\0\1\1" + b"8" * 40 + b"\0\0\0\0"
    pdu = decode(framed(CommandId.DATA_SM, body))
    assert isinstance(pdu, DataSm)
    assert (pdu.source_addr, pdu.destination_addr) == ("9" * 40, "8" * 40)


def test_a_payload_is_the_body_of_a_message_without_short_message() -> None:
    assert SubmitSm(tlvs=((Tag.MESSAGE_PAYLOAD, b"long"),)).body == b"long"
    assert SubmitSm(short_message=b"short").body == b"short"
    assert DataSm(tlvs=((Tag.MESSAGE_PAYLOAD, b"long"),)).body == b"long"
    assert DataSm().body == b""


def test_a_password_does_not_show_in_the_representation() -> None:
    assert "hunter2" not in repr(Bind(system_id="me", password="hunter2"))


def test_numbers_are_named_for_people() -> None:
    assert status_name(0x58) == "ESME_RTHROTTLED (0x58)"
    assert status_name(0x40B) == "0x0000040B"
    assert command_name(0x80000004) == "submit_sm_resp"
    assert command_name(0x999) == "0x00000999"


def test_a_header_that_does_not_fit_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match="generic_nack"):
        header_only(CommandId.GENERIC_NACK, -1, 0)
