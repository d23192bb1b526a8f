"""What staff may say about an SMPP route, and what it does on the wire."""

from __future__ import annotations

from typing import Any

import pytest

from kernel.smpp.constants import BindKind
from kernel.smpp.session import Submission
from kernel.smpp.status_map import ActionKind
from kernel.telecom.alphabet import decode_gsm
from routing.contract import ActionKind as Kind
from routing.errors import RouteConfigProblem
from routing.providers.smpp.error_map import ErrorMapProblem, read_error_map
from routing.providers.smpp.packing import OVERLONG, REGISTERED, Packer, References
from routing.providers.smpp.settings import SmppSettings, read_settings
from routing.tests.builders import outgoing, stride
from tests.hostile.operator import SUBMIT, Seen

WHERE = {"host": "127.0.0.1", "port": 2775, "system_id": "dakiya"}
LONG = "[12345678]" * 40
HINDI = "नमस्ते दुनिया 😀 " * 12
TLVS = ((0x1400, b"1101"), (0x1401, b"1107"), (0x1402, b"abc"))


def settings(**changes: Any) -> SmppSettings:
    return read_settings({**WHERE, **changes}, {"password": "postman"})


def packed(text: str = "Hello", *, sender: str = "DAKIYA", tlvs: Any = (), **changes: Any) -> list[Seen]:
    rows, unfit = Packer(settings(**changes), None).rows(stride(outgoing(text=text, tlvs=tlvs), sender=sender))
    assert not unfit
    return [Seen(SUBMIT, 0, 1, row.body) for row in rows]


def test_connections_for_passcodes_may_be_transmitters_beside_transceivers() -> None:
    chosen = settings(passcodes_bind_as="transmitter")
    assert chosen.of_lane("otp").kinds == (BindKind.TRANSMITTER,)
    assert chosen.of_lane("bulk").kinds == settings().of_lane("otp").kinds == (BindKind.TRANSCEIVER,)


def test_codes_of_the_operators_own_are_read_line_by_line() -> None:
    actions = read_error_map(
        "0x40B = FINAL operator_rejected # no balance\n\n1025=throttled\n0x402 = other invalid_number"
    )
    assert {status: action.kind for status, action in actions.items()} == {
        0x40B: ActionKind.FINAL,
        1025: ActionKind.SAME_ROUTE_LATER,
        0x402: ActionKind.OTHER_ROUTE,
    }
    assert (actions[1025].counts_as_try, actions[1025].error_code) == (False, "operator_congested")
    assert (actions[0x402].error_code, actions[0x402].then) == ("invalid_number", Kind.FINAL)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("0x40B FINAL", "line 1: write it like"),
        ("0x40B = MAYBE", "line 1: MAYBE is none of LATER, OTHER, FINAL, CONFIG, THROTTLED"),
        ("0x40B = FINAL no_such_code", "line 1: no error is called no_such_code"),
        ("0 = FINAL", "line 1: 0 is no code of a refusal"),
        ("99999999999 = FINAL", "line 1: write it like"),
        ("0x40B = FINAL\n1035 = OTHER", "line 2: the code 0x40b stands on an earlier line"),
        ("0x40B = THROTTLED operator_rejected", "line 1: THROTTLED takes no name"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_with_the_reason(line: str, problem: str) -> None:
    with pytest.raises(ErrorMapProblem, match=problem):
        read_error_map(line)
    with pytest.raises(RouteConfigProblem, match="error_map"):
        settings(error_map=line)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"dlt_entity_tag": "1400"}, "dlt_entity_tag"),
        ({"joining": "sar", "interface_version": 0x33}, "joining"),
        ({"joining": "glue"}, "joining"),
        ({"alpha_ton": 256}, "alpha_ton"),
        ({"address_range": "é"}, "address_range"),
    ],
)
def test_settings_no_line_can_work_with_are_refused_by_name(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(RouteConfigProblem, match=field):
        settings(**changes)


@pytest.mark.parametrize(
    ("sender", "changes", "address"),
    [
        ("DAKIYA", {"alpha_npi": 1}, (5, 1)),
        ("56070", {"short_ton": 6, "short_npi": 1}, (6, 1)),
        ("919800000001", {"number_ton": 2, "number_npi": 8}, (2, 8)),
        ("DAKIYA", {"number_ton": 2}, (5, 0)),
    ],
)
def test_a_route_sets_the_type_of_each_kind_of_sender(
    sender: str, changes: dict[str, Any], address: tuple[int, int]
) -> None:
    fields = packed(sender=sender, **changes)[0].fields
    assert (fields[1][0], fields[2][0]) == address


def test_a_route_sets_the_type_of_recipients_and_the_coding_of_gsm_texts() -> None:
    fields = packed(recipient_ton=0, recipient_npi=0, gsm_coding=1)[0].fields
    assert (fields[4], fields[5], fields[14]) == (b"\0", b"\0", b"\1")
    assert packed(HINDI, gsm_coding=1)[0].fields[14] == b"\x08"


def test_registration_goes_under_the_tags_of_the_route_the_chain_too() -> None:
    tlvs = packed(tlvs=TLVS, dlt_entity_tag="0x1500", dlt_chain_tag="0x1502")[0].tlvs
    assert tlvs == b"\x15\0\0\x041101" + b"\x14\1\0\x041107" + b"\x15\2\0\x03abc"


def test_a_centre_of_an_older_version_gets_no_optional_parameters() -> None:
    assert packed(tlvs=TLVS, interface_version=0x33)[0].tlvs == b""


@pytest.mark.parametrize("text", [LONG, HINDI])
def test_a_header_of_16_bits_leaves_room_for_it_and_loses_no_character(text: str) -> None:
    seen = packed(text, joining="udh16")
    headers = [pdu.text[:7] for pdu in seen]
    assert {header[:3] for header in headers} == {b"\x06\x08\x04"}
    assert {header[3:5] for header in headers} == {headers[0][3:5]}
    assert [tuple(header[5:]) for header in headers] == [(len(seen), n) for n in range(1, len(seen) + 1)]
    joined = b"".join(pdu.text[7:] for pdu in seen)
    assert (joined.decode("utf-16-be") if text is HINDI else decode_gsm(joined)) == text
    assert all(len(pdu.text[7:]) <= (132 if text is HINDI else 152) for pdu in seen)


def test_a_text_that_would_need_one_part_more_keeps_the_short_header() -> None:
    seen = packed("x" * 306, joining="udh16")
    assert [pdu.text[:1] for pdu in seen] == [b"\x05", b"\x05"]


def test_parts_are_joined_by_optional_parameters_where_the_route_says_so() -> None:
    seen = packed("x" * 306, joining="sar")
    reference = seen[0].tlvs[4:6]
    assert [pdu.tlvs for pdu in seen] == [
        b"\x02\x0c\0\2" + reference + b"\x02\x0e\0\1\2" + b"\x02\x0f\0\1" + bytes((number,)) for number in (1, 2)
    ]
    assert [(pdu.fields[7], len(pdu.text)) for pdu in seen] == [(b"\0", 153), (b"\0", 153)]


def test_a_text_in_one_payload_stands_for_all_its_parts() -> None:
    rows, _ = Packer(settings(joining="payload"), None).rows(stride(outgoing("key", text="x" * 400, tlvs=TLVS)))
    (row,) = rows
    assert isinstance(row, Submission)
    assert row.key == ("key", -3, REGISTERED | OVERLONG)
    seen = Seen(SUBMIT, 0, 1, row.body)
    assert (seen.text, seen.tlvs[-404:]) == (b"", b"\x04\x24\x01\x90" + b"x" * 400)


def test_texts_to_one_number_have_references_of_their_own_whoever_else_gets_some() -> None:
    references = References()
    first = references.next(b"919800000001")
    others = {references.next(f"9198{number:08d}".encode()) for number in range(100, 400)}
    assert others
    assert (references.next(b"919800000001") - first) % 65_536 in range(1, 10)
