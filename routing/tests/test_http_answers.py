from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from kernel.smpp.status_map import IN_DOUBT, ActionKind
from routing.providers.http.answers import AnswerMap, judge, judge_many, read_codes, read_conditions
from routing.providers.http.places import PlaceProblem, Told, read_path, read_place

JSON = AnswerMap(
    read_conditions("status = ok, queued"),
    read_place("message.id"),
    read_place("error.code"),
    read_place("error.words"),
    read_place("message.parts"),
    None,
    read_codes("1001 = FINAL invalid_number\ndup = ACCEPTED\nlost = DOUBT\nhttp 409 = LATER\nhttp 4xx = FINAL"),
)
PLAIN = AnswerMap((), read_place("text SENT | {}"), read_place("text FAIL | {}"), codes=read_codes("40 = THROTTLED"))


def told(said: Any) -> Told:
    return Told({"x-id": "H1"}, said if isinstance(said, str) else json.dumps(said))


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("message.id", "12345678901234567890"),
        ("list.1.id", "b"),
        ("list.7.id", None),
        ("price", "0.10"),
        ("yes", "true"),
        ("nothing", None),
        ("list", None),
        ("header X-Id", "H1"),
        ("header X-No", None),
        ("reference", "r-1"),
        ('text "id": {}', "12345678901234567890"),
        ("text absent {}", None),
    ],
)
def test_places(place: str, found: str | None) -> None:
    text = '{"message": {"id":  12345678901234567890}, "list": [{"id": "a"}, {"id": "b"}], "price": 0.10, "yes": true}'
    read = read_place(place)
    assert read is not None
    assert read.find(Told({"x-id": "H1"}, text, "r-1")) == found


def test_a_hostile_text_costs_no_more_than_its_length() -> None:
    read = read_place("text a{}a")
    assert read is not None
    assert read.find(told("a" * 4_000 + "!")) is not None
    assert read.find(told("[" * 1_000_000)) is None
    assert JSON.id_at is not None
    assert JSON.id_at.find(told("[" * 200_000)) is None


@pytest.mark.parametrize("written", ["a..b", "text {} {}", "text {}", "header a b", "." * 3])
def test_places_that_are_none(written: str) -> None:
    with pytest.raises(PlaceProblem):
        read_place(written)


ACCEPTED = None
OK = {"status": "OK", "message": {"id": 77, "parts": 2}}


@pytest.mark.parametrize(
    ("status", "said", "kind", "error_code", "ident"),
    [
        (200, OK, ACCEPTED, "", "77"),
        (202, {"status": "queued"}, ACCEPTED, "", ""),
        (200, {"status": "no"}, ActionKind.OTHER_ROUTE, "operator_rejected", ""),
        (200, {"status": "no", "error": {"code": 1001}}, ActionKind.FINAL, "invalid_number", ""),
        (200, {"error": {"code": "strange"}}, ActionKind.OTHER_ROUTE, "operator_rejected", ""),
        (409, {"error": {"code": "DUP"}, "message": {"id": "a"}}, ACCEPTED, "", "a"),
        (200, {"error": {"code": "lost"}}, ActionKind.IN_DOUBT, "outcome_unknown", ""),
        (200, "<html>", ActionKind.IN_DOUBT, "outcome_unknown", ""),
        (200, "", ActionKind.IN_DOUBT, "outcome_unknown", ""),
        (409, "", ActionKind.SAME_ROUTE_LATER, "operator_error", ""),
        (422, "", ActionKind.FINAL, "operator_rejected", ""),
        (401, "", ActionKind.FINAL, "operator_rejected", ""),
        (302, "", ActionKind.CONFIG_ERROR, "route_protocol", ""),
        (500, "", ActionKind.SAME_ROUTE_LATER, "operator_error", ""),
        (502, "", ActionKind.IN_DOUBT, "outcome_unknown", ""),
        (503, "", ActionKind.SAME_ROUTE_LATER, "operator_congested", ""),
        (504, "", ActionKind.IN_DOUBT, "outcome_unknown", ""),
        (999, "", ActionKind.IN_DOUBT, "outcome_unknown", ""),
    ],
)
def test_what_an_answer_means(status: int, said: Any, kind: ActionKind | None, error_code: str, ident: str) -> None:
    judged = judge(JSON, status, told(said))
    assert (judged.action.kind if judged.action else None, judged.ident) == (kind, ident)
    assert (judged.action.error_code if judged.action else "") == error_code


@pytest.mark.parametrize(
    ("status", "kind", "error_code"),
    [
        (400, ActionKind.OTHER_ROUTE, "operator_rejected"),
        (401, ActionKind.CONFIG_ERROR, "route_credentials"),
        (404, ActionKind.CONFIG_ERROR, "route_protocol"),
        (413, ActionKind.FINAL, "content_too_long"),
        (429, ActionKind.SAME_ROUTE_LATER, "operator_congested"),
    ],
)
def test_a_status_without_a_line_of_its_own(status: int, kind: ActionKind, error_code: str) -> None:
    action = judge(PLAIN, status, told("")).action
    assert action is not None
    assert (action.kind, action.error_code) == (kind, error_code)


def test_plain_words() -> None:
    assert judge(PLAIN, 200, told("SENT | 1f0c-22\n"))[:2] == (None, "1f0c-22")
    throttled = judge(PLAIN, 200, told("FAIL | 40")).action
    assert throttled is not None
    assert not throttled.counts_as_try
    assert judge(PLAIN, 200, told("hello")).action is IN_DOUBT


def test_the_operators_own_words_are_told_and_its_parts_counted() -> None:
    refused = judge(JSON, 200, told({"status": "no", "error": {"code": 1001, "words": "bad number"}}))
    assert refused.detail == "HTTP 200 1001 bad number"
    assert judge(JSON, 200, told(OK)).parts == 2


SEVERAL = AnswerMap((), read_place("id"), read_place("code"), items_at=read_path("results"), codes=JSON.codes)
BY_REFERENCE = replace(SEVERAL, item_reference_at=read_path("ref"))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_answers_that_are_not_as_many_as_the_messages_name_none_of_them(count: int) -> None:
    said = {"results": [{"id": number} for number in range(count)]}
    judged = judge_many(SEVERAL, 200, told(said), ["a", "b"])
    assert [each.action for each in judged] == [IN_DOUBT, IN_DOUBT]
    assert f"{count} answers for 2 messages" in judged[0].detail


@pytest.mark.parametrize(
    ("items", "idents"),
    [
        ([{"ref": "b", "id": 2}, {"ref": "c", "id": 3}, {"ref": "a", "id": 1}], ["1", "2", "3"]),
        ([{"ref": "c", "id": 3}], [IN_DOUBT, IN_DOUBT, "3"]),
        ([{"ref": "a", "id": 1}, {"id": 2}, {"ref": "x", "id": 3}], ["1", IN_DOUBT, IN_DOUBT]),
        ([{"ref": "a", "id": 1}, {"ref": "a", "id": 2}, "?", {"ref": "c", "id": 3}], [IN_DOUBT, IN_DOUBT, "3"]),
    ],
    ids=["reordered", "omitted", "strange", "twice"],
)
def test_answers_are_matched_by_our_reference_where_they_repeat_it(items: list[Any], idents: list[Any]) -> None:
    judged = judge_many(BY_REFERENCE, 200, told({"results": items}), ["a", "b", "c"])
    assert [each.action or each.ident for each in judged] == idents


def test_each_message_of_a_request_has_its_own_answer() -> None:
    said = {"results": [{"id": 1}, {"code": "1001"}]}
    judged = judge_many(SEVERAL, 200, told(said), ["a", "b"])
    assert [each.action.kind if each.action else None for each in judged] == [None, "final"]
    assert [each.action for each in judge_many(SEVERAL, 200, told("{}"), ["a", "b"])] == [IN_DOUBT, IN_DOUBT]
    throttled = judge_many(SEVERAL, 429, told("{}"), ["a", "b"])
    assert [each.action.kind for each in throttled if each.action] == ["final", "final"]
