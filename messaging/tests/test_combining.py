from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connections

from kernel.db.tenancy import tenant_context
from messaging.drafts import Outcome
from messaging.models import Message
from messaging.services import combining
from messaging.services.combining import Combiner, CreditShort, Submission, decide
from messaging.services.idempotency import IdempotencyMismatch, Remembered, asked
from messaging.statuses import Source
from messaging.tests.world import ASHA, RAVI, World, draft, make_world
from tests.waiting import until

TENANT, OTHER = uuid4(), uuid4()
by_api = partial(decide, source=Source.API)


def told(outcomes: Sequence[Outcome]) -> Remembered:
    """Id and price of each; or the code of its refusal."""
    return Remembered(200, [[str(o.id), o.refusal.code if o.refusal else o.price_micros] for o in outcomes])


def to(recipient: str, key: str | None = None) -> Submission:
    request = asked(key=key, body=recipient.encode()) if key else None
    return Submission([draft(recipient)], told, request)


class Rounds:
    """Work without a database: answers each submission with its recipient, and holds the first round open."""

    def __init__(self, spoilt: Callable[[str], Exception | None] = lambda recipient: None) -> None:
        self.seen: list[tuple[UUID, list[str]]] = []
        self.opened, self.spoilt = threading.Event(), spoilt
        self.combiner = Combiner(self, most=4)

    def __call__(self, tenant_id: UUID, submissions: Sequence[Submission]) -> list[Remembered]:
        recipients = [one.drafts[0].recipient for one in submissions]
        self.seen.append((tenant_id, recipients))
        if recipients == ["first"]:
            assert self.opened.wait(10)
        for error in map(self.spoilt, recipients):
            if error is not None:
                raise error
        return [Remembered(200, recipient) for recipient in recipients]

    def queue(self, pool: ThreadPoolExecutor, *submissions: Submission) -> list[Future[Remembered]]:
        """Submit them in order while a round of `first` is under way, then let it end."""
        first = pool.submit(self.combiner.submit, TENANT, to("first"))
        until(lambda: self.seen)
        futures = [first]
        for number, submission in enumerate(submissions, start=1):
            futures.append(pool.submit(self.combiner.submit, TENANT, submission))
            until(lambda expected=number: len(self.combiner._lanes[TENANT].waiting) == expected)  # type: ignore[misc]  # mypy cannot type a lambda's default
        self.opened.set()
        return futures


@pytest.fixture
def pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(16)


def test_what_arrives_during_a_round_shares_the_next_one_up_to_its_bound(pool: ThreadPoolExecutor) -> None:
    rounds = Rounds()
    futures = rounds.queue(pool, *map(to, "abcdef"))
    assert [future.result(10).answer for future in futures] == ["first", *"abcdef"]
    assert [recipients for _, recipients in rounds.seen] == [["first"], [*"abcd"], [*"ef"]]


def test_a_lone_message_leaves_nothing_to_linger_for() -> None:
    rounds = Rounds()
    assert rounds.combiner.submit(TENANT, to("a")).answer == "a"
    assert rounds.combiner._lanes == {}


def test_a_round_waits_for_those_that_the_last_one_answered(
    pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = Rounds()
    for future in rounds.queue(pool, *map(to, "abc")):
        future.result(10)
    monkeypatch.setattr(combining, "LINGER_S", 10.0)
    monkeypatch.setattr(combining, "RETURN_S", 10.0)
    for future in [pool.submit(rounds.combiner.submit, TENANT, to(recipient)) for recipient in "def"]:
        future.result(10)
    assert [sorted(recipients) for _, recipients in rounds.seen] == [["first"], [*"abc"], [*"def"]]


def test_another_tenant_neither_waits_nor_shares_a_round(pool: ThreadPoolExecutor) -> None:
    rounds = Rounds()
    pool.submit(rounds.combiner.submit, TENANT, to("first"))
    until(lambda: rounds.seen)
    assert rounds.combiner.submit(OTHER, to("theirs")).answer == "theirs"
    assert rounds.seen == [(TENANT, ["first"]), (OTHER, ["theirs"])]
    rounds.opened.set()


def test_one_that_spoils_a_round_fails_alone(pool: ThreadPoolExecutor) -> None:
    rounds = Rounds(lambda recipient: ValueError("bad") if recipient == "b" else None)
    _, a, b, c = rounds.queue(pool, *map(to, "abc"))
    assert (a.result(10).answer, c.result(10).answer) == ("a", "c")
    with pytest.raises(ValueError, match="bad"):
        b.result(10)


def test_a_round_that_the_database_did_not_answer_is_not_done_again(pool: ThreadPoolExecutor) -> None:
    rounds = Rounds(lambda recipient: OperationalError("gone") if recipient == "b" else None)
    futures = rounds.queue(pool, *map(to, "abc"))
    assert all(isinstance(future.exception(10), OperationalError) for future in futures[1:])
    assert [recipients for _, recipients in rounds.seen] == [["first"], [*"abc"]]


def test_a_repeated_key_waits_for_the_round_after(pool: ThreadPoolExecutor) -> None:
    rounds = Rounds()
    for future in rounds.queue(pool, to("a", "k1"), to("b", "k2"), to("a", "k1"), to("c")):
        future.result(10)
    assert [recipients for _, recipients in rounds.seen] == [["first"], ["a", "b"], ["a", "c"]]


@pytest.mark.django_db(transaction=True)
def test_threads_of_two_tenants_get_each_message_once_and_their_own_outcome() -> None:
    worlds, combiner = [make_world(), make_world()], Combiner(by_api)
    numbers = [f"+9198765{n:05}" for n in range(100)]

    def send(world: World, recipient: str) -> tuple[str, str]:
        try:
            ((ident, _),) = combiner.submit(world.tenant_id, to(recipient)).answer
            return recipient, ident
        finally:
            connections.close_all()

    with ThreadPoolExecutor(12) as threads:
        sent = [list(threads.map(partial(send, world), numbers)) for world in worlds]
    for world, answered in zip(worlds, sent, strict=True):
        with tenant_context(world.tenant_id):
            rows = [(row.recipient, str(row.id)) for row in Message.objects.all()]
        assert sorted(rows) == sorted(answered)


@pytest.mark.django_db(transaction=True)
def test_credit_that_covers_some_of_a_round_is_given_to_them(pool: ThreadPoolExecutor) -> None:
    world = make_world(rupees=1)  # six messages
    together = [to(ASHA) for _ in range(8)]
    with pytest.raises(CreditShort):
        by_api(world.tenant_id, together)
    answers = [code for one in together for ((_, code),) in [Combiner(by_api).submit(world.tenant_id, one).answer]]
    assert answers == [150_000] * 6 + ["insufficient_credit"] * 2


@pytest.mark.django_db
def test_keys_of_a_round_are_answered_from_memory_afterwards() -> None:
    world = make_world()
    asha, ravi, new = to(ASHA, "k1"), to(RAVI, "k2"), to("+919876543212")
    first = by_api(world.tenant_id, [asha, ravi])
    again = by_api(world.tenant_id, [new, ravi, asha])
    assert [again[2], again[1]] == first
    with tenant_context(world.tenant_id):
        assert Message.objects.count() == 3
    with pytest.raises(IdempotencyMismatch):
        by_api(world.tenant_id, [to(RAVI, "k1")])
