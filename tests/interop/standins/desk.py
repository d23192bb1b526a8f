"""What an SMSC does besides its protocol, for stand-ins in Python: accounts, ids, receipts, and faults on demand.

Runs in environments that hold nothing of this project, so it stands on the standard library alone. How a stand-in is
spoken to is written in tests/interop/standin.py.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Protocol

NOTATIONS: Final[dict[str, Callable[[int], str]]] = {
    "decimal": str,
    "padded": "{:014d}".format,
    "hex": "{:x}".format,
    "upper": "{:012X}".format,
}
# Libraries print too; what they say goes with their log.
_DRIVER: Final = sys.stdout
sys.stdout = sys.stderr
RECEIPT: Final = "id:{id} sub:001 dlvrd:001 submit date:{date} done date:{date} stat:DELIVRD err:000 text:"


@dataclass(frozen=True, slots=True)
class Submit:
    """A submit_sm as the library under test read it. `join` is as in tests/interop/standin.py."""

    to: str
    sender: str
    coding: int
    text: str
    join: dict[str, Any]
    tlvs: dict[str, str]
    wants_receipt: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """A deliver_sm to make: from the phone to the sender. Without `text` it has nothing but TLVs."""

    source: str
    destination: str
    ident: str
    text: str


class Session(Protocol):
    """A bound connection, as the library has it."""

    receives: bool

    async def deliver(self, receipt: Receipt) -> int | None:
        """The status of the answer; None when the connection went before it came."""

    async def take_leave(self) -> None:
        """Unbind, as the library does it."""

    def hang_up(self) -> None: ...


def say(event: str, **fields: Any) -> None:
    _DRIVER.write(json.dumps({"event": event, **fields}) + "\n")
    _DRIVER.flush()


@dataclass
class Desk:
    """One customer: the sessions bound to it, the receipts it has not taken, and what it is to suffer."""

    name: str
    rules: dict[str, str]
    # What each bound session was given and has not acknowledged.
    sessions: dict[Session, list[Receipt]] = field(default_factory=dict)
    waiting: list[Receipt] = field(default_factory=list)
    throttled: int = 0
    unbindAfter: int = 0  # noqa: N815 (orders are the same in every language)
    hangUpAfter: int = 0  # noqa: N815 (orders are the same in every language)
    restartAfter: int = 0  # noqa: N815 (orders are the same in every language)
    restart: Callable[[], Awaitable[None]] | None = None
    last_id: int = 3_735_900_000
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def welcome(self, session: Session, kind: str) -> None:
        self.sessions[session] = []
        say("bound", account=self.name, kind=kind)
        self.deliver()

    def part(self, session: Session) -> None:
        """What it has not acknowledged waits for the next bind, as at an SMSC."""
        if session in self.sessions:
            self.waiting += self.sessions.pop(session)
            say("closed", account=self.name)
            self.deliver()

    def take(self, submit: Submit) -> str | None:
        """The id to answer with; None to throttle."""
        if self.throttled > 0:
            self.throttled -= 1
            say("throttled", account=self.name)
            return None
        self.last_id += 7919
        seen = {"to": submit.to, "from": submit.sender, "coding": submit.coding, "text": submit.text}
        say("submit", account=self.name, join=submit.join, tlvs=submit.tlvs, **seen)
        if submit.wants_receipt:
            self._owe(submit)
        return NOTATIONS[self.rules["answer"]](self.last_id)

    def _owe(self, submit: Submit) -> None:
        ident = NOTATIONS[self.rules["receipt"]](self.last_id)
        date = datetime.now(UTC).strftime("%y%m%d%H%M")
        text = "" if self.rules["form"] == "tlv" else RECEIPT.format(id=ident, date=date)
        self.waiting.append(Receipt(submit.to, submit.sender, ident, text))

    def answered(self) -> None:
        """After each answer: receipts, and the faults that were ordered."""
        self.deliver()
        self.unbindAfter -= 1
        self.hangUpAfter -= 1
        for session in list(self.sessions):
            if self.unbindAfter == 0:
                self.start(session.take_leave())
            if self.hangUpAfter == 0:
                session.hang_up()
        self.restartAfter -= 1
        if self.restartAfter == 0 and self.restart is not None:
            self.start(self.restart())

    def deliver(self) -> None:
        session = next((session for session in self.sessions if session.receives), None)
        if session is None:
            return
        receipts, self.waiting = self.waiting, []
        self.sessions[session] += receipts
        for receipt in receipts:
            self.start(self._deliver(session, receipt))

    async def _deliver(self, session: Session, receipt: Receipt) -> None:
        status = await session.deliver(receipt)
        if status is not None and receipt in self.sessions.get(session, []):
            self.sessions[session].remove(receipt)
            say("acknowledged", account=self.name, status=status)

    def start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def make_desks(accounts: dict[str, dict[str, str]]) -> dict[str, Desk]:
    return {name: Desk(name, rules) for name, rules in accounts.items()}


async def obey(desks: dict[str, Desk], restart: Callable[[], Awaitable[None]]) -> None:
    """Carry out the orders on standard input until it ends."""
    for desk in desks.values():
        desk.restart = restart
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        order = json.loads(line)
        setattr(desks[order["account"]], order["do"], order["after"])
