"""Two of every process against one database: shares of routes, messages over both, and one machine that dies."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from messaging.statuses import Status
from tests.fixtures.stack import Stack
from tests.scale.second import Second
from tests.stack.api import Client, control
from tests.stack.test_api_spine import assert_books_are_exact, batch, until_final
from tests.waiting import until

SHARES = "SELECT route_id, lane, holder, binds, tps FROM route_shares"
CONTRACT = "SELECT id, lane, binds FROM ({}) r WHERE binds > 0".format(
    "SELECT id, 'bulk' AS lane, binds FROM routing_route WHERE state <> 'disabled'"
    " UNION ALL SELECT id, 'otp', otp_binds FROM routing_route WHERE state <> 'disabled'"
)
SETTLED_WITHIN_S = 60.0


class Watcher:
    """The most connections that the operator ever had, looked at all the time."""

    def __init__(self, stack: Stack) -> None:
        self.most = 0
        self._stack = stack
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        while not self._end.is_set():
            self.most = max(self.most, control(self._stack, "")["connections"])
            self._end.wait(0.02)

    def stop(self) -> int:
        self._end.set()
        self._thread.join()
        return self.most


def contract(stack: Stack) -> dict[tuple[int, str], int]:
    return {(route_id, lane): binds for route_id, lane, binds in stack.rows(CONTRACT)}


def is_shared_out(stack: Stack, dispatchers: int) -> bool:
    """Whether so many dispatchers a lane have the whole contract between them, as evenly as binds are."""
    shares: dict[tuple[int, str], list[int]] = {}
    for route_id, lane, _, binds, _ in stack.rows(SHARES):
        shares.setdefault((route_id, lane), []).append(binds)
    return shares.keys() == contract(stack).keys() and all(
        (len(shares[key]), sum(shares[key]), max(shares[key]) - min(shares[key]) <= 1) == (dispatchers, binds, True)
        for key, binds in contract(stack).items()
    )


def all_connections(stack: Stack) -> bool:
    found: int = control(stack, "")["connections"]
    return found == sum(contract(stack).values())


@pytest.fixture
def second(stack: Stack) -> Iterator[Second]:
    machine = Second(stack)
    until(lambda: is_shared_out(stack, 1) and all_connections(stack), SETTLED_WITHIN_S)
    try:
        yield machine
    finally:
        machine.stop()


def send_over_both(stack: Stack, second: Second, series: int) -> tuple[list[str], Counter[str]]:
    """A thousand messages to each web; their ids and how often the operator is to have each number."""
    clients = [Client.of(stack), second.client()]
    bodies: list[list[dict[str, Any]]] = [batch(stack, series), batch(stack, series + 1)]
    control(stack, f"arrivals?prefix=91982{series // 10}", {})
    answers = [
        client.send_until_kept("messages/batch", {"messages": body})
        for client, body in zip(clients, bodies, strict=True)
    ]
    idents = [result["id"] for answer in answers for result in answer["results"]]
    return idents, Counter(message["to"][1:] for body in bodies for message in body)


def arrived(stack: Stack, expected: Counter[str]) -> Counter[str]:
    found = Counter(destination for _, destination in control(stack, "arrivals")["arrivals"])
    return Counter({number: count for number, count in found.items() if number in expected})


def test_two_machines_deliver_each_message_once_over_no_more_binds_than_contracted(
    stack: Stack, second: Second
) -> None:
    watcher = Watcher(stack)
    try:
        second.start("dispatch", "dispatch-otp", "web", "worker")
        until(lambda: is_shared_out(stack, 2) and all_connections(stack), SETTLED_WITHIN_S)
        idents, expected = send_over_both(stack, second, 50)
        assert until_final(stack, idents) == {Status.DELIVERED: 2_000}
    finally:
        most = watcher.stop()
    assert arrived(stack, expected) == expected
    assert most == sum(contract(stack).values())
    assert_books_are_exact(stack)


def test_what_a_killed_dispatcher_had_is_with_the_other_one_in_seconds(stack: Stack, second: Second) -> None:
    second.start("dispatch", "dispatch-otp", "web")
    until(lambda: is_shared_out(stack, 2) and all_connections(stack), SETTLED_WITHIN_S)
    idents, expected = send_over_both(stack, second, 60)
    second.kill("dispatch")
    second.kill("dispatch-otp")
    until(lambda: is_shared_out(stack, 1), 10)
    assert until_final(stack, idents) == {Status.DELIVERED: 2_000}
    # What was in the windows of the killed one is in doubt: it is sent again, and charged once.
    found = arrived(stack, expected)
    assert (found.keys(), max(found.values()) <= 2) == (expected.keys(), True)
    assert_books_are_exact(stack)


def test_two_workers_expand_one_campaign_and_nobody_gets_it_twice(stack: Stack, second: Second) -> None:
    second.start("worker")
    until(lambda: second.says("worker", "second@"), 60)
    people = 9_000
    slug = stack.demo["tenants"][0]["slug"]
    code = (
        f"from bench.campaign import launch, prepare; pair = prepare({slug!r}, {people}); launch(*pair); print(pair[1])"
    )
    done = stack.manage("shell", "--no-imports", "-c", code)
    assert done.returncode == 0, done.stderr
    campaign_id = done.stdout.split()[-1]
    counted = "SELECT count(*), count(DISTINCT recipient) FROM messages WHERE campaign_id = %s AND status = %s"
    until(lambda: stack.rows(counted, [campaign_id, Status.DELIVERED]) == [(people, people)], 240)
    assert second.says("worker", "expand_chunk")
    assert_books_are_exact(stack)


def test_a_second_beat_waits_for_the_first(stack: Stack, second: Second) -> None:
    second.start("beat")
    until(lambda: second.says("beat", "waiting to take over"), 60)
    assert second.running["beat"].poll() is None
