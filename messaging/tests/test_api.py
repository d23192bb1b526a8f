from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kernel.db.tenancy import tenant_context
from messaging.journeys import trace
from messaging.models import IdempotencyKey, Message, RefusalWords
from messaging.tests.world import ASHA, HEADER, RAVI, TEXT, UNIT, World, draft, make_world

pytestmark = pytest.mark.django_db
GOOD = {"to": ASHA, "from": HEADER, "text": TEXT}


@pytest.fixture
def world() -> World:
    return make_world()


def post(world: World, path: str, body: Any, **headers: str) -> Any:
    return Client().post(
        f"/api/v1/{path}",
        body if isinstance(body, (str, bytes)) else json.dumps(body),
        content_type="application/json",
        headers={**world.headers(), **headers},
    )


def get(world: World, path: str) -> Any:
    return Client().get(f"/api/v1/{path}", headers=world.headers())


def test_a_message_is_accepted_with_id_status_segments_and_price(world: World) -> None:
    response = post(world, "messages", GOOD)
    answer = response.json()
    assert response.status_code == 202
    assert {**answer, "id": ""} == {
        "id": "",
        "status": "accepted",
        "segments": 1,
        "price_micros": UNIT,
        "channel": "sms",
    }
    shown = get(world, f"messages/{answer['id']}").json()
    assert (shown["to"], shown["from"], shown["status"], shown["error"]) == (ASHA, HEADER, "accepted", None)


def test_sending_goes_past_what_only_pages_need_and_keeps_the_rest(world: World) -> None:
    sent, listed = post(world, "messages", GOOD), get(world, "messages")
    assert int(sent["Content-Length"]) == len(sent.content)
    assert sent["X-Content-Type-Options"] == listed["X-Content-Type-Options"] == "nosniff"
    assert (sent.has_header("Content-Security-Policy"), listed.has_header("Content-Security-Policy")) == (False, True)


def test_a_refused_message_is_a_problem_with_a_row_behind_it(world: World) -> None:
    response = post(world, "messages", {**GOOD, "from": "NOBODY"})
    problem = response.json()
    assert (response.status_code, problem["code"], response["Content-Type"]) == (
        422,
        "unknown_sender",
        "application/problem+json",
    )
    assert problem["remedy"]
    shown = get(world, f"messages/{problem['message_id']}").json()
    assert (shown["status"], shown["error"]["code"]) == ("blocked", "unknown_sender")
    assert shown["final_at"] is not None


def test_no_credit_is_402_and_says_how_much_is_missing() -> None:
    response = post(make_world(rupees=0), "messages", GOOD)
    assert (response.status_code, response.json()["code"]) == (402, "insufficient_credit")
    assert "missing" in response.json()["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"from": HEADER, "text": TEXT}, "to"),
        ({"to": ASHA, "text": TEXT}, "from"),
        ({"to": ASHA, "from": HEADER}, "non_field_errors"),
        ({**GOOD, "template_id": "x", "variables": []}, "non_field_errors"),
        ({**GOOD, "text": "x" * 4000}, "text"),
        ({**GOOD, "class": "urgent"}, "class"),
        ({**GOOD, "send_at": "tomorrow"}, "send_at"),
        ({"to": ASHA, "from": HEADER, "template_id": "x", "variables": "Asha"}, "variables"),
        ({"to": ASHA, "from": HEADER, "template_id": "x", "variables": [["Asha"]]}, "variables"),
    ],
)
def test_an_unusable_field_is_named(world: World, body: dict[str, Any], field: str) -> None:
    response = post(world, "messages", body)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_request")
    assert list(response.json()["errors"]) == [field]


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"", b"[1]", b'"text"', b"null"])
def test_a_body_that_is_no_object_is_a_problem_not_a_crash(world: World, body: bytes) -> None:
    response = post(world, "messages", body)
    assert response.status_code == 400
    assert response.json()["remedy"]


def test_a_text_with_nul_is_refused_with_words(world: World) -> None:
    response = post(world, "messages", {**GOOD, "text": "Dear\x00Asha"})
    assert response.status_code in {400, 422}
    assert response.json()["remedy"]


def test_a_batch_answers_in_order_each_for_itself(world: World) -> None:
    messages = [GOOD, {**GOOD, "to": "12345"}, {"to": RAVI}, None, {**GOOD, "to": RAVI}]
    response = post(world, "messages/batch", {"messages": messages})
    results = response.json()["results"]
    assert response.status_code == 200
    assert [result.get("code", result.get("status")) for result in results] == [
        "accepted",
        "invalid_number",
        "invalid_request",
        "invalid_request",
        "accepted",
    ]
    assert "from" in results[2]["errors"]


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        ({"Accept": "image/png"}, 406, "not_acceptable"),
        ({"Authorization": "Token dk_live_x"}, 401, "token_malformed"),
    ],
)
def test_sending_refuses_as_every_other_method_does(
    world: World, headers: dict[str, str], status: int, code: str
) -> None:
    asked = Client().generic(
        "POST",
        "/api/v1/messages",
        json.dumps(GOOD),
        headers.get("Content-Type", "application/json"),
        headers={**world.headers(), **headers},
    )
    assert (asked.status_code, asked.json()["code"]) == (status, code)
    assert asked["Content-Type"] == "application/problem+json"
    assert asked.has_header("WWW-Authenticate") == (status == 401)


@pytest.mark.parametrize("messages", [[], "all", [GOOD] * 5001])
def test_an_empty_or_oversized_batch_is_refused(world: World, messages: Any) -> None:
    assert post(world, "messages/batch", {"messages": messages}).status_code == 400


def test_the_same_key_sends_once_and_answers_the_same(world: World) -> None:
    first = post(world, "messages", GOOD, **{"Idempotency-Key": "k1"})
    again = post(world, "messages", GOOD, **{"Idempotency-Key": "k1"})
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    with tenant_context(world.tenant_id):
        assert Message.objects.count() == 1


def test_a_key_used_for_another_request_is_a_conflict(world: World) -> None:
    post(world, "messages", GOOD, **{"Idempotency-Key": "k1"})
    other = post(world, "messages", {**GOOD, "to": RAVI}, **{"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_mismatch")


def test_a_refusal_is_remembered_under_its_key_too(world: World) -> None:
    bad = {**GOOD, "from": "NOBODY"}
    first = post(world, "messages", bad, **{"Idempotency-Key": "k2"})
    again = post(world, "messages", bad, **{"Idempotency-Key": "k2"})
    assert (again.status_code, again.json()["message_id"]) == (422, first.json()["message_id"])
    assert again["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel"])
def test_an_unusable_key_is_refused(world: World, key: str) -> None:
    response = post(world, "messages", GOOD, **{"Idempotency-Key": key})
    assert response.json()["code"] == "idempotency_key_invalid"
    with tenant_context(world.tenant_id):
        assert not IdempotencyKey.objects.exists()


def test_the_list_pages_by_keyset_newest_first(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ids = [str(outcome.id) for outcome in world.accept(*[draft()] * 5)]
    get(world, "messages")  # token and tenant are known from here on
    with django_assert_max_num_queries(8):
        page = get(world, "messages?limit=3").json()
    rest = get(world, page["next"].split("/api/v1/")[1]).json()
    assert [row["id"] for row in page["results"] + rest["results"]] == ids[::-1]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "bad_limit"),
        ("limit=201", "bad_limit"),
        ("limit=many", "bad_limit"),
        ("cursor=x", "bad_cursor"),
        ("status=blocked", "unknown_parameter"),
    ],
)
def test_a_bad_page_is_refused_with_words(world: World, query: str, code: str) -> None:
    response = get(world, f"messages?{query}")
    assert (response.status_code, response.json()["code"]) == (400, code)


def test_another_tenants_message_is_not_found_and_not_listed(world: World) -> None:
    ident = post(world, "messages", GOOD).json()["id"]
    other = make_world()
    response = get(other, f"messages/{ident}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert get(other, "messages").json()["results"] == []


def test_what_a_refused_message_was_told_is_told_again_by_api_list_and_journey(world: World) -> None:
    told = [post(world, "messages", {**GOOD, "text": text}).json() for text in ("Nothing like it.", "")]
    told.append(post(world, "messages", {**GOOD, "to": "12"}).json())
    listed = {each["id"]: each["error"] for each in get(world, "messages").json()["results"]}
    for problem in told:
        words = {name: problem[name] for name in ("code", "detail", "remedy")}
        assert get(world, f"messages/{problem['message_id']}").json()["error"] == words
        assert listed[problem["message_id"]] == words
        with tenant_context(world.tenant_id):
            journey = trace(UUID(problem["message_id"]))
        assert journey.explanation is not None
        assert (journey.explanation.sentence, journey.steps[0].detail) == (problem["detail"], problem["detail"])


def test_words_of_a_refusal_are_written_once_for_all_that_were_told_the_same(world: World) -> None:
    wrong = {**GOOD, "text": "Nothing like it."}
    results = post(world, "messages/batch", {"messages": [wrong, {**wrong, "to": RAVI}, GOOD]}).json()["results"]
    with tenant_context(world.tenant_id):
        (row,) = RefusalWords.objects.all()
        texts = Message.objects.get(id=row.id)
    assert sorted(str(each) for each in row.ids) == sorted(each["id"] for each in results[:2])
    assert (row.detail, row.remedy) == (results[0]["detail"], results[0]["remedy"])
    assert row.until == texts.accepted_at + timedelta(days=texts.retention_days)


def test_words_that_the_catalogue_knows_are_not_written(world: World) -> None:
    post(world, "messages", {**GOOD, "text": ""})
    with tenant_context(world.tenant_id):
        assert not RefusalWords.objects.exists()
