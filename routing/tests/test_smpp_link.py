from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from kernel.smpp.codec import encode
from kernel.smpp.constants import CommandId, CommandStatus
from kernel.smpp.pdu import Other
from kernel.smpp.receipts import ReceiptState
from routing.contract import IN_DOUBT, NOT_SENT, ActionKind, BindStatus
from routing.errors import RouteConfigProblem
from routing.providers.smpp import SmppProvider
from routing.providers.smpp.link import SmppLink
from routing.smsc.inspect import messages
from routing.tests.builders import Ear, outgoing, smpp_config, stride
from routing.tests.stage import FAST, FAST_ANSWERS, Stage, play

LONG = "A text that needs three parts because it goes on and on. " * 7 + "End."


def test_a_message_is_answered_with_the_operators_id_and_its_receipt_names_that_id() -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing("key")))
        await stage.settled(1)
        (result,), (incoming,) = stage.ear.results, stage.ear.receipts
        assert (result.key, result.part, result.action) == ("key", 0, None)
        assert incoming.receipt.ids == (result.operator_id,)
        assert incoming.receipt.state is ReceiptState.DELIVERED
        assert (incoming.source, incoming.destination) == ("919800000001", "DAKIYA")

    play(story)


def test_the_operator_sees_sender_validity_and_registration_as_they_were_given() -> None:
    async def story(stage: Stage) -> None:
        tlvs = ((0x1400, b"1101000000000000001"), (0x1401, b"1107000000000000001"))
        stage.link.submit(stride(outgoing(validity_s=7_260, tlvs=tlvs)))
        await stage.settled(1)
        pdu = stage.smsc.centre.received[0].pdu
        assert (pdu.source_addr, pdu.source_ton, pdu.source_npi) == ("DAKIYA", 5, 0)
        assert (pdu.dest_ton, pdu.dest_npi, pdu.registered_delivery) == (1, 1, 1)
        assert pdu.validity_period == "000000020100000R"
        assert pdu.tlvs == tlvs

    play(story)


def test_registration_ids_end_with_a_nul_where_the_route_says_so() -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing(tlvs=((0x1400, b"1101"), (0x0204, b"\0\1")))))
        await stage.settled(1)
        assert stage.smsc.centre.received[0].pdu.tlvs == ((0x1400, b"1101\0"), (0x0204, b"\0\1"))

    play(story, route={"dlt_terminated": True})


def test_unreadable_pdus_are_told_once_a_minute_by_their_headers(caplog: pytest.LogCaptureFixture) -> None:
    frame = encode(Other(CommandId.DELIVER_SM, 7, 0, b"919876543210 your code is 4711"))

    async def story(stage: Stage) -> None:
        assert isinstance(stage.link, SmppLink)
        (connection,) = stage.smsc._connections
        binds = stage.link._binds.up
        connection._write(frame * 3)
        await stage.ear.until(lambda: [bind.unreadable for bind in binds.values()] == [3])

    play(story)
    (told,) = [record.getMessage() for record in caplog.records if "unreadable PDU" in record.getMessage()]
    assert told.endswith(f"{len(frame)} octets, header {frame[:16].hex()}; 1 so far")


def test_validity_is_cut_at_the_routes_cap() -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing(validity_s=10 * 86_400)))
        await stage.settled(1)
        assert stage.smsc.centre.received[0].pdu.validity_period == "000002000000000R"

    play(story, validity_cap_s=2 * 86_400)


def test_parts_are_joined_by_a_header_and_each_has_a_result_and_a_receipt() -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing("long", text=LONG)))
        await stage.settled(3)
        assert sorted(result.part for result in stage.ear.results) == [0, 1, 2]
        (seen,) = messages(stage.smsc.centre.received, 10)
        assert (seen["text"], seen["parts_total"], len(seen["parts"])) == (LONG, 3, 3)

    play(story)


def test_texts_sent_one_after_the_other_have_different_references() -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(*[outgoing(number, text=LONG) for number in range(3)]))
        await stage.settled(9)
        first, *others = dict.fromkeys(item.pdu.short_message[3] for item in stage.smsc.centre.received)
        assert others == [(first + 1) % 256, (first + 2) % 256]

    play(story)


def test_a_text_longer_than_the_window_goes_out_in_order() -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing("long", text=LONG), outgoing("next")))
        await stage.settled(4)
        assert [result.part for result in stage.ear.results] == [0, 1, 2, 0]
        assert all(result.action is None for result in stage.ear.results)

    play(story, window=1)


def test_a_window_is_never_exceeded_and_room_says_what_is_left() -> None:
    async def story(stage: Stage) -> None:
        stage.change(silent=True)
        assert stage.link.room == 20
        stage.link.submit(stride(*[outgoing(number) for number in range(25)]))
        await stage.ear.until(lambda: stage.smsc.centre.counters.submits == 20)
        assert stage.link.room == 0
        assert (stage.link.gauge().window_used, stage.link.gauge().queued) == (20, 5)
        assert stage.link.next_room_s() is None

    play(story, window=10, binds=2)


def test_the_speed_limit_holds_over_all_binds() -> None:
    async def story(stage: Stage) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        stage.link.submit(stride(*[outgoing(number) for number in range(60)]))
        await stage.settled(60)
        # A burst of a tenth of a second, then 100 parts a second.
        assert loop.time() - began >= (60 - 10) / 100 - 0.02

    play(story, tps=100, binds=2)


@pytest.mark.parametrize(
    ("suffix", "status", "kind"),
    [
        ("10", CommandStatus.RINVDSTADR, ActionKind.FINAL),
        ("11", CommandStatus.RINVSRCADR, ActionKind.FINAL),
        ("12", CommandStatus.RSYSERR, ActionKind.SAME_ROUTE_LATER),
        ("43", CommandStatus.RSYSERR, ActionKind.SAME_ROUTE_LATER),
    ],
)
def test_a_refusal_comes_with_what_to_do_about_it(suffix: str, status: int, kind: ActionKind) -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing(recipient=f"+9198009090{suffix}")))
        await stage.ear.until(lambda: stage.ear.results)
        result = stage.ear.results[0]
        assert result.action is not None
        assert (result.status, result.action.kind) == (status, kind)

    play(story)


@pytest.mark.parametrize(("tlvs", "code"), [((), "route_protocol"), (((0x1401, b"1"),), "dlt_parameters")])
def test_a_complaint_about_registration_is_about_what_was_sent(tlvs: tuple[tuple[int, bytes], ...], code: str) -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing(recipient="+919800909014", tlvs=tlvs)))
        await stage.ear.until(lambda: stage.ear.results)
        assert stage.ear.results[0].action is not None
        assert stage.ear.results[0].action.error_code == code

    play(story)


@pytest.mark.parametrize(("suffix", "longest"), [("40", 0.5), ("41", 1.0)])
def test_a_busy_operator_gives_the_part_back_and_gets_a_pause(suffix: str, longest: float) -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing(recipient=f"+9198009090{suffix}")))
        await stage.ear.until(lambda: stage.ear.results)
        action = stage.ear.results[0].action
        assert action is not None
        assert (action.kind, action.counts_as_try) == (ActionKind.SAME_ROUTE_LATER, False)
        assert stage.link.room == 0
        wait = stage.link.next_room_s()
        assert wait is not None
        assert longest - 0.4 < wait <= longest

    play(story)


def test_what_is_submitted_in_a_pause_goes_out_after_it() -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing("refused", recipient="+919800909040")))
        await stage.ear.until(lambda: stage.ear.results)
        stage.link.submit(stride(outgoing("waits")))
        assert stage.link.gauge().queued == 1
        await stage.ear.until(lambda: len(stage.ear.results) == 2)
        assert (stage.ear.results[1].key, stage.ear.results[1].action) == ("waits", None)

    play(story)


def test_a_submit_without_answer_is_in_doubt() -> None:
    async def story(stage: Stage) -> None:
        stage.change(silent=True)
        stage.link.submit(stride(outgoing("lost")))
        await stage.ear.until(lambda: stage.ear.results)
        assert [(r.key, r.action) for r in stage.ear.results] == [("lost", IN_DOUBT)]

    play(story, timing=FAST_ANSWERS)


def test_a_lost_connection_leaves_what_was_written_in_doubt_and_comes_back() -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing("cut", recipient="+919800909042")))
        await stage.ear.until(lambda: stage.ear.results)
        assert stage.ear.results[0].action == IN_DOUBT
        await stage.ear.until(lambda: stage.link.gauge().binds_up == 1)
        stage.link.submit(stride(outgoing("again", recipient="+919800909042")))
        await stage.ear.until(lambda: len(stage.ear.results) == 2)
        assert stage.ear.results[1].action is None
        assert [state.status for state in stage.ear.states].count(BindStatus.BOUND) == 2

    play(story)


def test_every_part_has_exactly_one_result_while_connections_are_cut_all_the_time() -> None:
    async def story(stage: Stage) -> None:
        stage.change(disconnect_every=7)
        for number in range(100):
            stage.link.submit(stride(outgoing(number)))
        await stage.ear.until(lambda: len(stage.ear.results) >= 100)
        assert sorted(result.key for result in stage.ear.results) == list(range(100))  # type: ignore[type-var]  # ints
        assert {r.action for r in stage.ear.results} <= {None, IN_DOUBT, NOT_SENT}

    play(story, window=5)


def test_a_receipt_is_answered_only_when_it_is_acknowledged() -> None:
    async def story(stage: Stage) -> None:
        counters = stage.smsc.centre.counters
        stage.link.submit(stride(*[outgoing(number) for number in range(10)]))
        await stage.settled(10)
        assert counters.receipts_acknowledged == 0
        for incoming in stage.ear.receipts:
            incoming.ack()
        await stage.ear.until(lambda: counters.receipts_acknowledged == 10)

    play(story, acks=False)


def test_a_handsets_texts_are_heard_part_by_part_and_answered_when_acknowledged() -> None:
    async def story(stage: Stage) -> None:
        centre = stage.smsc.centre
        assert centre.send_text(source="919812345678", destination="56767", text="बंद करो " * 20) == 3
        await stage.ear.until(lambda: len(stage.ear.messages) == 3)
        assert "".join(each.text for each in stage.ear.messages) == "बंद करो " * 20
        assert {(each.source, each.destination) for each in stage.ear.messages} == {("919812345678", "56767")}
        assert centre.counters.receipts_acknowledged == 0
        for each in stage.ear.messages:
            each.ack()
        await stage.ear.until(lambda: centre.counters.receipts_acknowledged == 3)

    play(story, acks=False)


def test_a_receipt_that_was_not_acknowledged_comes_again_after_a_reconnect() -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing()))
        await stage.settled(1)
        stage.smsc.disconnect()
        await stage.ear.until(lambda: len(stage.ear.receipts) == 2)
        first, second = stage.ear.receipts
        assert first.receipt == second.receipt
        first.ack()  # its connection has gone: nothing to say, nothing breaks
        second.ack()
        await stage.ear.until(lambda: stage.smsc.centre.counters.receipts_acknowledged == 1)

    play(story, acks=False)


def test_transmitter_and_receiver_work_as_a_pair() -> None:
    async def story(stage: Stage) -> None:
        assert stage.link.gauge().binds_wanted == 2
        stage.link.submit(stride(outgoing()))
        await stage.settled(1)
        assert stage.ear.results[0].action is None

    play(story, route={"bind_as": "pair"})


def test_a_wrong_password_is_reported_and_not_tried_again_soon() -> None:
    async def story(stage: Stage) -> None:
        await stage.ear.until(lambda: any(state.status is BindStatus.REFUSED for state in stage.ear.states))
        state = stage.ear.states[-1]
        assert "RINVPASWD" in state.reason
        assert (state.binds_up, state.binds_wanted, stage.link.room) == (0, 1, 0)
        assert stage.smsc.centre.counters.binds_refused == 1

    play(story, credentials=("dakiya", "other"), is_bound=False)


def test_an_operator_that_is_not_there_leaves_the_link_without_room() -> None:
    async def story(stage: Stage) -> None:
        await stage.smsc.stop()
        await stage.ear.until(lambda: stage.ear.states[-1].status is BindStatus.DOWN)
        assert stage.link.room == 0
        stage.link.submit(stride(outgoing("early")))
        await stage.ear.until(lambda: stage.ear.results)
        assert stage.ear.results[0].action == NOT_SENT

    play(story)


def test_more_binds_connect_and_a_bind_too_many_parts_when_its_answers_are_in() -> None:
    async def story(stage: Stage) -> None:
        config = smpp_config(stage.smsc.port)
        assert stage.link.adjust(replace(config, binds=3))
        await stage.ear.until(lambda: stage.link.gauge().binds_up == 3)
        stage.change(silent=True)
        stage.link.submit(stride(*[outgoing(number) for number in range(300)]))
        assert stage.link.adjust(replace(config, binds=1))
        assert stage.link.gauge().binds_up == 3
        await stage.ear.until(lambda: stage.link.gauge().binds_up == 1)
        assert {r.detail for r in stage.ear.results} == {"no answer in time"}
        assert stage.smsc.status()["connections"] == 1
        assert stage.link.adjust(replace(config, binds=2))
        await stage.ear.until(lambda: stage.link.gauge().binds_up == 2)

    play(story, timing=FAST_ANSWERS)


def test_draining_waits_for_answers_takes_nothing_more_and_unbinds() -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(*[outgoing(number) for number in range(50)]))
        draining = asyncio.create_task(stage.link.drain(5))
        await asyncio.sleep(0)
        stage.link.submit(stride(outgoing("late")))
        await draining
        by_key = {result.key: result.action for result in stage.ear.results}
        assert by_key.pop("late") == NOT_SENT
        assert list(by_key.values()) == [None] * 50
        assert stage.smsc.status()["connections"] == 0
        assert stage.ear.states[-1].status is BindStatus.CLOSED

    play(story)


def test_closing_at_once_leaves_unanswered_submits_in_doubt() -> None:
    async def story(stage: Stage) -> None:
        stage.change(silent=True)
        stage.link.submit(stride(outgoing("a"), outgoing("b")))
        await stage.link.close()
        await stage.link.close()
        assert [(r.key, r.action) for r in stage.ear.results] == [("a", IN_DOUBT), ("b", IN_DOUBT)]

    play(story)


@pytest.mark.parametrize(
    "changes",
    [{"recipient": "+91abc"}, {"recipient": "+"}, {"short_messages": (b"x" * 255,)}, {"short_messages": ()}],
)
def test_a_message_no_pdu_can_hold_costs_only_itself(changes: dict[str, Any]) -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing("bad", **changes), outgoing("good")))
        await stage.ear.until(lambda: len(stage.ear.results) == 2)
        bad, good = sorted(stage.ear.results, key=lambda result: str(result.key))
        assert bad.action is not None
        assert (bad.action.kind, good.action) == (ActionKind.FINAL, None)

    play(story)


@pytest.mark.parametrize(
    ("sender", "address"),
    [("DAKIYA", (5, 0)), ("56070", (3, 0)), ("919800000001", (1, 1)), ("+919800000001", (1, 1))],
)
def test_the_senders_form_chooses_its_type_of_number(sender: str, address: tuple[int, int]) -> None:
    async def story(stage: Stage) -> None:
        stage.link.submit(stride(outgoing(), sender=sender))
        await stage.settled(1)
        pdu = stage.smsc.centre.received[0].pdu
        assert (pdu.source_ton, pdu.source_npi) == address
        assert pdu.source_addr == sender.removeprefix("+")

    play(story)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"host": ""}, "host"),
        ({"port": 0}, "port"),
        ({"system_id": "x" * 16}, "system_id"),
        ({"system_id": "é"}, "system_id"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(settings: dict[str, object], field: str) -> None:
    with pytest.raises(RouteConfigProblem, match=field):
        asyncio.run(SmppProvider(FAST).open(smpp_config(1, settings=settings), Ear()))


def test_a_problem_with_the_settings_never_tells_the_password() -> None:
    config = replace(smpp_config(1), secrets={"password": "far-too-long-for-smpp"})
    with pytest.raises(RouteConfigProblem) as problem:
        asyncio.run(SmppProvider(FAST).open(config, Ear()))
    assert "far-too-long" not in f"{problem.value!r} {problem.value.context}"
