"""An independent codec reads and writes the same octets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smpplib import consts, smpp

from kernel.smpp.bulk import SubmitTemplate, pack_submits, submit_body
from kernel.smpp.codec import decode, encode
from kernel.smpp.constants import CommandStatus, MessageState, Tag, command_name
from kernel.smpp.pdu import Bind, BindResp, DeliverSm, DeliverSmResp, Pdu, SubmitSm, SubmitSmResp
from kernel.smpp.tests import strategies
from kernel.smpp.tests.strategies import ascii_text, sequence, status
from kernel.smpp.tlv import int_tlv

THEIR_NAMES = {
    "source_ton": "source_addr_ton",
    "source_npi": "source_addr_npi",
    "dest_ton": "dest_addr_ton",
    "dest_npi": "dest_addr_npi",
}
# In the order in which smpplib writes them.
SUBMIT_TLVS = {
    "user_message_reference": (Tag.USER_MESSAGE_REFERENCE, 2),
    "source_port": (Tag.SOURCE_PORT, 2),
    "destination_port": (Tag.DESTINATION_PORT, 2),
    "sar_msg_ref_num": (Tag.SAR_MSG_REF_NUM, 2),
    "sar_total_segments": (Tag.SAR_TOTAL_SEGMENTS, 1),
    "sar_segment_seqnum": (Tag.SAR_SEGMENT_SEQNUM, 1),
    "more_messages_to_send": (Tag.MORE_MESSAGES_TO_SEND, 1),
}
chosen_tlvs = st.fixed_dictionaries(
    {}, optional={name: st.integers(0, 256**size - 1) for name, (_, size) in SUBMIT_TLVS.items()}
)


class Numbers:
    sequence = 0

    def next_sequence(self) -> int:
        return 0


def theirs(pdu: Any, fields: list[str], **tlvs: Any) -> bytes:
    values = {THEIR_NAMES.get(name, name): getattr(pdu, name) for name in fields}
    built = smpp.make_pdu(command_name(pdu.command_id), client=Numbers(), **values, **tlvs)
    built.sequence, built.status = pdu.sequence, getattr(pdu, "status", 0)
    if isinstance(pdu, Bind):
        built.interface_version = pdu.interface_version
    octets: bytes = built.generate()
    return octets


MESSAGE_FIELDS = [name for name in strategies.message_fields() if name != "sequence"]
BIND_FIELDS = [name for name in strategies.bind_fields() if name not in {"sequence", "kind"}]


@given(st.builds(SubmitSm, **strategies.message_fields(ascii_text)), chosen_tlvs)
@settings(deadline=None)
def test_submit_sm_is_byte_identical(pdu: SubmitSm, tlvs: dict[str, int]) -> None:
    chosen = {name: SUBMIT_TLVS[name] for name in SUBMIT_TLVS if name in tlvs}
    ours = tuple(int_tlv(tag, tlvs[name], size) for name, (tag, size) in chosen.items())
    assert encode(replace(pdu, tlvs=ours)) == theirs(pdu, MESSAGE_FIELDS, **tlvs)


@given(st.builds(DeliverSm, **strategies.message_fields(ascii_text)), ascii_text(65, 1), st.sampled_from(MessageState))
@settings(deadline=None)
def test_deliver_sm_with_receipt_tlvs_is_byte_identical(pdu: DeliverSm, message_id: str, state: MessageState) -> None:
    tlvs = (
        (int(Tag.NETWORK_ERROR_CODE), b"\3\0\1"),
        int_tlv(Tag.MESSAGE_STATE, state, 1),
        (int(Tag.RECEIPTED_MESSAGE_ID), message_id.encode() + b"\0"),
    )
    expected = theirs(
        pdu,
        MESSAGE_FIELDS,
        network_error_code=b"\3\0\1",
        message_state=int(state),
        receipted_message_id=message_id,
    )
    assert encode(replace(pdu, tlvs=tlvs)) == expected


@given(
    st.builds(SubmitSm, **(strategies.message_fields(ascii_text) | {"short_message": st.just(b"")})),
    st.binary(min_size=1),
)
@settings(deadline=None)
def test_a_payload_is_byte_identical(pdu: SubmitSm, payload: bytes) -> None:
    expected = theirs(pdu, MESSAGE_FIELDS, message_payload=payload)
    assert encode(replace(pdu, tlvs=((Tag.MESSAGE_PAYLOAD, payload),))) == expected


@given(st.builds(Bind, **strategies.bind_fields(ascii_text)))
@settings(deadline=None)
def test_binds_are_byte_identical(pdu: Bind) -> None:
    assert encode(pdu) == theirs(pdu, BIND_FIELDS)


@given(st.builds(BindResp, sequence=sequence, status=status, kind=strategies.kind, system_id=ascii_text(16)))
@settings(deadline=None)
def test_bind_responses_are_byte_identical(pdu: BindResp) -> None:
    assert encode(replace(pdu, tlvs=((Tag.SC_INTERFACE_VERSION, b"\x34"),))) == theirs(
        pdu, ["system_id"], sc_interface_version=0x34
    )


@given(st.sampled_from([SubmitSmResp, DeliverSmResp]), sequence, status, ascii_text(65))
@settings(deadline=None)
def test_responses_with_an_id_are_byte_identical(
    cls: type[SubmitSmResp] | type[DeliverSmResp], number: int, code: int, message_id: str
) -> None:
    pdu = cls(sequence=number, status=code, message_id=message_id)
    assert encode(pdu) == theirs(pdu, ["message_id"])


@given(strategies.header_only)
@settings(deadline=None)
def test_header_only_pdus_are_byte_identical(pdu: Pdu) -> None:
    assert encode(pdu) == theirs(pdu, [])


@given(st.builds(SubmitSm, **strategies.message_fields(ascii_text)))
@settings(deadline=None)
def test_a_submit_sm_of_theirs_is_read_with_the_same_values(pdu: SubmitSm) -> None:
    assert decode(theirs(pdu, MESSAGE_FIELDS)) == pdu


@given(
    sequence,
    st.text("0123456789", min_size=1, max_size=20),
    st.binary(max_size=254),
    strategies.octet,
    strategies.octet,
)
@settings(deadline=None)
def test_the_bulk_packer_writes_what_the_codec_writes(
    number: int, recipient: str, text: bytes, esm_class: int, data_coding: int
) -> None:
    validity, tlvs = "000000001000000R", ((int(Tag.DLT_ENTITY_ID), b"1101"), (int(Tag.DLT_TEMPLATE_ID), b"1107"))
    template = SubmitTemplate(source_addr="DAKIYA", source_ton=5, source_npi=0, validity_period=validity, tlvs=tlvs)
    body = submit_body(
        template, recipient.encode(), text, esm_class=esm_class, data_coding=data_coding, tlvs=b"\2\4\0\2\0\1"
    )
    assert pack_submits([number], [body]) == encode(
        SubmitSm(
            sequence=number,
            source_ton=5,
            source_addr="DAKIYA",
            destination_addr=recipient,
            esm_class=esm_class,
            validity_period=validity,
            registered_delivery=1,
            data_coding=data_coding,
            short_message=text,
            tlvs=(*tlvs, (Tag.USER_MESSAGE_REFERENCE, b"\0\1")),
        )
    )


@pytest.mark.parametrize("code", list(CommandStatus))
def test_status_numbers_are_theirs_where_they_have_the_name(code: CommandStatus) -> None:
    assert getattr(consts, f"SMPP_ESME_{code.name}", code.value) == code


def test_tag_numbers_are_theirs_where_they_have_the_name() -> None:
    shared = [tag for tag in Tag if tag.name.lower() in consts.OPTIONAL_PARAMS]
    assert len(shared) >= 16
    assert all(consts.OPTIONAL_PARAMS[tag.name.lower()] == tag for tag in shared)
