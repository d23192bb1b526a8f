"""A thousand messages through the running product by API: all final, every receipt joined, the books exact."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest

from messaging.statuses import FINAL_FROM, Status
from tests.fixtures.stack import Stack
from tests.stack.api import Client
from tests.waiting import until

COUNT = 1_000
FINAL_WITHIN_S = 90.0


def batch(stack: Stack, series: int) -> list[dict[str, Any]]:
    """A thousand good messages to numbers that no other test uses."""
    tenant = stack.demo["tenants"][0]
    return [
        {"to": f"+91982{series:02}{number:05}", "from": tenant["sender"], "text": tenant["sample_text"]}
        for number in range(10_000, 10_000 + COUNT)
    ]


def statuses(stack: Stack, idents: list[str]) -> dict[int, int]:
    rows = stack.rows("SELECT status, count(*) FROM messages WHERE id = ANY(%s::uuid[]) GROUP BY status", [idents])
    return dict(rows)


def until_final(stack: Stack, idents: list[str]) -> dict[int, int]:
    def all_final() -> dict[int, int] | None:
        found = statuses(stack, idents)
        return found if sum(found.values()) == len(idents) and min(found) >= FINAL_FROM else None

    return until(all_final, FINAL_WITHIN_S)


def assert_books_are_exact(stack: Stack) -> None:
    done = stack.manage("audit_books")
    assert done.returncode == 0, done.stdout + done.stderr


def send(stack: Stack, series: int) -> list[str]:
    client = Client.of(stack)
    answer = client.send_until_kept("messages/batch", {"messages": batch(stack, series)})
    assert {result["status"] for result in answer["results"]} == {"accepted"}
    return [result["id"] for result in answer["results"]]


def test_a_thousand_messages_are_delivered_and_the_books_are_exact(stack: Stack) -> None:
    idents = send(stack, 10)
    assert until_final(stack, idents) == {Status.DELIVERED: COUNT}
    joined = stack.rows(
        "SELECT count(DISTINCT message_id) FROM operator_ids WHERE message_id = ANY(%s::uuid[])", [idents]
    )
    assert joined == [(COUNT,)]
    assert_books_are_exact(stack)


@pytest.mark.parametrize(("victim", "series"), [("dispatch", 11), ("worker", 12), ("smsc", 13), ("postgres", 14)])
def test_killing_a_process_in_the_middle_loses_nothing(stack: Stack, victim: str, series: int) -> None:
    first = send(stack, series)
    killed = stack.kill(victim)
    second = send(stack, series + 10)
    stack.wait_until_back(victim, killed=killed)
    found = until_final(stack, first + second)
    # What was in the window of a lost bind may have been sent twice, never less than once.
    assert found == {Status.DELIVERED: 2 * COUNT}
    assert_books_are_exact(stack)


def test_a_message_can_be_followed_by_its_sender_and_by_nobody_else(stack: Stack) -> None:
    tenant = stack.demo["tenants"][0]
    body = {"to": tenant["recipient"], "from": tenant["sender"], "text": tenant["sample_text"]}
    client = Client.of(stack)
    status, answer = client.call("messages", body)
    assert (status, answer["status"]) == (202, "accepted")
    until(lambda: client.call(f"messages/{answer['id']}")[1]["status"] == "delivered", 30)
    assert Client.of(stack, tenant=1).call(f"messages/{answer['id']}")[0] == 404


def test_a_message_posted_in_pieces_without_a_length_is_accepted(stack: Stack) -> None:
    """As some clients and proxies send bodies: with Transfer-Encoding instead of Content-Length."""
    body = json.dumps({"messages": batch(stack, 14)[:2]}).encode()
    headers = {"Authorization": f"Token {stack.demo['tenants'][0]['api_token']}", "Content-Type": "application/json"}
    with closing(http.client.HTTPConnection(urlsplit(stack.base_url).netloc, timeout=30)) as connection:
        connection.request("POST", "/api/v1/messages/batch", iter([body[:40], body[40:]]), headers, encode_chunked=True)
        results = json.load(connection.getresponse())["results"]
    assert [result["status"] for result in results] == ["accepted", "accepted"]
