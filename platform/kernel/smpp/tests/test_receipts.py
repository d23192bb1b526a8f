"""Receipts in every form that centres were seen to send."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.smpp.codec import decode, encode
from kernel.smpp.constants import EsmClass, MessageState, Tag
from kernel.smpp.pdu import DataSm, DeliverSm
from kernel.smpp.plain_receipts import read_plain_receipt
from kernel.smpp.receipt_writing import STAT_OF_STATE
from kernel.smpp.receipts import (
    FINAL,
    MESSAGE_STATES,
    STAT_WORDS,
    ReceiptState,
    parse_receipt,
    read_receipt_text,
    receipt_text,
    walk_receipt_text,
)
from kernel.smpp.tlv import Tlv, int_tlv, text_tlv

PLAIN = "id:abc1 sub:001 dlvrd:001 submit date:2611231530 done date:2611231531 stat:DELIVRD err:000 text:Dear customer"
UDH = b"\x05\x00\x03\x11\x02\x01"


@dataclass(frozen=True)
class Case:
    """`text` of a deliver_sm with esm_class 4 unless told otherwise, and what must be read from it."""

    name: str
    text: str | bytes = PLAIN
    ids: tuple[str, ...] = ("abc1",)
    state: ReceiptState = ReceiptState.DELIVERED
    stat: str = "DELIVRD"
    err: str = "000"
    done: str = "2611231531"
    tlvs: tuple[Tlv, ...] = ()
    esm_class: int = EsmClass.RECEIPT
    data_coding: int = 0
    disagree: bool = False
    intermediate: bool = False
    network_error: str = ""
    source: str = "919800000001"
    destination: str = "DAKIYA"
    command: type[DeliverSm | DataSm] = DeliverSm

    def pdu(self) -> DeliverSm | DataSm:
        text = self.text.encode("latin-1") if isinstance(self.text, str) else self.text
        if self.command is DataSm:
            return DataSm(((Tag.MESSAGE_PAYLOAD, text), *self.tlvs), esm_class=self.esm_class)
        return DeliverSm(
            self.tlvs,
            source_addr=self.source,
            destination_addr=self.destination,
            esm_class=self.esm_class,
            data_coding=self.data_coding,
            short_message=text,
        )


STATE_5 = int_tlv(Tag.MESSAGE_STATE, MessageState.UNDELIVERABLE, 1)
STATE_2 = int_tlv(Tag.MESSAGE_STATE, MessageState.DELIVERED, 1)
ID_TLV = text_tlv(Tag.RECEIPTED_MESSAGE_ID, "abc1")

CASES = [
    Case("the appendix form"),
    Case("1 a decimal id", PLAIN.replace("abc1", "43969"), ids=("43969",)),
    Case("2 leading zeros", PLAIN.replace("abc1", "0000abc1"), ids=("0000abc1",)),
    Case("3 another case", PLAIN.replace("abc1", "ABC1"), ids=("ABC1",)),
    Case("4 a joined id", PLAIN.replace("abc1", "SAR-77-2-1"), ids=("SAR-77-2-1",)),
    Case(
        "5 a UUID",
        PLAIN.replace("abc1", "0190c0de-0000-7000-8000-00000000abcd"),
        ids=("0190c0de-0000-7000-8000-00000000abcd",),
    ),
    Case("5 over 64 bits", PLAIN.replace("abc1", "123456789012345678901"), ids=("123456789012345678901",)),
    Case("6 sub and dlvrd missing", PLAIN.replace("sub:001 dlvrd:001 ", "")),
    Case("6 sub and dlvrd of one digit", PLAIN.replace("001", "1")),
    Case("7 dates without a gap", PLAIN.replace("submit date", "submitdate").replace("done date", "donedate")),
    Case("7 dates with an underscore", PLAIN.replace("submit date", "submit_date").replace("done date", "Done_Date")),
    Case("8 dates of 12 digits", PLAIN.replace("2611231531", "261123153107"), done="261123153107"),
    Case("8 dates of 14 digits", PLAIN.replace("2611231531", "20261123153107"), done="20261123153107"),
    Case("8 dates of zeros", PLAIN.replace("2611231531", "0000000000"), done="0000000000"),
    Case("8 an epoch", PLAIN.replace("2611231531", "1795428060"), done="1795428060"),
    Case("9 local time without a zone is kept as it is", PLAIN.replace("2611231531", "2611232101"), done="2611232101"),
    Case("9 local time with a zone behind it", PLAIN.replace("1531 ", "1531+0530 "), done="2611231531+0530"),
    Case("10 the bare word behind the date", PLAIN.replace("stat:DELIVRD", "DELIVRD")),
    Case("10 the bare word, lower case, no err", "id:abc1 done date:2611231531 delivrd text:x", stat="delivrd", err=""),
    Case(
        "10 a word behind the date that is no state",
        "id:abc1 done date:2611231531 IST",
        state=ReceiptState.OTHER,
        stat="",
        err="",
        done="2611231531 IST",
    ),
    Case("11 all in lower case", PLAIN.lower(), stat="delivrd"),
    Case("11 keys in upper case", PLAIN.replace("id:", "ID:").replace("stat:", "STAT:")),
    Case("12 FAILED", PLAIN.replace("DELIVRD", "FAILED"), stat="FAILED", state=ReceiptState.UNDELIVERED),
    Case("12 BUFFRED", PLAIN.replace("DELIVRD", "BUFFRED"), stat="BUFFRED", state=ReceiptState.ENROUTE),
    Case("12 NOCRED", PLAIN.replace("DELIVRD", "NOCRED"), stat="NOCRED", state=ReceiptState.REJECTED),
    Case("12 SYSERR", PLAIN.replace("DELIVRD", "SYSERR"), stat="SYSERR", state=ReceiptState.UNDELIVERED),
    Case("12 a word nobody knows", PLAIN.replace("DELIVRD", "TELEPTD"), stat="TELEPTD", state=ReceiptState.OTHER),
    Case("13 err in hexadecimal", PLAIN.replace("err:000", "err:1F"), err="1F"),
    Case("13 a negative err", PLAIN.replace("err:000", "err:-1"), err="-1"),
    Case("13 err of four digits", PLAIN.replace("err:000", "err:0042"), err="0042"),
    Case("13 err missing", PLAIN.replace("err:000 ", ""), err=""),
    Case("13 DELIVRD with an err", PLAIN.replace("err:000", "err:002"), err="002"),
    Case("14 blanks behind colons", PLAIN.replace("id:", "id: ").replace("stat:", "stat:  ").replace("err:", "err: ")),
    Case("14 another order", "stat:DELIVRD err:000 done date:2611231531 id:abc1 text:x"),
    Case("14 commas", "id:abc1,stat:DELIVRD,err:000,done date:2611231531"),
    Case("14 lines", "id:abc1\r\nstat:DELIVRD\r\nerr:000\r\ndone date:2611231531\r\n"),
    Case("15 text missing", PLAIN.partition(" text:")[0]),
    Case("15 text with colons and lines", PLAIN + ": see id:zzz\nand more"),
    Case("15 text with binary", PLAIN.encode() + bytes(range(1, 256))),
    Case(
        "15 a fake stat in the text",
        PLAIN.replace("DELIVRD", "UNDELIV") + " stat:DELIVRD",
        stat="UNDELIV",
        state=ReceiptState.UNDELIVERED,
    ),
    Case("15 a text that starts like a receipt", PLAIN.partition("text:")[0] + "text:id:zzz stat:REJECTD"),
    Case("16 a trailing NUL", PLAIN.partition(" text:")[0] + "\0"),
    Case("16 NUL and rubbish", PLAIN.partition(" text:")[0] + "\0 stat:REJECTD"),
    Case(
        "17 only TLVs",
        "",
        tlvs=(ID_TLV, STATE_5, (Tag.NETWORK_ERROR_CODE, b"\3\0\x1b")),
        state=ReceiptState.UNDELIVERED,
        stat="5",
        err="",
        done="",
        network_error="3:27",
    ),
    Case("17 a TLV id without NUL", "", tlvs=((Tag.RECEIPTED_MESSAGE_ID, b"abc1"), STATE_2), stat="2", err="", done=""),
    Case(
        "17 a TLV id with padding",
        "",
        tlvs=((Tag.RECEIPTED_MESSAGE_ID, b"abc1\0\0 "), STATE_2),
        stat="2",
        err="",
        done="",
    ),
    Case("17 a network error in digits", tlvs=((Tag.NETWORK_ERROR_CODE, b"027"),), network_error="027"),
    Case("17 a state of two octets", "", tlvs=(ID_TLV, (Tag.MESSAGE_STATE, b"\0\2")), stat="2", err="", done=""),
    Case("18 the text's final word wins", tlvs=(STATE_5,), disagree=True),
    Case(
        "18 a TLV that is final against a text that is not",
        PLAIN.replace("DELIVRD", "ENROUTE"),
        tlvs=(STATE_2,),
        stat="ENROUTE",
        disagree=True,
    ),
    Case("18 a TLV against an unknown word", PLAIN.replace("DELIVRD", "OK"), tlvs=(STATE_2,), stat="OK", disagree=True),
    Case("18 text and TLV agree", tlvs=(ID_TLV, STATE_2)),
    Case("19 another id in the TLV", tlvs=(text_tlv(Tag.RECEIPTED_MESSAGE_ID, "77"), STATE_2), ids=("77", "abc1")),
    Case("19 two ids in the text", "id:abc1 " + PLAIN.replace("abc1", "zzz")),
    Case("20 esm_class 0", esm_class=0),
    Case("20 esm_class 0 with TLVs only", "", tlvs=(ID_TLV, STATE_2), esm_class=0, stat="2", err="", done=""),
    Case("21 esm_class 4 under way", PLAIN.replace("DELIVRD", "ENROUTE"), stat="ENROUTE", state=ReceiptState.ENROUTE),
    Case(
        "21 a notification",
        PLAIN.replace("DELIVRD", "ENROUTE"),
        stat="ENROUTE",
        state=ReceiptState.ENROUTE,
        esm_class=EsmClass.INTERMEDIATE,
        intermediate=True,
    ),
    Case("22 ACCEPTD unasked", PLAIN.replace("DELIVRD", "ACCEPTD"), stat="ACCEPTD", state=ReceiptState.ACCEPTED),
    Case("23 in message_payload", b"", tlvs=((Tag.MESSAGE_PAYLOAD, PLAIN.encode()),)),
    Case("24 in data_sm", command=DataSm),
    Case("25 UCS-2", PLAIN.encode("utf-16-be"), data_coding=8),
    Case("25 UCS-2 with half a character", PLAIN.encode("utf-16-be") + b"\0", data_coding=8),
    Case("26 addresses not swapped", source="DAKIYA", destination="919800000001"),
    Case("27 one receipt for a long text", PLAIN.replace("sub:001 dlvrd:001", "sub:003 dlvrd:003")),
    Case("28 a UDH in front", UDH + PLAIN.encode(), esm_class=EsmClass.RECEIPT | EsmClass.UDHI),
    Case(
        "28 a UDH in front of UCS-2",
        UDH + PLAIN.encode("utf-16-be"),
        esm_class=EsmClass.RECEIPT | EsmClass.UDHI,
        data_coding=8,
    ),
    Case(
        "28 a UDH longer than the body",
        "id:abc1 stat:DELIVRD err:000 done date:2611231531",
        esm_class=EsmClass.RECEIPT | EsmClass.UDHI,
    ),
    Case("29 a quoted id", PLAIN.replace("abc1", '"abc1"')),
    Case("29 a single-quoted id", PLAIN.replace("abc1", "'abc1'")),
    Case("a delivery acknowledgement", esm_class=EsmClass.DELIVERY_ACK),
    Case("an id with blanks and other letters", PLAIN.replace("abc1", "a b\xe9"), ids=("a b\xe9",)),
    Case("no id at all", PLAIN.replace("id:abc1 ", ""), ids=()),
    Case("an empty text", "", ids=(), state=ReceiptState.OTHER, stat="", err="", done=""),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_receipt_is_read(case: Case) -> None:
    receipt = parse_receipt(case.pdu())
    assert receipt is not None
    assert (receipt.ids, receipt.state, receipt.stat) == (case.ids, case.state, case.stat)
    assert (receipt.err, receipt.done_at_raw, receipt.network_error) == (case.err, case.done, case.network_error)
    assert (receipt.disagree, receipt.intermediate) == (case.disagree, case.intermediate)
    assert receipt.unmarked == (case.esm_class == 0)


def test_each_of_the_29_deviations_is_among_the_cases() -> None:
    assert {int(case.name.split()[0]) for case in CASES if case.name[0].isdigit()} == set(range(1, 30))


WORDS = {
    "DELIVRD": "delivered", "EXPIRED": "expired", "UNDELIV": "undelivered", "FAILED": "undelivered",
    "DELETED": "undelivered", "SKIPPED": "undelivered", "SYSERR": "undelivered", "REJECTD": "rejected",
    "NOCRED": "rejected", "UNKNOWN": "unknown", "ACCEPTD": "accepted", "ENROUTE": "enroute", "BUFFRED": "enroute",
    "SCHEDLD": "enroute", "TELEPTD": "other", "": "other",
}  # fmt: skip
NUMBERS = [
    "enroute", "enroute", "delivered", "expired", "undelivered", "undelivered", "accepted", "unknown", "rejected",
    "undelivered", "other",
]  # fmt: skip


@pytest.mark.parametrize(("word", "state"), list(WORDS.items()))
def test_a_word_tells_a_state(word: str, state: str) -> None:
    receipt = parse_receipt(DeliverSm(esm_class=4, short_message=PLAIN.replace("DELIVRD", word).encode()))
    assert receipt is not None
    assert (receipt.state, receipt.stat) == (state, word)
    assert receipt.state.is_final == (state in {"delivered", "expired", "undelivered", "rejected"})


@pytest.mark.parametrize(("number", "state"), list(enumerate(NUMBERS)))
def test_a_message_state_tells_a_state(number: int, state: str) -> None:
    receipt = parse_receipt(DeliverSm((ID_TLV, int_tlv(Tag.MESSAGE_STATE, number, 1)), esm_class=4))
    assert receipt is not None
    assert (receipt.state, receipt.stat) == (state, str(number))


@pytest.mark.parametrize(
    ("tag", "value", "state"),
    [(Tag.MESSAGE_STATE, b"", "delivered"), (Tag.MESSAGE_STATE, b"\0\0\0\0\5", "delivered"),
     (Tag.MESSAGE_STATE, b"\xff", "delivered"), (Tag.NETWORK_ERROR_CODE, b"\3", "delivered"),
     (Tag.RECEIPTED_MESSAGE_ID, b"", "delivered"), (Tag.RECEIPTED_MESSAGE_ID, b"\0\0", "delivered")],
)  # fmt: skip
def test_a_parameter_cut_short_or_swollen_takes_nothing_from_the_text(tag: Tag, value: bytes, state: str) -> None:
    receipt = parse_receipt(DeliverSm(((tag, value),), esm_class=4, short_message=PLAIN.encode()))
    assert receipt is not None
    assert (receipt.ids, receipt.state) == (("abc1",), state)


@pytest.mark.parametrize("piece", [b"id:", b"stat: ", b"done date", b" id:1 stat:X", b",;\n", b"text", b"\xff", b"\0"])
def test_sixty_four_kilobytes_of_malice_cost_no_more_than_one(piece: bytes) -> None:
    hostile = (piece * 65_536)[:65_536]
    pdu = DeliverSm(((Tag.MESSAGE_PAYLOAD, hostile),), esm_class=4)
    assert len(receipt_text(pdu)) <= 1024
    short = DeliverSm(((Tag.MESSAGE_PAYLOAD, hostile[:1024]),), esm_class=4)
    assert parse_receipt(pdu) == parse_receipt(short)


def test_a_receipt_in_data_sm_is_read() -> None:
    receipt = parse_receipt(DataSm(esm_class=4, tlvs=((Tag.MESSAGE_PAYLOAD, PLAIN.encode()),)))
    assert receipt is not None
    assert (receipt.ids, receipt.sub, receipt.dlvrd) == (("abc1",), "001", "001")


def test_addresses_play_no_part() -> None:
    swapped = DeliverSm(
        esm_class=4, source_addr="919800000001", destination_addr="DAKIYA", short_message=PLAIN.encode()
    )
    straight = DeliverSm(
        esm_class=4, source_addr="DAKIYA", destination_addr="919800000001", short_message=PLAIN.encode()
    )
    assert parse_receipt(swapped) == parse_receipt(straight)


@pytest.mark.parametrize(
    "pdu",
    [
        DeliverSm(short_message=b"my id: is fine"),
        DeliverSm(short_message=b"stat: good"),
        DeliverSm(short_message=b"text: id:1 stat:DELIVRD"),
        DeliverSm(short_message=b"STOP", tlvs=(ID_TLV,)),
        DeliverSm(short_message=b"STOP", tlvs=(STATE_2,)),
        DeliverSm(short_message=b"\xa4", data_coding=8),
        DeliverSm(short_message=PLAIN.encode(), esm_class=EsmClass.CONVERSATION_ABORT),
        DataSm(),
    ],
)
def test_an_inbound_message_is_no_receipt(pdu: DeliverSm | DataSm) -> None:
    assert parse_receipt(pdu) is None


def test_only_a_kilobyte_is_looked_at() -> None:
    hostile = b"x" * 2000 + b" id:1 stat:DELIVRD"
    assert len(receipt_text(DeliverSm(tlvs=((Tag.MESSAGE_PAYLOAD, hostile),)))) == 1024
    assert parse_receipt(DeliverSm(tlvs=((Tag.MESSAGE_PAYLOAD, hostile),))) is None


def test_every_message_state_and_word_has_a_meaning() -> None:
    assert set(MESSAGE_STATES) == set(MessageState) == set(STAT_OF_STATE)
    assert {MESSAGE_STATES[state] for state in MessageState} == set(ReceiptState) - {ReceiptState.OTHER}
    assert all(STAT_WORDS[word] is MESSAGE_STATES[state] for state, word in STAT_OF_STATE.items())


def test_unknown_is_not_final_because_a_later_receipt_may_replace_it() -> None:
    assert {state for state in ReceiptState if state.is_final} == FINAL
    assert not ReceiptState.UNKNOWN.is_final


words = st.text("abcDEF019-", min_size=1, max_size=12)


@given(words, words, st.text("ADEILRV", min_size=1, max_size=8), st.text("09:idstat \n", max_size=40), st.booleans())
def test_the_short_way_reads_what_the_long_way_reads(key: str, err: str, stat: str, tail: str, has_text: bool) -> None:
    text = f"id:{key} sub:001 dlvrd:001 submit date:2611231530 done date:2611231531 stat:{stat} err:{err}"
    text += f" text:{tail}" if has_text else tail
    assert read_receipt_text(text) == walk_receipt_text(text)


tags = st.sampled_from([Tag.RECEIPTED_MESSAGE_ID, Tag.MESSAGE_STATE, Tag.NETWORK_ERROR_CODE])
values = st.sampled_from([b"abc1", b"abc1\0", b"zzz\0", b"", b"\2", b"\5", b"\1", b"\0"])
spoiled = st.sampled_from([(" text:", ""), ("id:", "ID:"), (" err:000", ""), ("abc1", "a b"), ("DELIVRD", "UNDELIV")])


@given(
    st.lists(st.tuples(tags, values), max_size=3).map(tuple),
    st.lists(spoiled, max_size=2),
    st.sampled_from([0, 4, 8, 0x20, 0x44]),
    st.sampled_from([0, 3, 8]),
    st.integers(-2, 2),
)
def test_a_receipt_read_from_its_frame_is_the_one_read_from_its_pdu(
    tlvs: tuple[Tlv, ...], changes: list[tuple[str, str]], esm_class: int, data_coding: int, wrong_length: int
) -> None:
    text = PLAIN
    for old, new in changes:
        text = text.replace(old, new)
    octets = text.encode("utf-16-be" if data_coding == 8 else "latin-1")
    pdu = DeliverSm(
        tlvs, sequence=7, source_addr="9198", esm_class=esm_class, data_coding=data_coding, short_message=octets[:254]
    )
    frame = bytearray(encode(pdu))
    frame[frame.index(octets[:4]) - 1] += wrong_length if data_coding != 8 else 0
    read = read_plain_receipt(bytes(frame), 7)
    if read is not None:
        decoded = decode(bytes(frame))
        assert isinstance(decoded, DeliverSm)
        assert (7, "9198", "", parse_receipt(decoded)) == read


@pytest.mark.parametrize("tlvs", [(), (ID_TLV, STATE_2), ((Tag.RECEIPTED_MESSAGE_ID, b"abc1"), STATE_2)])
def test_the_usual_receipts_are_read_from_their_frames(tlvs: tuple[Tlv, ...]) -> None:
    assert read_plain_receipt(encode(DeliverSm(esm_class=4, short_message=PLAIN.encode(), tlvs=tlvs)), 1) is not None
