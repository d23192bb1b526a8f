"""An HTTP route and an aggregator in one event loop, over a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any, Final

import pytest

from kernel.smpp.constants import Tag
from routing.contract import IN_DOUBT, NOT_SENT, ActionKind, BindStatus, Link
from routing.errors import RouteConfigProblem
from routing.providers.http import HttpProvider, Timing
from routing.providers.http.client import LONGEST_ANSWER
from routing.reaching import is_public
from routing.tests.builders import Ear, make_config, outgoing, stride
from tests.contracts.aggregator import JSON_ROUTE, SECRET, Aggregator, Fault, aggregating

ENTITY: Final = "1101172974420810001"
TEMPLATE: Final = "1107177660181979501"
CHAIN: Final = sha256(f"{ENTITY},1702000000000000077".encode()).hexdigest()
PLAIN: Final = {name: f"{{{name}}}" for name in ("to", "from", "text", "reference")} | {"callback": "{callback_url}"}
FAST = Timing(retry=0.02, retry_longest=0.05)
Story = Callable[[Link, Ear, Aggregator], Awaitable[None]]


def play(story: Story, *, settings: dict[str, Any] | None = None, secret: str = SECRET, **changes: Any) -> None:
    async def run() -> None:
        ear = Ear()
        async with aggregating(lambda receipt: None) as aggregator:
            given = {**aggregator.settings, **(settings or {})}
            config = make_config(settings=given, secrets={"password": secret}, **changes)
            link = await HttpProvider(FAST).open(config, ear)
            try:
                await ear.until(lambda: link.gauge().binds_up)
                await story(link, ear, aggregator)
            finally:
                await link.close()

    asyncio.run(run())


def many(count: int) -> list[Any]:
    return [outgoing(number, f"+9198{number:08d}") for number in range(count)]


async def submitted(link: Link, ear: Ear, *faults: Fault, aggregator: Aggregator) -> list[Any]:
    """The actions of as many messages as there are faults."""
    aggregator.faults.extend(faults)
    link.submit(stride(*many(len(faults))))
    await ear.until(lambda: len(ear.results) == len(faults))
    return [result.action for result in ear.results]


def test_connections_are_kept_and_never_more_than_the_window() -> None:
    async def story(link: Link, ear: Ear, aggregator: Aggregator) -> None:
        link.submit(stride(*many(60)))
        await ear.until(lambda: len(ear.results) == 60)
        assert [result.action for result in ear.results] == [None] * 60
        assert aggregator.connections <= 4
        assert {message["from"] for message in aggregator.taken} == {"DAKIYA"}

    play(story, window=2, binds=2)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(0),
        Fault(200, body="<html>It works!</html>"),
        Fault(200, body='{"message": '),
        Fault(200, body="x" * (LONGEST_ANSWER + 1)),
        Fault(504),
    ],
    ids=["cut", "html", "half", "endless", "gateway"],
)
def test_what_may_have_arrived_is_in_doubt(fault: Fault) -> None:
    async def story(link: Link, ear: Ear, aggregator: Aggregator) -> None:
        assert await submitted(link, ear, fault, aggregator=aggregator) == [IN_DOUBT]
        assert link.gauge().binds_up == 1

    play(story)


def test_without_an_answer_in_time_a_message_is_in_doubt_and_the_next_one_goes() -> None:
    async def story(link: Link, ear: Ear, aggregator: Aggregator) -> None:
        assert await submitted(link, ear, Fault(hangs=True), aggregator=aggregator) == [IN_DOUBT]
        assert "no answer within 1 s" in ear.results[0].detail
        link.submit(stride(outgoing("next")))
        await ear.until(lambda: len(ear.results) == 2)
        assert ear.results[1].action is None

    play(story, settings={"answer_s": 1})


def test_too_many_requests_pause_the_route_as_long_as_it_is_asked_to() -> None:
    async def story(link: Link, ear: Ear, aggregator: Aggregator) -> None:
        busy = Fault(429, {"Retry-After": "7"}, '{"error": {"code": "1007"}}')
        actions = await submitted(link, ear, busy, aggregator=aggregator)
        assert (actions[0].error_code, actions[0].counts_as_try) == ("operator_congested", False)
        assert link.room == 0
        wait = link.next_room_s()
        assert wait is not None
        assert 6 < wait <= 7
        link.submit(stride(outgoing("later")))
        assert link.gauge().queued == 1

    play(story)


def test_a_full_window_promises_no_room_before_an_answer() -> None:
    async def story(link: Link, ear: Ear, aggregator: Aggregator) -> None:
        aggregator.faults.append(Fault(hangs=True))
        link.submit(stride(outgoing("long", text="x" * 400), *many(3)))
        assert (link.room, link.next_room_s()) == (0, None)
        await ear.until(lambda: len(ear.results) == 3)
        assert link.gauge().window_used == 3

    play(story, window=3)


def test_a_refused_login_is_a_fault_of_the_settings() -> None:
    async def story(link: Link, ear: Ear, aggregator: Aggregator) -> None:
        link.submit(stride(outgoing()))
        await ear.until(lambda: ear.results)
        action = ear.results[0].action
        assert action is not None
        assert (action.kind, action.error_code) == (ActionKind.CONFIG_ERROR, "route_credentials")
        assert ear.results[0].detail == "HTTP 401 1009 who are you"

    play(story, secret="another")


def test_redirects_are_not_followed() -> None:
    async def story(link: Link, ear: Ear, aggregator: Aggregator) -> None:
        there = Fault(307, {"Location": "http://169.254.169.254/latest"})
        actions = await submitted(link, ear, there, aggregator=aggregator)
        assert actions[0].kind is ActionKind.CONFIG_ERROR
        assert len(aggregator.taken) == 1

    play(story)


def test_where_nobody_listens_nothing_was_sent_and_the_line_comes_back_by_itself() -> None:
    async def story(link: Link, ear: Ear, aggregator: Aggregator) -> None:
        await aggregator.stop()
        link.submit(stride(*many(3)))
        await ear.until(lambda: len(ear.results) == 3 and link.gauge().binds_up == 0)
        # The one on the connection that was kept may have been lost on its way.
        assert [result.action for result in ear.results].count(NOT_SENT) >= 2
        assert link.room == 0
        assert "no connection to 127.0.0.1" in link.gauge().note
        await aggregator.start(aggregator.port)
        await ear.until(lambda: link.gauge().binds_up)
        assert ear.states[-1].status is BindStatus.BOUND
        link.submit(stride(outgoing("back")))
        await ear.until(lambda: len(ear.results) == 4)
        assert ear.results[-1].action is None

    play(story)


def test_closing_leaves_what_is_written_in_doubt_and_the_rest_unsent() -> None:
    async def story(link: Link, ear: Ear, aggregator: Aggregator) -> None:
        aggregator.faults.append(Fault(hangs=True))
        link.submit(stride(*many(1)))
        await ear.until(lambda: aggregator.taken)
        link.submit(stride(outgoing("queued", text="x" * 400)))
        await link.close()
        assert [result.action for result in ear.results] == [NOT_SENT] * 3 + [IN_DOUBT]

    play(story, window=1)


def test_many_messages_share_a_request_of_one_sender() -> None:
    async def story(link: Link, ear: Ear, aggregator: Aggregator) -> None:
        assert link.room == 20
        link.submit(stride(*many(12)))
        link.submit(stride(outgoing("other"), sender="OTHERS"))
        await ear.until(lambda: len(ear.results) == 13)
        sent = sorted((request["from"], len(request["messages"])) for request in aggregator.taken)
        assert sent == [("DAKIYA", 2), ("DAKIYA", 10), ("OTHERS", 1)]
        assert len({result.operator_id for result in ear.results}) == 13

    several = {
        "batch_size": 10,
        "body": '{"from": "{from}", "messages": "{messages}"}',
        "item": '{"to": "{to}", "text": "{text}"}',
        "items_at": "results",
    }
    play(story, settings=several, window=2)


def test_an_answer_that_counts_other_parts_is_told_to_staff() -> None:
    async def story(link: Link, ear: Ear, aggregator: Aggregator) -> None:
        two = Fault(200, body='{"message": {"status": "accepted", "id": 1, "parts": 2}}')
        assert await submitted(link, ear, two, aggregator=aggregator) == [None]
        assert link.gauge().note == "the aggregator counts 2 parts where 1 were priced"

    play(story, settings={"parts_at": "message.parts"})


def test_a_sender_that_is_no_number_does_not_stop_the_others() -> None:
    async def story(link: Link, ear: Ear, aggregator: Aggregator) -> None:
        link.submit(stride(outgoing("bad")))
        link.submit(stride(outgoing("good"), sender="4711"))
        await ear.until(lambda: len(ear.results) == 2)
        action = {result.key: result.action for result in ear.results}
        assert action["good"] is None
        assert action["bad"] is not None
        assert action["bad"].kind is ActionKind.FINAL

    play(story, settings={"body": '{"to": "{to}", "from": "{from:number}"}'})


def test_private_addresses_are_refused_unless_the_settings_say_so() -> None:
    async def run() -> str:
        ear = Ear()
        given = {**JSON_ROUTE, "url": "https://localhost:1/", "inside": False}
        link = await HttpProvider(FAST).open(make_config(settings=given, secrets={}), ear)
        await ear.until(lambda: ear.states[-1:] and ear.states[-1].status is BindStatus.DOWN)
        await link.close()
        return link.gauge().note

    assert "inside a private network" in asyncio.run(run())


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "::1",
        "fe80::1%eth0",
        "::ffff:10.0.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "fc00::1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "224.0.0.1",
    ],
)
def test_addresses_that_are_not_the_internets(address: str) -> None:
    assert not is_public(address)
    assert is_public("8.8.8.8")
    assert is_public("2606:4700::1111")


def test_settings_that_cannot_work_are_refused_by_field() -> None:
    config = make_config(settings={**JSON_ROUTE, "url": "https://example.com", "body": "{"}, secrets={})
    with pytest.raises(RouteConfigProblem, match="body: this is no JSON"):
        asyncio.run(HttpProvider().open(config, Ear()))


@pytest.mark.parametrize("shape", ["json", "form", "query"])
def test_registered_ids_and_the_chains_hash_are_seen_at_the_aggregator(shape: str) -> None:
    told = PLAIN | {"pe": "{dlt_entity_id}", "ct": "{dlt_template_id}", "chain": "{dlt_chain}"}
    lines = "\n".join(f"{name} = {value}" for name, value in told.items())
    settings = {"shape": shape, "body": json.dumps(told) if shape == "json" else lines}
    ids = {Tag.DLT_ENTITY_ID: ENTITY, Tag.DLT_TEMPLATE_ID: TEMPLATE, Tag.DLT_CHAIN_HASH: CHAIN}

    async def story(link: Link, ear: Ear, aggregator: Aggregator) -> None:
        tlvs = tuple((int(tag), value.encode()) for tag, value in ids.items())
        link.submit(stride(outgoing(0, "+919876543210", tlvs=tlvs)))
        await ear.until(lambda: len(ear.results) == 1)
        (taken,) = aggregator.taken
        assert (taken["pe"], taken["ct"], taken["chain"]) == (ENTITY, TEMPLATE, CHAIN)

    play(story, settings=settings)


def test_without_a_chain_no_field_of_it_is_sent_to_the_aggregator() -> None:
    async def story(link: Link, ear: Ear, aggregator: Aggregator) -> None:
        link.submit(stride(outgoing(0, "+919876543210")))
        await ear.until(lambda: len(ear.results) == 1)
        assert "chain" not in aggregator.taken[0]

    play(story, settings={"shape": "json", "body": json.dumps(PLAIN | {"chain": "{dlt_chain}"})})
