"""The control port of the simulator: a few JSON resources over plain HTTP/1.1, loopback's own trust."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from kernel.telecom.segments import TextRefused, normalise_text
from routing.smsc.centre import KEPT_MESSAGES
from routing.smsc.inspect import arrivals, messages
from routing.smsc.settings import SettingsRefused

if TYPE_CHECKING:
    from routing.smsc.server import Simulator

log: Final = logging.getLogger(__name__)

BODY_LIMIT: Final = 64 * 1024
REQUEST_TIMEOUT_S: Final = 10.0
LONGEST_TEXT: Final = 1_000
_ADDRESS: Final = re.compile(r"[A-Za-z0-9+-]{1,20}").fullmatch
_REASONS: Final = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 422: "Unprocessable"}


class Refusal(Exception):
    """Answered as JSON {"error": …}."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


Handler = Callable[[dict[str, str], Any], Any]


class Control:
    """The resources; see docs/smsc-simulator.md."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._routes: dict[str, dict[str, Handler]] = {
            "/": {"GET": lambda query, body: simulator.status()},
            "/messages": {"GET": self._messages, "POST": self._send},
            "/arrivals": {"GET": self._arrivals, "POST": self._watch},
            "/settings": {"GET": lambda query, body: simulator.centre.settings.as_dict(), "POST": self._settings},
            "/reset": {"POST": lambda query, body: simulator.reset()},
            "/disconnect": {"POST": lambda query, body: {"disconnected": simulator.disconnect()}},
        }

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request per connection."""
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                status, answer = await self._answer(reader)
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError):
            status, answer = 400, {"error": "this port speaks HTTP/1.1 with JSON; SMPP is on the other one"}
        octets = json.dumps(answer, indent=1).encode() + b"\n"
        head = (
            f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(octets)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(head.encode("ascii") + octets)
        try:
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        except ConnectionError:
            log.debug("the client of the control port left before its answer")

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[int, Any]:
        method, target, body = await _read(reader)
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        methods = self._routes.get(parts.path.rstrip("/") or "/")
        try:
            if methods is None:
                raise Refusal(404, f"nothing at {parts.path}; there are {', '.join(self._routes)}")
            if method not in methods:
                raise Refusal(405, f"{parts.path} takes {', '.join(methods)}")
            return 200, methods[method](query, body)
        except SettingsRefused as problem:
            return 422, {"error": str(problem)}
        except Refusal as refusal:
            return refusal.status, {"error": str(refusal)}

    def _messages(self, query: dict[str, str], body: Any) -> Any:
        text = query.get("limit", "50")
        if not text.isdecimal() or not 1 <= int(text) <= KEPT_MESSAGES:
            raise Refusal(422, f"limit is {text!r}: 1 to {KEPT_MESSAGES}")
        return {"messages": messages(self._simulator.centre.received, int(text))}

    def _send(self, query: dict[str, str], body: bytes) -> Any:
        given = _object(body, 'like {"from": "919876543210", "to": "56767", "text": "STOP"}')
        source, destination, text = (given.get(name, "") for name in ("from", "to", "text"))
        for name, address in (("from", source), ("to", destination)):
            if not (isinstance(address, str) and _ADDRESS(address)):
                raise Refusal(422, f"{name} is {address!r}: 1 to 20 letters, digits, plus or hyphens")
        if not (isinstance(text, str) and 0 < len(text) <= LONGEST_TEXT):
            raise Refusal(422, f"text is to be 1 to {LONGEST_TEXT} characters")
        account = given.get("system_id")
        if account is not None and not isinstance(account, str):
            raise Refusal(422, "system_id is the name of an account")
        try:
            text = normalise_text(text)
            sent = self._simulator.centre.send_text(source=source, destination=destination, text=text, account=account)
        except TextRefused as problem:
            raise Refusal(422, str(problem)) from None
        return {"deliver_sm": sent}

    def _arrivals(self, query: dict[str, str], body: Any) -> Any:
        centre = self._simulator.centre
        return {"arrivals": arrivals(centre.arrivals, centre.watched.decode("ascii"))}

    def _watch(self, query: dict[str, str], body: bytes) -> Any:
        prefix = query.get("prefix", "")
        if not (prefix.isascii() and prefix.isdecimal()):
            raise Refusal(422, f"prefix is {prefix!r}: the first digits of the destinations to watch")
        self._simulator.centre.watch(prefix)
        return {"prefix": prefix}

    def _settings(self, query: dict[str, str], body: bytes) -> Any:
        changes = _object(body, 'like {"delivered_ratio": 0.9}')
        centre = self._simulator.centre
        centre.change(centre.settings.changed(changes))
        log.info("settings changed: %s", changes)
        return centre.settings.as_dict()


def _object(body: bytes, example: str) -> dict[str, Any]:
    try:
        given = json.loads(body)
    except ValueError:
        raise Refusal(400, "the body is no JSON") from None
    if not isinstance(given, dict):
        raise Refusal(422, f"the body is no object {example}")
    return given


async def _read(reader: asyncio.StreamReader) -> tuple[str, str, bytes]:
    """Method, target and body of one request. Raises ValueError when it is no HTTP request of ours."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, target, _version = first.split(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(headers.get("content-length", "0"))
    if not 0 <= length <= BODY_LIMIT:
        raise ValueError("body too large")
    return method, target, await reader.readexactly(length)
