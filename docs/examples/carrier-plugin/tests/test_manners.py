"""What the contract leaves to the carrier."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from carrier import Carrier, carrier_config
from carrier_plugin import CarrierLink, CarrierProvider, Timing

from routing.conformance import Ear, make_config, outgoing, stride
from routing.contract import IN_DOUBT, BindStatus
from routing.errors import RouteConfigProblem

FAST = Timing(retry=0.02, retry_longest=0.05, answer=0.0)


def play(story: Callable[[CarrierLink, Ear, Carrier], Awaitable[None]], ear: Ear, key: str = "s3cret") -> None:
    async def run() -> None:
        carrier = Carrier()
        await carrier.start()
        link = await CarrierProvider(FAST).open(carrier_config(carrier, key), ear)
        try:
            await story(link, ear, carrier)
        finally:
            await link.close()
            await carrier.stop()

    asyncio.run(run())


def test_a_receipt_that_was_not_acknowledged_comes_again_on_the_next_connection() -> None:
    async def story(link: CarrierLink, ear: Ear, carrier: Carrier) -> None:
        await ear.until(lambda: link.room)
        link.submit(stride(outgoing()))
        await ear.until(lambda: ear.receipts)
        await carrier.stop()
        await ear.until(lambda: not link.room)
        await carrier.start(carrier.port)
        await ear.until(lambda: len(ear.receipts) == 2)
        ear.receipts[1].ack()
        await ear.until(lambda: not carrier.waiting)

    play(story, Ear(acks=False))


def test_without_an_answer_a_message_is_in_doubt() -> None:
    async def story(link: CarrierLink, ear: Ear, carrier: Carrier) -> None:
        carrier.is_silent = True
        await ear.until(lambda: link.room)
        link.submit(stride(outgoing(recipient="+919800909020")))
        await ear.until(lambda: ear.results)
        assert ear.results[0].action == IN_DOUBT

    play(story, Ear())


def test_a_refused_login_is_told() -> None:
    async def story(link: CarrierLink, ear: Ear, carrier: Carrier) -> None:
        await ear.until(lambda: ear.states[-1:] and ear.states[-1].status is BindStatus.REFUSED)
        assert "refuses the login" in link.gauge().note

    play(story, Ear(), key="another")


def test_settings_that_cannot_work_are_refused_by_field() -> None:
    with pytest.raises(RouteConfigProblem, match="port"):
        asyncio.run(CarrierProvider().open(make_config(settings={"host": "a", "account": "b"}), Ear()))
