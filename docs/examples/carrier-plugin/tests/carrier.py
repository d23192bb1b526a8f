"""A carrier to talk to, on a socket; it obeys the numbers of docs/smsc-simulator.md."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Any

from kernel.smpp.constants import CommandStatus, MessageState
from routing.conformance import Configure, make_config
from routing.contract import LinkHandler
from routing.smsc.behaviour import ONCE_STATUS, Behaviour, Decider, Once

WORDS = {
    CommandStatus.RINVDSTADR: "number",
    CommandStatus.RINVSRCADR: "sender",
    CommandStatus.RINVOPTPARAMVAL: "registration",
    CommandStatus.RINVMSGLEN: "length",
    CommandStatus.RTHROTTLED: "busy",
    CommandStatus.RMSGQFUL: "busy",
    CommandStatus.RSYSERR: "fault",
}
STATES = {
    MessageState.DELIVERED: "delivered",
    MessageState.UNDELIVERABLE: "failed",
    MessageState.DELETED: "failed",
    MessageState.EXPIRED: "expired",
    MessageState.REJECTED: "rejected",
    MessageState.UNKNOWN: "unknown",
}


class Carrier:
    def __init__(self, key: str = "s3cret") -> None:
        self._key = key
        self._decider = Decider(1)
        self._numbers = count(1)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.is_silent = False
        self.waiting: dict[int, dict[str, Any]] = {}
        self.port = 0

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
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        with suppress(ConnectionError, asyncio.CancelledError):
            login = json.loads(await reader.readline() or b"{}")
            if login.get("key") != self._key:
                say(writer, error="login")
            else:
                say(writer, welcome=True)
                for told in self.waiting.values():
                    say(writer, **told)
                while (octets := await reader.readline()) and self._hear(writer, json.loads(octets)):
                    pass
            await writer.drain()
        self._open.discard(task)
        writer.close()

    def _hear(self, writer: asyncio.StreamWriter, said: dict[str, Any]) -> bool:
        """False hangs up."""
        if "got" in said:
            self.waiting.pop(said["got"], None)
            return True
        behaviour = self._decider.decide(said["to"], 1.0)
        status = behaviour.status or (ONCE_STATUS.get(behaviour.once, 0) if behaviour.once else 0)
        if status:
            say(writer, answer=said["send"], error=WORDS.get(CommandStatus(status), "other"), words=behaviour.summary)
            return True
        if behaviour.once is Once.DISCONNECT:
            return False
        ident = f"c-{next(self._numbers)}"
        if behaviour.is_before_response:
            self._report(writer, said["to"], ident, behaviour)
        if behaviour.is_answered and not self.is_silent:
            say(writer, answer=said["send"], id=ident)
        if not behaviour.is_before_response:
            self._report(writer, said["to"], ident, behaviour)
        return True

    def _report(self, writer: asyncio.StreamWriter, to: str, ident: str, behaviour: Behaviour) -> None:
        for _ in range(behaviour.copies):
            number = next(self._numbers)
            self.waiting[number] = {"receipt": number, "id": ident, "state": STATES[behaviour.state], "to": to}
            say(writer, **self.waiting[number])


def say(writer: asyncio.StreamWriter, **said: Any) -> None:
    writer.write(json.dumps(said).encode() + b"\n")


@asynccontextmanager
async def carrier_operator(handler: LinkHandler) -> AsyncIterator[Configure]:
    carrier = Carrier()
    await carrier.start()
    yield lambda **changes: carrier_config(carrier, **changes)
    await carrier.stop()


def carrier_config(carrier: Carrier, key: str = "s3cret", **changes: Any) -> Any:
    where = {"host": "127.0.0.1", "port": carrier.port, "account": "acme"}
    return make_config(settings=where, secrets={"key": key}, **changes)
