"""Two sessions back to back: binding, submitting, answering, ending."""

from __future__ import annotations

import pytest

from kernel.smpp.bulk import deliver_body, pack_delivers
from kernel.smpp.codec import decode, encode, header_only
from kernel.smpp.constants import MAX_SEQUENCE, BindKind, CommandId, CommandStatus, Tag
from kernel.smpp.errors import LocalProtocolError
from kernel.smpp.events import (
    BindRefused,
    Bound,
    Closed,
    LateResult,
    Malformed,
    PeerUnbound,
    ProtocolFault,
    Refused,
    Request,
    Response,
    Result,
    Results,
    TimedOut,
)
from kernel.smpp.pdu import (
    AlertNotification,
    Bind,
    BindResp,
    CancelSm,
    DataSm,
    DataSmResp,
    DeliverSm,
    DeliverSmResp,
    EnquireLinkResp,
    GenericNack,
    Other,
    Pdu,
    QuerySm,
    QuerySmResp,
    SubmitSm,
    SubmitSmResp,
    UnbindResp,
)
from kernel.smpp.states import State
from kernel.smpp.tests.pair import ConnectionPair, submission


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (BindKind.TRANSMITTER, State.BOUND_TX),
        (BindKind.RECEIVER, State.BOUND_RX),
        (BindKind.TRANSCEIVER, State.BOUND_TRX),
    ],
)
def test_both_ends_are_bound_as_asked(kind: BindKind, state: State) -> None:
    pair = ConnectionPair().bind(kind)
    assert pair.esme.state is pair.smsc.state is state
    assert pair.esme.room == 10


def test_a_refused_bind_leaves_the_connection_for_another() -> None:
    pair = ConnectionPair()
    (asked,) = pair.to_smsc(pair.esme.send_bind(Bind(system_id="x"), pair.now))
    assert isinstance(asked, Request)
    assert isinstance(asked.pdu, Bind)
    answer = BindResp(sequence=asked.pdu.sequence, status=CommandStatus.RINVPASWD, kind=asked.pdu.kind)
    assert pair.to_esme(pair.smsc.respond(answer)) == [BindRefused(CommandStatus.RINVPASWD)]
    assert pair.esme.state is pair.smsc.state is State.OPEN
    pair.bind()


def test_a_bind_refused_by_a_nack_is_refused() -> None:
    pair = ConnectionPair()
    pair.esme.send_bind(Bind(), pair.now)
    assert pair.to_esme(encode(GenericNack(1, 0))) == [BindRefused(CommandStatus.RINVCMDID)]


def test_a_bind_response_of_another_kind_or_sequence_is_dropped() -> None:
    pair = ConnectionPair()
    pair.esme.send_bind(Bind(kind=BindKind.TRANSMITTER), pair.now)
    wrong = [BindResp(sequence=1, kind=BindKind.RECEIVER), BindResp(sequence=9, kind=BindKind.TRANSMITTER)]
    assert pair.to_esme(b"".join([encode(pdu) for pdu in wrong])) == []
    assert (pair.esme.state, pair.esme.counters.dropped) == (State.BINDING, 2)
    (bound,) = pair.to_esme(encode(BindResp(sequence=1, kind=BindKind.TRANSMITTER)))
    assert isinstance(bound, Bound)


def test_a_bind_response_after_the_peers_unbind_is_dropped() -> None:
    pair = ConnectionPair()
    pair.esme.send_bind(Bind(), pair.now)
    late = header_only(CommandId.UNBIND, 0, 1) + encode(BindResp(sequence=1))
    assert pair.to_esme(late) == [PeerUnbound(1)]
    assert (pair.esme.state, pair.esme.counters.dropped) == (State.UNBINDING, 1)


def test_results_come_together_with_their_keys() -> None:
    pair = ConnectionPair().bind()
    first, second = pair.submit("a", "b")
    assert (pair.esme.room, pair.smsc.unanswered) == (8, 2)
    octets = pair.smsc.answer_submits([(second, 0, b"id-b"), (first, 0x58, b"")])
    assert pair.to_esme(octets) == [Results([Result("b", 0, "id-b"), Result("a", 0x58, "")])]
    assert (pair.esme.room, pair.esme.outstanding, pair.smsc.unanswered) == (10, 0, 0)


def test_a_result_keeps_the_tlvs_of_its_response() -> None:
    pair = ConnectionPair().bind()
    (sequence,) = pair.submit("a")
    answer = SubmitSmResp(sequence=sequence, message_id="1", tlvs=((Tag.CONGESTION_STATE, b"\x50"),))
    assert pair.to_esme(pair.smsc.respond(answer)) == [Results([Result("a", 0, "1", answer.tlvs)])]


def test_events_keep_the_order_of_the_wire() -> None:
    pair = ConnectionPair().bind()
    first, second = pair.submit("a", "b")
    receipt = pack_delivers([1], [deliver_body(b"919800000001", b"DAKIYA", b"id:1 stat:DELIVRD", esm_class=4)])
    octets = pair.smsc.answer_submits([(first, 0, b"1")]) + receipt + pair.smsc.answer_submits([(second, 0, b"2")])
    assert [type(event) for event in pair.to_esme(octets)] == [Results, Request, Results]


def test_more_than_the_window_is_refused_and_nothing_registered() -> None:
    pair = ConnectionPair(window=2).bind()
    with pytest.raises(LocalProtocolError, match="room for 2"):
        pair.esme.submit_many([submission(key) for key in "abc"], pair.now)
    assert (pair.esme.room, pair.esme.submit_many([], pair.now)) == (2, b"")
    pair.submit("a", "b")
    with pytest.raises(LocalProtocolError, match="full"):
        pair.esme.send_request(QuerySm(message_id="1"), "q", pair.now)
    pair.esme.window += 1
    pair.submit("c")


def test_answers_that_match_nothing_are_dropped_and_counted() -> None:
    pair = ConnectionPair().bind()
    (sequence,) = pair.submit("a")
    answer = pair.smsc.answer_submits([(sequence, 0, b"1")])
    pair.to_esme(answer)
    strangers: list[Pdu] = [
        DataSmResp(sequence=1),
        QuerySmResp(sequence=99),
        SubmitSmResp(sequence=99),
        Other(0x80000111, 3),
    ]
    assert pair.to_esme(answer + b"".join([encode(pdu) for pdu in strangers])) == []
    assert pair.esme.counters.dropped == 5


def test_a_response_with_the_wrong_command_leaves_the_request_outstanding() -> None:
    pair = ConnectionPair().bind()
    (sequence,) = pair.submit("a")
    pair.esme.send_request(QuerySm(message_id="1"), "q", pair.now)
    wrong = encode(QuerySmResp(sequence=sequence)) + encode(SubmitSmResp(sequence=sequence + 1))
    assert pair.to_esme(wrong) == []
    assert pair.esme.outstanding == 2


def test_single_requests_are_answered_by_response_events() -> None:
    pair = ConnectionPair().bind()
    (asked,) = pair.to_smsc(pair.esme.send_request(QuerySm(message_id="1"), "q", pair.now))
    assert isinstance(asked, Request)
    answer = QuerySmResp(sequence=asked.pdu.sequence, message_id="1", message_state=2)
    assert pair.to_esme(pair.smsc.respond(answer)) == [Response("q", answer)]
    (asked,) = pair.to_smsc(pair.esme.send_request(SubmitSm(short_message=b"x"), "s", pair.now))
    assert isinstance(asked, Request)
    assert pair.to_esme(pair.smsc.respond(SubmitSmResp(sequence=asked.pdu.sequence))) == [Results([Result("s", 0, "")])]


def test_a_response_whose_body_is_cut_still_answers_its_request() -> None:
    pair = ConnectionPair().bind()
    octets = pair.esme.send_request(QuerySm(message_id="1"), "q", pair.now)
    sequence = decode(octets).sequence
    cut = encode(Other(CommandId.QUERY_SM_RESP, sequence, 0, b"no end"))
    assert pair.to_esme(cut) == [Response("q", Other(CommandId.QUERY_SM_RESP, sequence, 0, b"no end"))]


def test_a_nack_answers_the_request_with_its_sequence() -> None:
    pair = ConnectionPair().bind()
    (sequence,) = pair.submit("a")
    pair.esme.send_request(CancelSm(message_id="1"), "c", pair.now)
    nacks = [GenericNack(sequence, 3), GenericNack(sequence + 1, 3)]
    assert pair.to_esme(encode(nacks[0]) + encode(nacks[1])) == [Response("a", nacks[0]), Response("c", nacks[1])]
    assert pair.esme.outstanding == 0


def test_three_nacks_without_a_sequence_end_the_session() -> None:
    pair = ConnectionPair().bind()
    pair.submit("a")
    events = pair.to_esme(encode(GenericNack(0, 2)) * 3)
    assert [type(event) for event in events] == [ProtocolFault, Closed]
    assert events[1] == Closed(["a"])


def test_deliveries_are_acknowledged_by_the_owner() -> None:
    pair = ConnectionPair().bind()
    sequences = pair.smsc.reserve(["r1", "r2"], pair.now)
    body = deliver_body(b"919800000001", b"DAKIYA", b"hello")
    octets = pack_delivers(sequences, [body] * len(sequences))
    events = pair.to_esme(octets)
    assert [event.pdu.sequence for event in events if isinstance(event, Request)] == list(sequences)
    assert pair.esme.data_to_send() == b""
    assert pair.to_smsc(pair.esme.acknowledge(sequences)) == [Results([Result("r1", 0, ""), Result("r2", 0, "")])]
    assert pair.esme.unanswered == 0


def test_an_alert_notification_needs_no_answer() -> None:
    pair = ConnectionPair().bind()
    octets = pair.smsc.send_request(AlertNotification(source_addr="919800000001"), "n", pair.now)
    (event,) = pair.to_esme(octets)
    assert isinstance(event, Request)
    assert (pair.esme.unanswered, pair.smsc.outstanding) == (0, 0)


@pytest.mark.parametrize("sequence", [0, 0x80000000, 0xFFFFFFFF])
def test_any_sequence_of_a_request_is_echoed(sequence: int) -> None:
    pair = ConnectionPair().bind()
    (event,) = pair.to_esme(encode(DeliverSm(sequence=sequence)))
    assert isinstance(event, Request)
    assert decode(pair.esme.acknowledge([sequence])) == DeliverSmResp(sequence=sequence)


def test_enquire_link_is_answered_at_once_and_in_every_state() -> None:
    pair = ConnectionPair()
    pair.esme.send_bind(Bind(), pair.now)
    assert pair.to_esme(header_only(CommandId.ENQUIRE_LINK, 0, 5)) == []
    assert decode(pair.esme.data_to_send()) == EnquireLinkResp(5)
    assert pair.esme.data_to_send() == b""


def test_an_unreadable_request_is_the_owners_to_answer() -> None:
    pair = ConnectionPair().bind()
    frame = encode(Other(CommandId.DELIVER_SM, 7, 0, b"rubbish"))
    (event,) = pair.to_esme(frame)
    assert event == Malformed(CommandId.DELIVER_SM, 7, CommandStatus.RINVMSGLEN, "truncated", frame)
    answer = pair.esme.respond(DeliverSmResp(sequence=7, status=CommandStatus.RINVMSGLEN))
    assert decode(answer) == DeliverSmResp(sequence=7, status=1)
    assert pair.esme.unanswered == 0


def test_an_unreadable_bind_can_be_refused() -> None:
    pair = ConnectionPair()
    (event,) = pair.to_smsc(encode(Other(CommandId.BIND_RECEIVER, 1, 0, b"rubbish")))
    assert isinstance(event, Malformed)
    pair.smsc.respond(BindResp(sequence=1, status=event.status, kind=BindKind.RECEIVER))
    assert pair.smsc.state is State.OPEN


@pytest.mark.parametrize("command_id", [CommandId.SUBMIT_SM, CommandId.BROADCAST_SM, CommandId.BIND_RECEIVER, 0x7777])
def test_a_request_that_is_not_for_us_is_nacked_and_the_session_stays(command_id: int) -> None:
    pair = ConnectionPair().bind()
    assert pair.to_esme(encode(Other(command_id, 9))) == [Refused(command_id, 9, CommandStatus.RINVCMDID)]
    assert decode(pair.esme.data_to_send()) == GenericNack(9, CommandStatus.RINVCMDID)
    assert (pair.esme.state, pair.esme.counters.refused) == (State.BOUND_TRX, 1)


def test_an_outbind_is_ignored_since_it_has_no_answer() -> None:
    pair = ConnectionPair()
    assert pair.to_esme(encode(Other(CommandId.OUTBIND, 1, 0, b"a\0b\0"))) == []
    assert pair.esme.data_to_send() == b""


def test_a_submit_at_the_wrong_time_is_refused_with_the_status_for_it() -> None:
    submit = encode(SubmitSm(sequence=4))
    unbound = ConnectionPair()
    assert unbound.to_smsc(submit) == [Refused(CommandId.SUBMIT_SM, 4, CommandStatus.RINVBNDSTS)]
    receiver = ConnectionPair().bind(BindKind.RECEIVER)
    assert receiver.to_smsc(submit) == [Refused(CommandId.SUBMIT_SM, 4, CommandStatus.RINVBNDSTS)]
    assert decode(receiver.smsc.data_to_send()) == SubmitSmResp(sequence=4, status=CommandStatus.RINVBNDSTS)


def test_a_second_bind_is_refused_and_the_first_stays() -> None:
    pair = ConnectionPair().bind(BindKind.TRANSMITTER)
    again = pair.to_smsc(encode(Bind(sequence=8, kind=BindKind.RECEIVER)))
    assert again == [Refused(CommandId.BIND_RECEIVER, 8, CommandStatus.RALYBND)]
    assert pair.smsc.state is State.BOUND_TX


def test_what_the_state_forbids_is_not_sent() -> None:
    pair = ConnectionPair()
    assert pair.esme.room == 0
    with pytest.raises(LocalProtocolError, match="submit_sm"):
        pair.esme.submit_many([submission("a")], pair.now)
    with pytest.raises(LocalProtocolError, match="unbind"):
        pair.esme.unbind(pair.now)
    with pytest.raises(LocalProtocolError, match="bind as smsc"):
        pair.smsc.send_bind(Bind(), pair.now)
    pair.bind(BindKind.RECEIVER)
    with pytest.raises(LocalProtocolError, match="bound_rx"):
        pair.esme.send_request(DataSm(), "d", pair.now)
    with pytest.raises(LocalProtocolError, match="for esme"):
        pair.esme.send_request(DeliverSm(), "d", pair.now)
    with pytest.raises(LocalProtocolError, match="ESME"):
        pair.smsc.submit_many([submission("a")], pair.now)
    with pytest.raises(LocalProtocolError, match="no response"):
        pair.esme.respond(SubmitSm())
    with pytest.raises(LocalProtocolError, match="impossible"):
        pair.smsc.respond(BindResp())


def test_an_impossible_bind_leaves_the_session_open() -> None:
    pair = ConnectionPair()
    with pytest.raises(LocalProtocolError, match="password"):
        pair.esme.send_bind(Bind(password="much too long"), pair.now)
    assert pair.esme.state is State.OPEN


def test_our_unbind_lets_answers_on_their_way_arrive() -> None:
    pair = ConnectionPair().bind()
    (sequence,) = pair.submit("a")
    (event,) = pair.to_smsc(pair.esme.unbind(pair.now))
    assert isinstance(event, PeerUnbound)
    assert pair.esme.room == 0
    octets = pair.smsc.answer_submits([(sequence, 0, b"1")]) + pair.smsc.respond(UnbindResp(event.sequence))
    assert pair.to_esme(octets) == [Results([Result("a", 0, "1")]), Closed([])]
    assert pair.esme.is_closed
    assert pair.smsc.is_closed


def test_a_peers_unbind_leaves_the_unanswered_in_doubt() -> None:
    pair = ConnectionPair().bind()
    pair.submit("a")
    pair.esme.send_request(QuerySm(message_id="1"), "q", pair.now)
    (event,) = pair.to_esme(pair.smsc.unbind(pair.now) + encode(DeliverSm(sequence=3)))[:1]
    assert isinstance(event, PeerUnbound)
    pair.esme.respond(UnbindResp(event.sequence))
    assert list(pair.esme.events()) == [Closed(["a", "q"])]


def test_a_repeated_unbind_is_answered_without_another_event() -> None:
    pair = ConnectionPair().bind()
    twice = header_only(CommandId.UNBIND, 0, 5) + header_only(CommandId.UNBIND, 0, 6)
    assert pair.to_esme(twice) == [PeerUnbound(5)]
    assert decode(pair.esme.data_to_send()) == UnbindResp(6)


def test_a_lost_connection_tells_what_is_in_doubt_once() -> None:
    pair = ConnectionPair().bind()
    pair.submit("a", "b")
    pair.esme.connection_lost()
    pair.esme.connection_lost()
    assert list(pair.esme.events()) == [Closed(["a", "b"])]
    assert pair.esme.next_event() is None


def test_a_closed_session_neither_reads_nor_answers() -> None:
    pair = ConnectionPair().bind()
    pair.esme.connection_lost()
    list(pair.esme.events())
    assert pair.to_esme(encode(DeliverSm(sequence=3))) == []
    assert pair.esme.acknowledge([3]) == pair.esme.respond(UnbindResp(1)) == b""
    assert (pair.esme.poll(pair.now + 999), pair.esme.next_deadline()) == ([], None)
    with pytest.raises(LocalProtocolError, match="closed"):
        pair.esme.submit_many([submission("a")], pair.now)


@pytest.mark.parametrize(
    ("octets", "reason"), [(b"\0\0\0\1", "invalid_length"), (b"HTTP/1.1", "http"), (b"\x16\x03\x01\x02", "tls")]
)
def test_a_broken_length_is_nacked_and_ends_the_session(octets: bytes, reason: str) -> None:
    pair = ConnectionPair().bind()
    (sequence,) = pair.submit("a")
    events = pair.to_esme(pair.smsc.answer_submits([(sequence, 0, b"1")]) + octets)
    assert isinstance(events[1], ProtocolFault)
    assert events[1].reason == reason
    assert events[::2] == [Results([Result("a", 0, "1")]), Closed([])]
    assert decode(pair.esme.data_to_send()) == GenericNack(0, CommandStatus.RINVCMDLEN)


def test_octets_one_at_a_time_mean_the_same() -> None:
    pair = ConnectionPair().bind()
    first, second = pair.submit("a", "b")
    octets = pair.smsc.answer_submits([(first, 0, b"1"), (second, 0, b"2")])
    events = [event for at in range(len(octets)) for event in pair.to_esme(octets[at : at + 1])]
    assert events == [Results([Result("a", 0, "1")]), Results([Result("b", 0, "2")])]


def test_the_sequence_wraps_and_skips_what_is_outstanding() -> None:
    pair = ConnectionPair(first_sequence=MAX_SEQUENCE - 2).bind()
    assert pair.submit("a", "b") == [MAX_SEQUENCE - 1, MAX_SEQUENCE]
    assert pair.submit("c") == [1]
    pair.esme._outstanding._next = MAX_SEQUENCE - 1
    assert pair.submit("d", "e") == [2, 3]
    assert pair.esme.outstanding == 5


def test_a_late_answer_still_tells_its_key() -> None:
    pair = ConnectionPair().bind()
    (sequence,) = pair.submit("a")
    pair.pass_time(30)
    pair.esme.poll(pair.now)
    assert next(pair.esme.events()) == TimedOut(["a"])
    assert pair.esme.room == 10
    late = pair.smsc.answer_submits([(sequence, 0, b"1")])
    assert pair.to_esme(late) == [LateResult(Result("a", 0, "1"))]
    assert pair.to_esme(late) == []
