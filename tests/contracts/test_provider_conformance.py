"""Every kind of route that is installed keeps the contract: the stories of routing.conformance, told with each."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from routing.callbacks import Callback
from routing.conformance import Case, Configure, Story, make_config, stories
from routing.contract import IncomingReceipt, LinkHandler
from routing.providers.http import HttpProvider, Timing
from routing.providers.simulator import SimulatorProvider
from routing.providers.smpp import SmppProvider
from routing.registry import providers
from routing.smsc.server import Simulator
from routing.smsc.settings import Settings
from routing.tests.builders import smpp_config
from routing.tests.stage import FAST
from tests.contracts.aggregator import JSON_ROUTE, SECRET, aggregating


@asynccontextmanager
async def smpp_operator(handler: LinkHandler) -> AsyncIterator[Configure]:
    smsc = Simulator(settings=Settings(receipt_delay_ms=0))
    await smsc.start(control_port=None)
    yield lambda **changes: smpp_config(smsc.port, **changes)
    await smsc.stop()


@asynccontextmanager
async def no_operator(handler: LinkHandler) -> AsyncIterator[Configure]:
    yield make_config


@asynccontextmanager
async def http_operator(handler: LinkHandler) -> AsyncIterator[Configure]:
    """Its receipts are called back; they are read as they would be behind the address, and handed over."""

    def tell(receipt: dict[str, Any]) -> None:
        call = Callback("POST", "", {}, json.dumps({"receipts": [receipt]}).encode(), "127.0.0.1")
        told = HttpProvider().read_callback(JSON_ROUTE, {}, call)
        handler.on_receipts([IncomingReceipt(each.receipt, each.recipient, "", lambda: None) for each in told])

    async with aggregating(tell) as aggregator:
        yield lambda **changes: make_config(settings=aggregator.settings, secrets={"password": SECRET}, **changes)


CASES = {
    "smpp": Case(
        SmppProvider(FAST),
        smpp_operator,
        {"host": "127.0.0.1", "port": 2775, "system_id": "dakiya", "password": "postman", "bind_as": "transceiver"},
    ),
    "http": Case(
        HttpProvider(Timing(retry=0.02, retry_longest=0.1)),
        http_operator,
        {**JSON_ROUTE, "url": "http://127.0.0.1:8080/v1/messages", "password": SECRET},
    ),
    "simulator": Case(SimulatorProvider(), no_operator, {"receipt_delay_ms": 0, "delivered_ratio": 1.0, "seed": 1}),
}


def test_every_installed_provider_is_put_to_the_test() -> None:
    assert set(providers()) == set(CASES)


@pytest.mark.parametrize("case", list(CASES.values()), ids=list(CASES))
@pytest.mark.parametrize("story", stories())
def test_it_keeps_the_contract(case: Case, story: Story) -> None:
    story(case)
