"""An aggregator on a socket: takes messages as JSON or as a form and obeys the numbers of docs/smsc-simulator.md."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import h11

from kernel.smpp.constants import CommandStatus
from kernel.smpp.receipt_writing import STAT_OF_STATE
from routing.smsc.behaviour import ONCE_STATUS, Behaviour, Decider, Once

REFUSALS: Final = {
    CommandStatus.RINVDSTADR: (400, "1001"),
    CommandStatus.RINVSRCADR: (400, "1002"),
    CommandStatus.RSYSERR: (500, "1003"),
    CommandStatus.RX_P_APPN: (400, "1004"),
    CommandStatus.RINVOPTPARAMVAL: (400, "1005"),
    CommandStatus.RINVMSGLEN: (413, "1006"),
    CommandStatus.RTHROTTLED: (429, "1007"),
    CommandStatus.RMSGQFUL: (503, "1008"),
}
JSON_ROUTE: Final[dict[str, Any]] = {
    "method": "POST",
    "shape": "json",
    "body": '{"to": "{to}", "from": "{from}", "text": "{text}", "reference": "{reference}",'
    ' "callback": "{callback_url}", "validity": "{validity_minutes:number}",'
    ' "dlt": {"entity": "{dlt_entity_id}", "template": "{dlt_template_id}"}}',
    "auth": "bearer",
    "inside": True,
    "accepted_when": "message.status = accepted",
    "id_at": "message.id",
    "code_at": "error.code",
    "words_at": "error.words",
    "error_map": "1001 = FINAL invalid_number\n1002 = FINAL sender_not_allowed\n1005 = FINAL dlt_parameters",
    "receipts_at": "receipts",
    "receipt_id_at": "id",
    "receipt_status_at": "status",
    "receipt_code_at": "error",
    "receipt_to_at": "to",
}
SECRET: Final = "a key of the tests"


@dataclass
class Fault:
    """Instead of an answer of its own: `hangs` for ever, cuts the line (`status` 0), or says what is given."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    hangs: bool = False


class Aggregator:
    """
    Args:
        tell: gets each receipt as it would be called back with; called in the loop.
    """

    def __init__(self, tell: Callable[[dict[str, Any]], None], *, password: str = SECRET) -> None:
        self._tell = tell
        self._password = password
        self._decider = Decider(1)
        self._ids = count(4_000_000_000)
        self._open: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.faults: deque[Fault] = deque()
        self.receipts = True
        self.taken: list[dict[str, Any]] = []
        self.connections = 0
        self.port = 0

    @property
    def settings(self) -> dict[str, Any]:
        return {**JSON_ROUTE, "url": f"http://127.0.0.1:{self.port}/v1/messages"}

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        state = h11.Connection(h11.SERVER)
        with suppress(ConnectionError, asyncio.CancelledError):
            while (asked := await self._read(state, reader)) is not None:
                fault = await self._meet(*asked)
                if not fault.status:
                    break
                body = fault.body.encode()
                head = h11.Response(
                    status_code=fault.status,
                    headers=[*fault.headers.items(), ("Content-Length", str(len(body)))],
                )
                said = [state.send(head), state.send(h11.Data(data=body)), state.send(h11.EndOfMessage())]
                writer.write(b"".join(octets for octets in said if octets))
                await writer.drain()
                state.start_next_cycle()
        self._open.discard(task)
        writer.transport.abort()

    async def _read(self, state: h11.Connection, reader: asyncio.StreamReader) -> tuple[h11.Request, bytes] | None:
        request, body = None, b""
        while True:
            event = state.next_event()
            if event is h11.NEED_DATA:
                state.receive_data(await reader.read(65_536))
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage) and request is not None:
                return request, body
            else:
                return None

    async def _meet(self, request: h11.Request, body: bytes) -> Fault:
        """What is said to a request."""
        headers = {name.decode(): value.decode() for name, value in request.headers}
        query = dict(parse_qsl(urlsplit(request.target.decode()).query))
        is_json = "json" in headers.get("content-type", "")
        message: dict[str, Any] = json.loads(body) if is_json else {**query, **dict(parse_qsl(body.decode()))}
        self.taken.append({"headers": headers, "target": request.target.decode(), **message})
        if self.faults:
            fault = self.faults.popleft()
            if fault.hangs:
                await asyncio.Event().wait()
            return fault
        if self._password and headers.get("authorization") != f"Bearer {self._password}":
            return Fault(401, body='{"error": {"code": "1009", "words": "who are you"}}')
        if "messages" in message:
            return Fault(200, body=json.dumps({"results": [self._take(each)[1] for each in message["messages"]]}))
        status, answer = self._take(message)
        if status is None:
            await asyncio.Event().wait()
        return Fault(status or 0, body=json.dumps(answer))

    def _take(self, message: dict[str, Any]) -> tuple[int | None, dict[str, Any]]:
        """HTTP's status, None for no answer and 0 for a line cut, and the answer."""
        behaviour = self._decider.decide(message["to"], 1.0)
        refused = behaviour.status or (ONCE_STATUS.get(behaviour.once, 0) if behaviour.once else 0)
        if refused:
            status, code = REFUSALS[CommandStatus(refused)]
            return status, {"error": {"code": code, "words": behaviour.summary}}
        if behaviour.once is Once.DISCONNECT:
            return 0, {}
        ident = next(self._ids)
        if self.receipts:
            self._promise(message["to"], ident, behaviour)
        # A number, as some aggregators have it.
        answer = {"message": {"status": "accepted", "id": ident}}
        return 200 if behaviour.is_answered else None, answer

    def _promise(self, recipient: str, ident: int, behaviour: Behaviour) -> None:
        states = ["ENROUTE"] if behaviour.is_enroute_first else []
        for stat in [*states, *[STAT_OF_STATE[behaviour.state]] * behaviour.copies]:
            receipt = {"id": ident, "status": stat, "error": behaviour.err, "to": recipient}
            if behaviour.is_before_response:
                self._tell(receipt)
            else:
                asyncio.get_running_loop().call_later(behaviour.delay_s, self._tell, receipt)


@asynccontextmanager
async def aggregating(tell: Callable[[dict[str, Any]], None]) -> AsyncIterator[Aggregator]:
    aggregator = Aggregator(tell)
    await aggregator.start()
    try:
        yield aggregator
    finally:
        await aggregator.stop()
