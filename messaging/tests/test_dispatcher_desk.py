"""What a desk makes of results, without a database: judgement, attempts, parts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from kernel.domain.traffic import TrafficClass
from kernel.smpp.constants import CommandStatus as S
from kernel.smpp.status_map import action_for
from messaging.dispatcher.decisions import Verdict, judge
from messaging.dispatcher.desk import Desk
from messaging.dispatcher.flight import Job, encode
from messaging.dispatcher.news import Known, News
from messaging.statuses import Status
from messaging.tests.flights import make_flight, make_job
from routing.contract import IN_DOUBT, NOT_SENT, Action, SubmitResult
from routing.tests.builders import make_config

TRANSACTIONAL = int(TrafficClass.TRANSACTIONAL)
PROMOTIONAL = int(TrafficClass.PROMOTIONAL)


def refused(job: Job, status: int, part: int = 0) -> SubmitResult:
    return SubmitResult(job, part, status, "", action_for(status))


def at_desk(story: Callable[[Desk, News], None]) -> None:
    async def run() -> None:
        news = News(lambda: None)
        desk = Desk(make_config(), classes=(1, 2), news=news, known=Known(), wake=lambda: None)
        story(desk, news)

    asyncio.run(run())


def test_a_late_acceptance_of_the_first_attempt_counts_for_the_second_which_is_not_sent_any_more() -> None:
    def story(desk: Desk, news: News) -> None:
        first = make_job()
        desk.on_results([SubmitResult(first, 0, 0, "", IN_DOUBT)])
        second = first.successor
        assert second is not None
        desk.on_results([SubmitResult(first, 0, 0, "00AB", None)])
        assert news.accepted == [(second, "ab")]
        assert desk.take(10, 0.0) == []

    at_desk(story)


def test_a_second_acceptance_keeps_its_id_for_receipts_and_counts_for_nothing_else() -> None:
    def story(desk: Desk, news: News) -> None:
        job = make_job()
        desk.on_results([SubmitResult(job, 0, 0, "1", None), SubmitResult(job, 0, 0, "2", None)])
        assert news.accepted == [(job, "1")]
        assert news.extras == [(job, 1, "2")]

    at_desk(story)


def test_a_message_in_doubt_whose_second_attempt_is_refused_counts_as_submitted() -> None:
    def story(desk: Desk, news: News) -> None:
        first = make_job()
        desk.on_results([SubmitResult(first, 0, 0, "", IN_DOUBT)])
        second = first.successor
        assert second is not None
        desk.on_results([refused(second, S.RINVDSTADR)])
        assert (news.endings, news.doubtful) == ([], [second])

    at_desk(story)


def refuse_thrice(desk: Desk, job: Job) -> None:
    desk.on_results([refused(job, S.RSYSERR)])
    for _ in range(2):
        assert job.successor is not None
        job = job.successor
        desk.on_results([refused(job, S.RSYSERR)])


@pytest.mark.parametrize(
    ("others_pass", "status", "code"),
    [(True, Status.REJECTED, "operator_rejected"), (False, Status.FAILED, "operator_error")],
)
def test_case_23_a_message_that_fails_thrice_while_others_pass_is_rejected(
    others_pass: bool, status: Status, code: str
) -> None:
    def story(desk: Desk, news: News) -> None:
        if others_pass:
            desk.on_results([SubmitResult(make_job(), 0, 0, "1", None)])
        refuse_thrice(desk, make_job())
        assert [(each.status, each.error_code) for each in news.endings] == [(status, code)]

    at_desk(story)


def test_case_23_with_another_route_left_the_message_goes_there_first() -> None:
    def story(desk: Desk, news: News) -> None:
        desk.on_results([SubmitResult(make_job(), 0, 0, "1", None)])
        refuse_thrice(desk, make_job(candidates=[5]))
        assert (news.endings, [move.is_same_route for move in news.moves]) == ([], [False])

    at_desk(story)


def test_one_refused_part_rejects_the_message_once_all_parts_are_answered() -> None:
    def story(desk: Desk, news: News) -> None:
        job = make_job(parts=3)
        desk.on_results([SubmitResult(job, 0, 0, "1", None), refused(job, S.RX_P_APPN, 1)])
        assert not news.endings
        desk.on_results([SubmitResult(job, 2, 0, "3", None)])
        assert [(each.status, each.error_code) for each in news.endings] == [(Status.REJECTED, "operator_rejected")]
        assert [key for _, _, key in news.extras] == ["1", "3"]

    at_desk(story)


def test_a_long_promotion_with_one_part_in_doubt_counts_as_submitted_with_the_ids_it_has() -> None:
    def story(desk: Desk, news: News) -> None:
        job = make_job(parts=2, traffic_class=PROMOTIONAL)
        desk.on_results([SubmitResult(job, 1, 0, "9", None), SubmitResult(job, 0, 0, "", IN_DOUBT)])
        assert news.accepted_parts == [(job, ["", "9"])]

    at_desk(story)


def test_what_was_never_written_is_first_in_the_next_stride() -> None:
    def story(desk: Desk, news: News) -> None:
        flight = make_flight()
        flight.queue.append(make_job())
        desk.add([flight])
        returned = make_job()
        desk.on_results([SubmitResult(returned, 0, 0, "", NOT_SENT)])
        assert desk.take(1, 0.0) == [returned.successor]

    at_desk(story)


def test_a_configuration_fault_moves_the_message_and_is_shown_on_the_route() -> None:
    def story(desk: Desk, news: News) -> None:
        job = make_job(candidates=[5])
        desk.on_results([refused(job, S.RINVSRCTON)])
        assert [move.is_same_route for move in news.moves] == [False]
        assert "RINVSRCTON" in desk.trouble

    at_desk(story)


def test_a_desk_that_stops_sending_hands_everything_unsent_back() -> None:
    def story(desk: Desk, news: News) -> None:
        waiting, late = make_job(), make_job()
        desk.on_results([SubmitResult(waiting, 0, 0, "", NOT_SENT), refused(late, S.RSYSERR)])
        desk.give_back()
        desk.on_results([SubmitResult(make_job(), 0, 0, "", NOT_SENT)])
        assert [move.is_same_route for move in news.moves] == [True, True, True]
        assert desk.waiting == 0

    at_desk(story)


@pytest.mark.parametrize(
    ("action", "circumstances", "verdict"),
    [
        (IN_DOUBT, {}, Verdict.AGAIN),
        (IN_DOUBT, {"doubts": 1}, Verdict.COUNTS_AS_SENT),
        (IN_DOUBT, {"traffic_class": PROMOTIONAL}, Verdict.COUNTS_AS_SENT),
        (NOT_SENT, {"tries": 99}, Verdict.AGAIN),
        (action_for(S.RTHROTTLED), {"tries": 99}, Verdict.AGAIN),
        (action_for(S.RSYSERR), {"tries": 2}, Verdict.AGAIN),
        (action_for(S.RSYSERR), {"tries": 3}, Verdict.ELSEWHERE),
        (action_for(S.RINVDSTADR), {}, Verdict.REJECTED),
        (action_for(S.RINVDSTADR), {"has_candidates": True}, Verdict.ELSEWHERE),
        (action_for(S.RINVDSTADR), {"has_candidates": True, "moves": 1}, Verdict.REJECTED),
        (action_for(0x40B), {}, Verdict.ELSEWHERE),
        (action_for(0x40B), {"moves": 1}, Verdict.REJECTED),
        (action_for(S.RINVDCS), {"moves": 5}, Verdict.ELSEWHERE),
        (action_for(S.RINVDSTADR), {"doubts": 1}, Verdict.COUNTS_AS_SENT),
        (action_for(S.RINVDCS), {"doubts": 1, "has_candidates": True}, Verdict.COUNTS_AS_SENT),
        (action_for(S.RTHROTTLED), {"doubts": 1}, Verdict.AGAIN),
    ],
)
def test_a_refusal_is_judged_by_its_action_and_what_was_tried(
    action: Action, circumstances: dict[str, Any], verdict: Verdict
) -> None:
    given = {"tries": 1, "moves": 0, "doubts": 0, "traffic_class": TRANSACTIONAL, "has_candidates": False}
    assert judge(action, **{**given, **circumstances}) is verdict


@pytest.mark.parametrize(
    ("text", "is_unicode", "parts"),
    [
        ("a" * 160, False, 1),
        ("a" * 161, False, 2),
        ("[" * 80, False, 1),
        ("é" * 160, False, 1),
        ("ह" * 70, True, 1),
        ("ह" * 71, True, 2),
    ],
)
def test_texts_are_cut_and_encoded_as_they_were_counted(text: str, is_unicode: bool, parts: int) -> None:
    octets, unicode = encode(text, is_unicode=is_unicode)
    assert (len(octets), unicode) == (parts, is_unicode)
    assert all(len(part) <= 160 for part in octets)
