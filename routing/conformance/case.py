"""A provider to be proven, and what tells and hears in its stories."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from kernel.telecom.segments import Encoding, encode_part, segment
from routing.contract import (
    BindState,
    IncomingMessage,
    IncomingReceipt,
    LinkHandler,
    Outgoing,
    Provider,
    RouteConfig,
    Stride,
    SubmitResult,
    Unreadable,
)

TIMEOUT_S: Final = 10.0


class Configure(Protocol):
    """Makes the configuration that leads to the operator; `changes` are fields of RouteConfig."""

    def __call__(self, **changes: Any) -> RouteConfig: ...


@dataclass(frozen=True)
class Case:
    """A provider, and how to have an operator for it that obeys the numbers of docs/smsc-simulator.md.

    Args:
        operator: runs the operator while it is entered. It gets whoever hears of the link: an operator whose receipts
            come another way than over the link (a callback, a file) hands them over itself, as `on_receipts`.
        settings: a filled-in settings form, secrets too.
    """

    provider: Provider
    operator: Callable[[LinkHandler], AbstractAsyncContextManager[Configure]]
    settings: Mapping[str, Any] = field(repr=False)


def make_config(**changes: Any) -> RouteConfig:
    """A configuration with the simulator's settings; `changes` are fields of RouteConfig."""
    given: dict[str, Any] = {
        "route_id": 1,
        "name": "test",
        "settings": {"receipt_delay_ms": 0, "delivered_ratio": 1.0, "seed": 1},
        "secrets": {},
        "window": 100,
        "tps": 0,
        "lane": "bulk",
    }
    return RouteConfig(**{**given, **changes})


def outgoing(key: object = 1, recipient: str = "+919800000001", text: str = "Hello", **changes: Any) -> Outgoing:
    """A message as the dispatcher hands it to a link; `changes` are fields of Outgoing."""
    parts = segment(text)
    octets = tuple(encode_part(part, parts.encoding) for part in parts.parts)
    coding = 8 if parts.encoding is Encoding.UCS2 else 0
    return Outgoing(key, recipient, octets, len(octets) > 1, coding, 3600)._replace(**changes)


def stride(*messages: Outgoing, sender: str = "DAKIYA") -> Stride:
    return Stride(sender, messages)


class Ear:
    """A LinkHandler that keeps what it hears; `acks` says whether receipts are acknowledged at once."""

    def __init__(self, *, acks: bool = True) -> None:
        self.results: list[SubmitResult] = []
        self.receipts: list[IncomingReceipt] = []
        self.states: list[BindState] = []
        self.messages: list[IncomingMessage] = []
        self.unreadable: list[Unreadable] = []
        self._acks = acks
        self._news = asyncio.Event()

    def on_results(self, results: list[SubmitResult]) -> None:
        self.results += results
        self._news.set()

    def on_receipts(self, receipts: list[IncomingReceipt]) -> None:
        self.receipts += receipts
        if self._acks:
            for receipt in receipts:
                receipt.ack()
        self._news.set()

    def on_messages(self, messages: list[IncomingMessage]) -> None:
        self.messages += messages
        if self._acks:
            for message in messages:
                message.ack()
        self._news.set()

    def on_unreadable(self, pdu: Unreadable) -> None:
        self.unreadable.append(pdu)

    def on_state(self, state: BindState) -> None:
        self.states.append(state)
        self._news.set()

    async def until(self, condition: Callable[[], object], timeout_s: float = TIMEOUT_S) -> None:
        """Wait until `condition()` is true, asked anew whenever something is heard and a few times a second."""
        async with asyncio.timeout(timeout_s):
            while not condition():
                self._news.clear()
                try:
                    await asyncio.wait_for(self._news.wait(), 0.02)
                except TimeoutError:
                    continue
