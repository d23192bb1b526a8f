"""Routes, configurations and messages for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from kernel.telecom.segments import Encoding, encode_part, segment
from routing.contract import BindState, IncomingReceipt, Outgoing, RouteConfig, Stride, SubmitResult
from routing.models import Route
from routing.services.routes import RouteDraft, RouteTerms, create_route
from routing.statuses import RouteState

TIMEOUT_S = 10.0


def make_route(name: str = "Operator A", *, state: RouteState = RouteState.ENABLED, **terms: Any) -> Route:
    settings = {"host": "127.0.0.1", "port": 2776, "system_id": "dakiya", "bind_as": "transceiver"}
    draft = RouteDraft(name, "smpp", settings, {"password": "postman"}, RouteTerms(**terms))
    return create_route(draft=draft, state=state)


def make_config(**changes: Any) -> RouteConfig:
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


def smpp_config(port: int, **changes: Any) -> RouteConfig:
    settings = {"host": "127.0.0.1", "port": port, "system_id": "dakiya", "bind_as": "transceiver"}
    extra = changes.pop("settings", {})
    return make_config(settings={**settings, **extra}, secrets={"password": "postman"}, **changes)


def outgoing(key: object = 1, recipient: str = "+919800000001", text: str = "Hello", **changes: Any) -> Outgoing:
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
