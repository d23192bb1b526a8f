"""What a session does when time passes."""

from __future__ import annotations

import pytest

from kernel.smpp.codec import decode, encode, header_only
from kernel.smpp.constants import CommandId
from kernel.smpp.events import Closed, LinkDead, ProtocolFault, Results, TimedOut
from kernel.smpp.liveness import FLOOD_LIMIT, Timers
from kernel.smpp.outstanding import LATE_LIMIT, Outstanding
from kernel.smpp.pdu import Bind, EnquireLink, EnquireLinkResp, QuerySm, SubmitSmResp
from kernel.smpp.tests.pair import ConnectionPair, submission


def test_a_silent_peer_is_asked_twice_and_then_given_up() -> None:
    pair = ConnectionPair().bind()
    start = pair.now
    assert pair.esme.next_deadline() == start + 20
    assert pair.esme.poll(start + 19.9) == []
    (first,) = pair.esme.poll(start + 20)
    assert isinstance(decode(first), EnquireLink)
    assert pair.esme.next_deadline() == start + 30
    (second,) = pair.esme.poll(start + 30)
    assert decode(second).sequence == decode(first).sequence + 1
    assert pair.esme.poll(start + 40) == []
    assert list(pair.esme.events()) == [LinkDead("no_answer"), Closed([])]


def test_an_answer_to_enquire_link_starts_the_silence_anew() -> None:
    pair = ConnectionPair().bind()
    pair.pass_time(20)
    (octets,) = pair.esme.poll(pair.now)
    pair.to_smsc(octets)
    assert pair.to_esme() == []
    assert pair.esme.next_deadline() == pair.now + 20


def test_any_traffic_proves_life_even_when_enquire_link_is_never_answered() -> None:
    pair = ConnectionPair().bind()
    for _ in range(5):
        pair.pass_time(20)
        assert len(pair.esme.poll(pair.now)) == 1
        pair.to_esme(encode(SubmitSmResp(sequence=99)))
    assert not pair.esme.is_closed


def test_enquire_link_goes_out_though_the_window_is_full() -> None:
    pair = ConnectionPair(window=1).bind()
    pair.submit("a")
    assert len(pair.esme.poll(pair.now + 20)) == 1


def test_requests_time_out_by_stride_and_only_once() -> None:
    pair = ConnectionPair(timers=Timers(enquire_link=1000)).bind()
    first = pair.submit("a", "b")
    pair.pass_time(5)
    pair.submit("c")
    pair.esme.send_request(QuerySm(message_id="1"), "q", pair.now)
    pair.to_esme(encode(SubmitSmResp(sequence=first[0])))
    assert pair.esme.next_deadline() == pair.now + 25
    pair.esme.poll(pair.now + 25)
    assert list(pair.esme.events()) == [TimedOut(["b"])]
    pair.esme.poll(pair.now + 30)
    pair.esme.poll(pair.now + 31)
    assert list(pair.esme.events()) == [TimedOut(["c", "q"])]


def test_a_late_answer_is_forgotten_after_five_minutes() -> None:
    pair = ConnectionPair(timers=Timers(enquire_link=10_000)).bind()
    (sequence,) = pair.submit("a")
    pair.esme.poll(pair.now + 30)
    pair.esme.poll(pair.now + 30 + 300)
    list(pair.esme.events())
    assert pair.to_esme(encode(SubmitSmResp(sequence=sequence))) == []
    assert pair.esme.counters.dropped == 1


def test_only_so_many_late_answers_are_remembered() -> None:
    outstanding: Outstanding[int] = Outstanding(window=LATE_LIMIT + 10, timeout=1.0)
    sequences = outstanding.add_bulk(range(LATE_LIMIT + 10), 0.0)
    assert len(outstanding.expire(1.0)) == LATE_LIMIT + 10
    assert outstanding.match_late(sequences[9]) is None
    assert outstanding.match_late(sequences[10]) is not None


def test_answered_strides_do_not_pile_up_until_their_deadline() -> None:
    outstanding: Outstanding[str] = Outstanding(window=10, timeout=30.0)
    for _ in range(100):
        (sequence,) = outstanding.add_bulk(("a",), 0.0)
        outstanding.bulk.pop(sequence)
    outstanding.add_bulk(("b",), 1.0)
    assert outstanding.next_deadline() == 31.0


def test_a_bind_without_answer_ends_the_session() -> None:
    pair = ConnectionPair()
    pair.esme.send_bind(Bind(), pair.now)
    assert pair.esme.next_deadline() == pair.now + 30
    pair.esme.poll(pair.now + 30)
    assert list(pair.esme.events()) == [LinkDead("bind_timeout"), Closed([])]


def test_a_client_that_never_binds_is_closed_and_a_bound_one_is_not() -> None:
    silent, bound = ConnectionPair(), ConnectionPair().bind()
    silent.smsc.poll(silent.now + 10)
    bound.smsc.poll(bound.now + 10)
    assert list(silent.smsc.events()) == [LinkDead("bind_timeout"), Closed([])]
    assert not bound.smsc.is_closed


def test_an_esme_that_has_not_asked_to_bind_waits_for_nothing() -> None:
    pair = ConnectionPair()
    assert pair.esme.next_deadline() is None
    assert pair.esme.poll(pair.now + 10_000) == []


def test_an_unbind_without_answer_ends_the_session() -> None:
    pair = ConnectionPair().bind()
    pair.submit("a")
    pair.esme.unbind(pair.now)
    pair.esme.poll(pair.now + 5)
    assert list(pair.esme.events()) == [LinkDead("unbind_timeout"), Closed(["a"])]


def test_a_pdu_that_trickles_in_ends_the_session() -> None:
    pair = ConnectionPair().bind()
    octets = encode(SubmitSmResp(sequence=1, message_id="x" * 60))
    for at in range(30):
        pair.to_esme(octets[at : at + 1])
        pair.pass_time(1)
    assert pair.esme.next_deadline() == pair.now
    pair.esme.poll(pair.now)
    assert list(pair.esme.events()) == [LinkDead("slow_pdu"), Closed([])]


def test_a_pdu_cut_by_segments_on_a_busy_link_is_no_trickle() -> None:
    pair = ConnectionPair().bind()
    octets = encode(SubmitSmResp(sequence=1))
    pair.to_esme(octets[:5])
    for _ in range(10):
        pair.pass_time(10)
        pair.to_esme(octets[5:] + octets[:5])
        pair.esme.poll(pair.now)
    assert not pair.esme.is_closed


def test_a_server_closes_a_client_without_a_pdu_for_a_quarter_of_an_hour() -> None:
    pair = ConnectionPair(server_timers=Timers(inactivity=900, enquire_link=10_000)).bind()
    assert pair.smsc.next_deadline() == pair.now + 900
    pair.smsc.poll(pair.now + 900)
    assert list(pair.smsc.events()) == [LinkDead("inactive"), Closed([])]


@pytest.mark.parametrize(("count", "closed"), [(FLOOD_LIMIT, False), (FLOOD_LIMIT + 1, True)])
def test_a_flood_of_enquire_links_ends_the_session(count: int, closed: bool) -> None:
    pair = ConnectionPair().bind()
    events = pair.to_esme(header_only(CommandId.ENQUIRE_LINK, 0, 1) * count)
    assert pair.esme.is_closed is closed
    assert events == ([ProtocolFault("enquire_link_flood"), Closed([])] if closed else [])


def test_many_enquire_links_over_many_seconds_are_no_flood() -> None:
    pair = ConnectionPair().bind()
    for _ in range(3):
        pair.to_esme(header_only(CommandId.ENQUIRE_LINK, 0, 1) * FLOOD_LIMIT)
        pair.pass_time(1)
    assert len(pair.esme.data_to_send()) == 3 * FLOOD_LIMIT * 16
    assert decode(header_only(CommandId.ENQUIRE_LINK_RESP, 0, 1)) == EnquireLinkResp(1)


def test_the_deadline_follows_what_is_outstanding() -> None:
    pair = ConnectionPair(timers=Timers(enquire_link=1000, response=7)).bind()
    sequences = pair.submit("a")
    assert pair.esme.next_deadline() == pair.now + 7
    pair.esme.receive_data(pair.smsc.answer_submits([(sequences[0], 0, b"1")]), pair.now)
    assert pair.esme.next_deadline() == pair.now + 1000
    pair.esme.poll(pair.now + 7)
    assert [type(event).__name__ for event in pair.esme.events()] == ["Results"]


def test_the_bulk_path_matches_thousands_in_any_order() -> None:
    pair = ConnectionPair(window=5000).bind()
    octets = pair.esme.submit_many([submission(str(n)) for n in range(5000)], pair.now)
    pair.smsc.receive_data(octets, pair.now)
    answers = [(n + 2, 0, b"%d" % n) for n in reversed(range(5000))]
    (results,) = pair.to_esme(pair.smsc.answer_submits(answers))
    assert isinstance(results, Results)
    assert [result.key for result in results.results] == [str(n) for n in reversed(range(5000))]
    assert all(result.key == result.message_id for result in results.results)
    assert pair.esme.room == 5000
