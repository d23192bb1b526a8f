"""Hypothesis strategies for PDUs that can be encoded."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from kernel.smpp.constants import MAX_SEQUENCE, RESPONSE, BindKind, CommandId
from kernel.smpp.pdu import (
    AlertNotification,
    Bind,
    BindResp,
    CancelSm,
    CancelSmResp,
    DataSm,
    DataSmResp,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Other,
    Pdu,
    QuerySm,
    QuerySmResp,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
)

octet = st.integers(0, 255)
sequence = st.integers(0, MAX_SEQUENCE)
status = st.integers(0, 0xFFFFFFFF)
tlvs = st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=40)), max_size=4).map(tuple)
kind = st.sampled_from(list(BindKind))


def latin(size: int, smallest: int = 0) -> st.SearchStrategy[str]:
    """A C-octet string for a field of `size` with its NUL."""
    return st.text(st.characters(min_codepoint=1, max_codepoint=255), min_size=smallest, max_size=size - 1)


def ascii_text(size: int, smallest: int = 0) -> st.SearchStrategy[str]:
    """The same in ASCII."""
    return st.text(st.characters(min_codepoint=1, max_codepoint=126), min_size=smallest, max_size=size - 1)


def message_fields(text: Any = latin) -> dict[str, st.SearchStrategy[Any]]:
    """Mandatory parameters of submit_sm and deliver_sm."""
    return {
        "sequence": sequence,
        "service_type": text(6),
        "source_ton": octet,
        "source_npi": octet,
        "source_addr": text(21),
        "dest_ton": octet,
        "dest_npi": octet,
        "destination_addr": text(21),
        "esm_class": octet,
        "protocol_id": octet,
        "priority_flag": octet,
        "schedule_delivery_time": text(17),
        "validity_period": text(17),
        "registered_delivery": octet,
        "replace_if_present_flag": octet,
        "data_coding": octet,
        "sm_default_msg_id": octet,
        "short_message": st.binary(max_size=254),
    }


def bind_fields(text: Any = latin) -> dict[str, st.SearchStrategy[Any]]:
    """Mandatory parameters of the three binds."""
    return {
        "sequence": sequence,
        "kind": kind,
        "system_id": text(16),
        "password": text(9),
        "system_type": text(13),
        "interface_version": octet,
        "addr_ton": octet,
        "addr_npi": octet,
        "address_range": text(41),
    }


_SOURCE = {"source_ton": octet, "source_npi": octet, "source_addr": latin(21)}
_DEST = {"dest_ton": octet, "dest_npi": octet, "destination_addr": latin(21)}
_ID = {"sequence": sequence, "status": status, "message_id": latin(65), "tlvs": tlvs}
_BARE = {"sequence": sequence, "status": status}
_KNOWN = {int(command_id) for command_id in CommandId}

header_only: st.SearchStrategy[Pdu] = st.one_of(
    st.builds(EnquireLink, sequence=sequence),
    st.builds(Unbind, sequence=sequence),
    st.builds(EnquireLinkResp, **_BARE),
    st.builds(UnbindResp, **_BARE),
    st.builds(GenericNack, **_BARE),
)
hot: st.SearchStrategy[Pdu] = st.one_of(
    header_only,
    st.builds(SubmitSm, tlvs=tlvs, **message_fields()),
    st.builds(DeliverSm, tlvs=tlvs, **message_fields()),
    st.builds(SubmitSmResp, **_ID),
    st.builds(DeliverSmResp, **_ID),
    st.builds(Bind, tlvs=tlvs, **bind_fields()),
    st.builds(BindResp, kind=kind, system_id=latin(16), tlvs=tlvs, **_BARE),
    st.builds(
        Other,
        command_id=st.integers(0, 0xFFFFFFFF).filter(lambda number: number | RESPONSE not in _KNOWN),
        body=st.binary(max_size=60),
        **_BARE,
    ),
)
rare: st.SearchStrategy[Pdu] = st.one_of(
    st.builds(QuerySm, sequence=sequence, message_id=latin(65, 1), **_SOURCE),
    st.builds(QuerySmResp, message_id=latin(65), final_date=latin(17), message_state=octet, error_code=octet, **_BARE),
    st.builds(CancelSm, sequence=sequence, service_type=latin(6), message_id=latin(65, 1), **_SOURCE, **_DEST),
    st.builds(CancelSmResp, **_BARE),
    st.builds(
        DataSm,
        sequence=sequence,
        service_type=latin(6),
        esm_class=octet,
        registered_delivery=octet,
        data_coding=octet,
        tlvs=tlvs,
        **_SOURCE,
        **_DEST,
    ),
    st.builds(DataSmResp, **_ID),
    st.builds(
        AlertNotification,
        sequence=sequence,
        esme_ton=octet,
        esme_npi=octet,
        esme_addr=latin(21),
        tlvs=tlvs,
        **_SOURCE,
    ),
)
pdus = st.one_of(hot, rare)
